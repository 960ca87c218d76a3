"""Decode pickled documents from senders that nobody vouches for.

The standard bluesky publisher pickles each document. ``pickle.loads`` of bytes from a network runs whatever
the sender wishes, and restricting its ``find_class`` is not enough: a body of a few bytes can still ask for
gigabytes of memo, overflow the C stack by hashing nested tuples, or give numpy a dtype with wild offsets. So
the opcodes are stepped through by our own small machine, which knows plain data and arrays only.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from headrace.engine.documents.unpickle_machine import Machine
from headrace.engine.documents.unpickle_steps import STEPS
from headrace.engine.documents.wire_refusal import MAX_DEPTH, MAX_VALUES, RefusalError

__all__ = ["MAX_BYTES", "loads"]

MAX_BYTES = 1 << 30
"""Bytes of a body that are taken by default: 1 GiB, many times the largest detector frame."""

_LEAVES = frozenset({str, int, float, bool, type(None), bytes, bytearray, complex, np.ndarray})


def loads(body: bytes | memoryview, *, max_bytes: int = MAX_BYTES, ours: bool = False) -> object:
    """Rebuild plain data from a pickle, executing nothing.

    Plain data are None, truth values, numbers, texts, bytes, lists, tuples, dicts, OrderedDicts, sets, and
    numpy arrays and scalars of plain dtypes, as ``pickle.dumps`` writes them in protocols 0 to 5. The values
    equal those of ``pickle.loads``; arrays are read-only, since a document is shared by all who receive it.
    Bytes of arrays are copied once, so that what is kept of a document does not keep its message, unless one array is
    most of it.

    Parameters
    ----------
    body
        The pickle, nothing before and nothing after it.
    max_bytes
        Longer bodies are refused unread.
    ours
        Whether nobody else uses the body: then one large array that makes up half of it or more stays where it is,
        as a view of the body, and the body may be written to. For messages as 0MQ has received them.

    Raises
    ------
    RefusalError
        If the body asks for anything else, is damaged, or is too large, too long or too deep. It is a
        `DocumentError` and names what was refused.

    Examples
    --------
    >>> import pickle
    >>> loads(pickle.dumps({"uid": "a1", "shape": (2, 3)}))
    {'uid': 'a1', 'shape': (2, 3)}
    """
    if len(body) > max_bytes:
        text = f"a pickled body of {len(body)} bytes was refused: at most {max_bytes} are taken"
        raise RefusalError(text, "size")
    machine = Machine(body, in_place=ours, movable=ours)
    try:
        document = _run(machine)
    except RefusalError:
        if machine.span is None or machine.span.moved:
            raise
        document = _run(Machine(body))  # plain bytes are as large, not an array
    return document


def _run(machine: Machine) -> object:
    size = len(machine.body)
    try:
        document = machine.run(STEPS)
        _check_plain(document)
    except RefusalError as refusal:
        text = f"a pickled body was refused at byte {machine.at} of {size}: {refusal}"
        raise RefusalError(text, refusal.kind) from None
    except Exception as error:  # whatever a damaged body brings about is a damaged body
        cause = f"{type(error).__name__}: {error!s:.120}"
        text = f"a pickled body is damaged at byte {machine.at} of {size} ({cause})"
        raise RefusalError(text, "malformed") from error
    return document


def _check_plain(document: object) -> None:
    """See that nothing but plain data came out, level by level, so that depth costs no recursion.

    Counting repeated parts each time they are met also finds a small body that would unfold into billions of
    values when it is written out again, and loops.
    """
    level: list[object] = [document]
    seen = 1
    for _ in range(MAX_DEPTH):
        deeper: list[object] = []
        for value in level:
            kind = type(value)
            if kind in _LEAVES:
                continue
            inside = _parts(value)
            seen += len(inside)
            if seen > MAX_VALUES:
                text = f"it unfolds to more than {MAX_VALUES} values"
                raise RefusalError(text, "size")
            deeper.extend(inside)
        if not deeper:
            return
        level = deeper
    text = f"it is nested more than {MAX_DEPTH} levels deep"
    raise RefusalError(text, "depth")


def _parts(value: object) -> list[object] | tuple[object, ...]:
    """Give what a container holds; keys and set items were checked when they were put in."""
    kind = type(value)
    if kind is dict or kind is OrderedDict:
        return list(value.values())  # type: ignore[attr-defined]
    if kind is list or kind is tuple:
        return value  # type: ignore[return-value]
    if kind is set or kind is frozenset or isinstance(value, np.generic):
        return ()
    text = f"it leaves a {kind.__name__} as a value"
    raise RefusalError(text, "value")
