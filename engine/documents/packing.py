"""Documents as msgpack, arrays as raw bytes with a short header: the wire format that executes nothing.

`packb` and `unpackb` fit bluesky's standard parts as they are. By the names that these parts give them, they are
public::

    Publisher(address, prefix=b"raw", serializer=headrace.serializer)
    RemoteDispatcher(address, prefix=b"an", deserializer=headrace.deserializer)

An array is a msgpack extension of type 1. Its data are, in this order: one byte, the length of the whole
header in units of 16 bytes; a msgpack list ``[dtype, [length, ...]]`` with numpy's code of the dtype, byte
order included, such as ``<u2``; zeros up to the end of the header; and the values in C order. A complex
number is an extension of type 2: real and imaginary part as little-endian doubles.
"""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import numpy as np

from headrace.engine.documents.packing_check import ARRAY, COMPLEX, check_structure
from headrace.engine.documents.wire_arrays import is_plain_dtype, plain_array, plain_dtype
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError

__all__ = ["MAX_BYTES", "deserializer", "extension", "packb", "serializer", "unpackb", "value_of"]

MAX_BYTES = 1 << 30
"""Bytes of a body that are taken by default: 1 GiB, many times the largest detector frame."""

_UNIT = 16  # headers are a multiple of this, so that the values stay aligned
_COMPLEX = struct.Struct("<dd")


def packb(document: object) -> bytes:
    """Write a document as msgpack.

    Arrays keep their dtype with its byte order, their shape and every bit; the memory layout becomes C order.
    Numpy scalars become Python numbers and texts. Tuples become lists, since msgpack has no tuples, and an
    OrderedDict becomes a dict. The document is not changed.

    Parameters
    ----------
    document
        Nested dicts, lists and tuples of None, truth values, integers of 64 bits, floats, complex numbers,
        texts, bytes, and numpy arrays and scalars of bools, numbers and strings of fixed length.

    Raises
    ------
    DocumentError
        If something else is in it: an array of objects, a date, an instance of a class.

    Examples
    --------
    >>> unpackb(packb({"uid": "a1", "shape": (2, 3)}))
    {'uid': 'a1', 'shape': [2, 3]}
    """
    try:
        packed: bytes = msgpack.packb(document, default=extension, unicode_errors="surrogatepass")
    except (OverflowError, RecursionError, TypeError, ValueError) as error:
        text = f"a document can't be written as msgpack: {error}"
        raise DocumentError(text) from error
    return packed


def unpackb(body: bytes | memoryview, *, max_bytes: int = MAX_BYTES) -> object:
    """Read what `packb` wrote. Arrays are read-only, as a document is shared by all who receive it.

    Parameters
    ----------
    body
        One msgpack value, nothing before and nothing after it.
    max_bytes
        Longer bodies are refused unread.

    Raises
    ------
    RefusalError
        If the body is damaged, has extensions that are not ours, or is too large, too long or too deep. It
        is a `DocumentError` and names what was refused.
    """
    if len(body) > max_bytes:
        text = f"a msgpack body of {len(body)} bytes was refused: at most {max_bytes} are taken"
        raise RefusalError(text, "size")
    try:
        check_structure(body)
        document: object = msgpack.unpackb(
            body, ext_hook=value_of, strict_map_key=False, unicode_errors="surrogatepass"
        )
    except RefusalError as refusal:
        text = f"a msgpack body of {len(body)} bytes was refused: {refusal}"
        raise RefusalError(text, refusal.kind) from None
    except Exception as error:  # whatever a damaged body brings about is a damaged body
        text = f"a msgpack body of {len(body)} bytes is damaged ({type(error).__name__}: {error!s:.120})"
        raise RefusalError(text, "malformed") from error
    return document


serializer = packb
"""What bluesky's Publisher takes to publish msgpack: ``Publisher(..., serializer=headrace.serializer)``."""

deserializer = unpackb
"""What bluesky's RemoteDispatcher takes to read msgpack: ``RemoteDispatcher(..., deserializer=...)``."""


def extension(value: object) -> object:
    """Give msgpack something that it knows for a value that it doesn't."""
    if isinstance(value, np.ndarray):
        return msgpack.ExtType(ARRAY, _array_bytes(value))
    if isinstance(value, np.longdouble):
        return float(value)
    if isinstance(value, complex | np.complexfloating):
        return msgpack.ExtType(COMPLEX, _COMPLEX.pack(value.real, value.imag))
    if isinstance(value, np.bool_ | np.number):
        return value.item()
    if isinstance(value, int):
        text = "it holds an integer that does not fit into 64 bits"
        raise TypeError(text)
    kind = type(value)
    text = f"it holds a value of type {kind.__module__}.{kind.__qualname__}, which is not plain data"
    raise TypeError(text)


def _array_bytes(array: np.ndarray[Any, Any]) -> bytes:
    if not is_plain_dtype(array.dtype):
        text = f"it holds an array of dtype {array.dtype}; only bools, numbers and fixed strings can be sent"
        raise TypeError(text)
    head = msgpack.packb([array.dtype.str, array.shape])
    units = -(-(1 + len(head)) // _UNIT)
    header = bytes([units]) + head.ljust(units * _UNIT - 1, b"\0")
    values = np.asarray(array, order="C")
    raw: Any = values.reshape(-1).view(np.uint8) if values.size else b""
    return b"".join((header, raw))


def value_of(kind: int, data: bytes) -> object:
    """Rebuild one of our extensions; its kind was checked before."""
    if kind == COMPLEX:
        return complex(*_COMPLEX.unpack(data))
    size = data[0] * _UNIT
    head = data[1:size]
    check_structure(head, trailing=True)
    unpacker = msgpack.Unpacker(ext_hook=value_of, max_buffer_size=_UNIT * 256)
    unpacker.feed(head)
    code, shape = unpacker.unpack()
    return plain_array(plain_dtype(code), tuple(shape), data, offset=size)
