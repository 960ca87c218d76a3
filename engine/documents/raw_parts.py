"""A document as several frames, its large arrays uncopied: the raw form, spoken between headrace processes.

The first frame is ``prefix SP name SP body`` as ever, so that 0MQ finds the prefix where it looks for it. Its body is
a mark and the document in msgpack (`packing`), in which each large array is a msgpack extension of type 3:
``[dtype, [length, ...]]``. The values of these arrays follow in C order, a frame for each, in the same order.
Whoever can't read this form refuses it by the mark, which begins neither a pickle nor msgpack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgpack
import numpy as np

from headrace.engine.documents.packing import extension, value_of
from headrace.engine.documents.packing_check import OUTSIDE, check_structure
from headrace.engine.documents.wire_arrays import is_plain_dtype, plain_array, plain_dtype
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError

__all__ = ["LARGE", "MARK", "MAX_FRAMES", "pack_parts", "settled", "unpack_parts"]

MARK = b"\xc1HR1"
"""What the body of a raw message begins with: a byte that msgpack never uses, and the version of the form."""

LARGE = 32_768
"""Bytes from which an array gets a frame of its own. Below, a copy is cheaper than a frame."""

MAX_FRAMES = 256
"""Arrays that travel outside in one document; further ones travel inside."""


def pack_parts(document: object) -> tuple[bytes, list[np.ndarray[Any, Any]]]:
    """Write a document as a body and the arrays that go with it.

    An array that nobody can change any more (see `settled`) is given as it is; of one that could still be changed
    before it is sent, a copy is made. The document is not changed.

    Parameters
    ----------
    document
        As for `headrace.engine.documents.packing.packb`.

    Returns
    -------
    :
        The body, and the arrays in C order. Without large arrays there are none, and the body is plain msgpack.

    Raises
    ------
    DocumentError
        If something in it can't be sent.

    Examples
    --------
    >>> import numpy as np
    >>> body, arrays = pack_parts({"data": {"image": np.zeros((512, 512), "u2")}})
    >>> len(body), [array.nbytes for array in arrays]
    (32, [524288])
    """
    arrays: list[np.ndarray[Any, Any]] = []

    def outside(value: object) -> object:
        large = isinstance(value, np.ndarray) and value.nbytes >= LARGE and len(arrays) < MAX_FRAMES
        if not large or not isinstance(value, np.ndarray) or not is_plain_dtype(value.dtype):
            return extension(value)
        arrays.append(value if value.flags.c_contiguous and settled(value) else value.copy(order="C"))
        return msgpack.ExtType(OUTSIDE, msgpack.packb([value.dtype.str, value.shape]))

    try:
        body: bytes = msgpack.packb(document, default=outside, unicode_errors="surrogatepass")
    except (OverflowError, RecursionError, TypeError, ValueError) as error:
        text = f"a document can't be written for the wire: {error}"
        raise DocumentError(text) from error
    return (MARK + body if arrays else body), arrays


def unpack_parts(body: bytes | memoryview, frames: Sequence[memoryview]) -> object:
    """Read what `pack_parts` wrote. Arrays are read-only and stand where 0MQ put them: nothing is copied.

    Parameters
    ----------
    body
        The body, mark included.
    frames
        The frames after it.

    Raises
    ------
    RefusalError
        If the mark is missing, the body is damaged or holds what is not ours, or an array does not fit its frame.
    """
    if bytes(body[: len(MARK)]) != MARK or len(frames) > MAX_FRAMES:
        text = f"a message came in {len(frames) + 1} parts and is not of headrace's raw form; documents come in one"
        raise RefusalError(text, "frame")
    head = body[len(MARK) :]
    remaining = iter(frames)

    def value(kind: int, data: bytes) -> object:
        return _array(data, remaining) if kind == OUTSIDE else value_of(kind, data)

    try:
        check_structure(head, outside=True)
        document: object = msgpack.unpackb(head, ext_hook=value, strict_map_key=False, unicode_errors="surrogatepass")
    except RefusalError as refusal:
        text = f"a raw message of {len(frames) + 1} parts was refused: {refusal}"
        raise RefusalError(text, refusal.kind) from None
    except Exception as error:  # whatever a damaged body brings about is a damaged body
        text = f"a raw message of {len(frames) + 1} parts is damaged ({type(error).__name__}: {error!s:.120})"
        raise RefusalError(text, "malformed") from error
    if next(remaining, None) is not None:
        text = f"a raw message of {len(frames) + 1} parts has frames that belong to no array"
        raise RefusalError(text, "malformed")
    return document


def settled(array: np.ndarray[Any, Any]) -> bool:
    """Tell whether the values of an array stay as they are: neither it nor what it is a view of can be written to."""
    base: object = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        base = base.base
    return base is None or isinstance(base, bytes) or (isinstance(base, memoryview) and base.readonly)


def _array(described: bytes, frames: Iterator[memoryview]) -> np.ndarray[Any, Any]:
    check_structure(described)
    code, shape = msgpack.unpackb(described, ext_hook=value_of)
    dtype = plain_dtype(code)
    frame = next(frames, None)
    if frame is None:
        text = "it has fewer frames than arrays"
        raise RefusalError(text, "malformed")
    array = plain_array(dtype, tuple(shape), frame)
    return array if array.flags.aligned else _copied(array)


def _copied(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Copy an array to where its numbers stand at their natural addresses, as compiled code expects."""
    copy = array.copy()
    copy.setflags(write=False)
    return copy
