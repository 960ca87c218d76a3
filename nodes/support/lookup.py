"""Finding a value in nested metadata by a dotted path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from headrace.engine.model.errors import DocumentError
from headrace.engine.model.faults import nearest

__all__ = ["MISSING", "find", "not_there"]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What `find` gives where there is nothing."""


def find(document: Any, path: str) -> Any:
    """Give the value under a dotted path; a key that holds dots itself is found too.

    Parameters
    ----------
    document
        A mapping; lists in it are counted from 0.
    path
        Such as ``sample.name`` or ``extents.0``.

    Returns
    -------
    The value, or `MISSING`.

    Examples
    --------
    >>> start = {"sample": {"name": "Ni"}, "a.b": 1, "extents": [[0, 2], [1, 3]]}
    >>> find(start, "sample.name"), find(start, "a.b"), find(start, "extents.1"), find(start, "samples")
    ('Ni', 1, [1, 3], MISSING)
    """
    here, there = _step(document, path), MISSING
    head, dot, rest = path.partition(".")
    if here is MISSING and dot:
        there = _step(document, head)
        return MISSING if there is MISSING else find(there, rest)
    return here


def _step(document: Any, key: str) -> Any:
    if isinstance(document, Mapping):
        return document.get(key, MISSING)
    if isinstance(document, Sequence) and not isinstance(document, str) and key.isdecimal():
        return document[int(key)] if int(key) < len(document) else MISSING
    return MISSING


def not_there(name: str, where: str, known: Mapping[str, Any]) -> DocumentError:
    """Give the error for a name that is not there: what there is, and the nearest of it.

    Examples
    --------
    >>> print(not_there("imag", "stream 'primary'", {"image": 0, "x": 0}))
    stream 'primary' has no field 'imag'; it has 'image', 'x'; did you mean 'image'?
    """
    names = [str(key) for key in known]
    listed = ", ".join(map(repr, names[:30])) + (", …" if len(names) > 30 else "") or "none"
    hint = nearest(name, names)
    problem = f"{where} has no field {name!r}; it has {listed}" + (f"; {hint}" if hint else "")
    return DocumentError(problem)
