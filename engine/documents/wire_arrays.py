"""Rebuild numpy arrays and scalars from bytes that strangers sent, with every claim about them checked first.

Only plain dtypes exist here: bool, integers, floats, complex numbers and strings of fixed length.
Object, structured, sub-array and datetime dtypes are refused.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from headrace.engine.documents.wire_refusal import RefusalError

__all__ = ["checked_shape", "frozen", "is_plain_dtype", "plain_array", "plain_dtype", "plain_scalar"]

_PLAIN = re.compile(
    r"[<>=|]? (?: b1 | [iu][1248] | f(?:2|4|8|16) | c(?:8|16|32) | [SU][0-9]{1,9} )", re.ASCII | re.VERBOSE
)
_MAX_AXES = 32  # what numpy before 2.0 can hold
_MOST_EMPTY = 1 << 16  # as lists, rows without values take room too


def is_plain_dtype(dtype: np.dtype[Any]) -> bool:
    """Tell whether arrays of a dtype may cross the wire."""
    return _PLAIN.fullmatch(dtype.str) is not None


def plain_dtype(code: object) -> np.dtype[Any]:
    """Give the dtype of a code such as ``<u2``, ``f8`` or ``U12``.

    Raises
    ------
    RefusalError
        If the code is not one of a plain dtype.
    """
    if not isinstance(code, str) or _PLAIN.fullmatch(code) is None:
        named = repr(code[:40]) if isinstance(code, str) else f"given as {type(code).__name__}"
        text = f"an array has the dtype {named}; only plain numbers and fixed strings are taken"
        raise RefusalError(text, "array")
    return np.dtype(code)


def checked_shape(shape: object, dtype: np.dtype[Any], nbytes: int) -> tuple[int, ...]:
    """Give the shape if it is one and takes exactly the bytes that came.

    Raises
    ------
    RefusalError
        If it is not a tuple of lengths, or bytes and shape differ.
    """
    if not isinstance(shape, tuple) or len(shape) > _MAX_AXES:
        text = f"an array has no proper shape: a tuple of at most {_MAX_AXES} lengths was expected"
        raise RefusalError(text, "array")
    if not all(type(length) is int and 0 <= length < 1 << 32 for length in shape):
        text = "an array has a shape whose lengths are not all counts"
        raise RefusalError(text, "array")
    if 0 in shape and math.prod(shape[: shape.index(0)]) > _MOST_EMPTY:
        text = f"an array of shape {str(shape)[:80]} has more than {_MOST_EMPTY} rows with nothing in them"
        raise RefusalError(text, "array")
    if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize != nbytes:
        text = f"an array of shape {str(shape)[:80]} and dtype {dtype.str} does not fit its {nbytes} bytes"
        raise RefusalError(text, "array")
    return shape


def frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Make an array read-only, as documents are shared, and refuse truth values other than 0 and 1."""
    if array.dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
        text = "an array of truth values holds other bytes than 0 and 1"
        raise RefusalError(text, "array")
    array.setflags(write=False)
    return array


def plain_array(
    dtype: np.dtype[Any], shape: object, data: bytes | bytearray | memoryview, *, order: object = "C", offset: int = 0
) -> np.ndarray[Any, Any]:
    """Give a read-only array over bytes, without copying them."""
    if not isinstance(order, str) or order not in ("C", "F"):
        text = "an array is neither in C nor in Fortran order"
        raise RefusalError(text, "array")
    lengths = checked_shape(shape, dtype, len(data) - offset)
    layout: Any = order
    return frozen(np.ndarray(lengths, dtype, data, offset, order=layout))


def plain_scalar(dtype: np.dtype[Any], data: object) -> np.generic:
    """Give one numpy scalar from its bytes."""
    if not isinstance(data, bytes) or len(data) != dtype.itemsize:
        text = f"a numpy scalar of dtype {dtype.str} does not fit the bytes sent for it"
        raise RefusalError(text, "array")
    if not data:  # an empty string; numpy gives no array such a dtype
        empty: np.generic = dtype.type()
        return empty
    array: Any = frozen(np.ndarray((), dtype, data))
    scalar: np.generic = array[()]
    return scalar
