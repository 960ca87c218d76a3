"""The few names that a pickled document may mention, and what is built for each by our own code.

A pickle rebuilds an array by naming numpy functions to call. Nothing of that is called here: each allowed
name stands for a small builder that checks its arguments. Every other name is refused.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from headrace.engine.documents.unpickle_span import Span
from headrace.engine.documents.wire_arrays import (
    checked_shape,
    frozen,
    plain_array,
    plain_dtype,
    plain_scalar,
)
from headrace.engine.documents.wire_refusal import RefusalError

__all__ = ["Builder", "PendingDtype", "allowed_name", "check_key", "restore_array"]


_KEYS = frozenset({bytes, float, bool, type(None)})
_PARTS = frozenset({str, bytes, bool, type(None)})  # of a tuple that is a key


@dataclass(frozen=True, slots=True)
class Builder:
    """What an allowed name stands for: a function of the arguments that the pickle gives."""

    name: str
    build: Callable[..., object]


class PendingDtype:
    """A dtype whose byte order comes later in the pickle.

    It never leaves the decoder: a document that holds one as a value is refused.
    """

    __slots__ = ("_code", "_order")

    def __init__(self, code: object, _align: object = False, _copy: object = True) -> None:
        plain_dtype(code)
        self._code = str(code)
        self._order = "="

    def restore(self, state: object) -> None:
        """Take the pickled state of a dtype: its byte order, and that it has no fields."""
        if not isinstance(state, tuple) or len(state) != 8 or any(part is not None for part in state[2:5]):
            text = "a dtype has fields, a sub-array or metadata; only plain dtypes are taken"
            raise RefusalError(text, "array")
        version, order, *_, itemsize, _alignment, _flags = state
        if version not in (3, 4) or not isinstance(order, str) or order not in ("<", ">", "|", "="):
            text = "a dtype is pickled in a way that is not known"
            raise RefusalError(text, "array")
        if type(itemsize) is not int or itemsize not in (-1, self.dtype.itemsize):
            text = f"a dtype {self._code} comes with a size of item that is not its own"
            raise RefusalError(text, "array")
        self._order = "=" if order == "|" else order

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, as far as it is known."""
        return plain_dtype(self._code).newbyteorder(self._order)  # type: ignore[arg-type]


def restore_array(array: np.ndarray[Any, Any], state: object) -> np.ndarray[Any, Any]:
    """Fill an empty array with its pickled shape, dtype and bytes, all checked; the bytes are not copied.

    Gives the array; another one in its place if the values stay where they are.
    """
    if array.size or not array.flags.writeable or not isinstance(state, tuple) or len(state) != 5:
        text = "an array is given its content in a way that is not known"
        raise RefusalError(text, "array")
    version, shape, dtype, fortran, data = state
    if (
        type(version) is not int
        or version != 1
        or type(fortran) not in (bool, int)
        or not isinstance(data, bytes | Span)
    ):
        text = "an array is given its content in a way that is not known"
        raise RefusalError(text, "array")
    plain = _resolved(dtype)
    if isinstance(data, Span):
        placed = plain_array(plain, shape, data.aligned(plain.alignment), order="F" if fortran else "C")
        # As numpy does: what is pickled in this way comes out in the machine's own byte order.
        return placed if plain.isnative else frozen(placed.astype(plain.newbyteorder("="), order="K"))
    restore: Any = array.__setstate__  # numpy's own, whose type hints know no Python bool
    restore((1, checked_shape(shape, plain, len(data)), plain, bool(fortran), data))
    return frozen(array)


def allowed_name(module: object, name: object) -> Builder:
    """Give the builder that stands for a name.

    Raises
    ------
    RefusalError
        If the name is none of the few that plain documents need.
    """
    if not isinstance(module, str) or not isinstance(name, str):
        text = "it asks for something whose name is not a text"
        raise RefusalError(text, "name")
    builder = _NAMES.get((module, name))
    if builder is None:
        text = f"it asks for {module[:80]!r}.{name[:80]!r}, which is not plain data"
        raise RefusalError(text, "name")
    return builder


def check_key(value: object) -> None:
    """Refuse what must not be hashed as a key of a dict or an item of a set.

    Huge integers can be chosen so that they all collide, and so can tuples of small ones, as nothing in their hash is
    secret: a few thousand of them would take minutes. A tuple nested a million times overflows the C stack. Texts,
    bytes, numbers of 64 bits, None, and flat tuples of texts do none of that.
    """
    kind = type(value)
    if kind is str or kind in _KEYS or (kind is int and -(2**63) <= value < 2**64):  # type: ignore[operator]
        return
    if isinstance(value, np.generic) and not isinstance(value, np.complexfloating):
        return
    if isinstance(value, tuple) and len(value) <= 16 and all(type(part) in _PARTS for part in value):
        return
    text = f"a key of a dict or item of a set is a {kind.__name__}; a text or number was expected"
    raise RefusalError(text, "value")


def _resolved(dtype: object) -> np.dtype[Any]:
    if not isinstance(dtype, PendingDtype):
        text = "an array comes without a dtype"
        raise RefusalError(text, "array")
    return dtype.dtype


def _empty_array(_kind: object, _shape: object, _code: object) -> np.ndarray[Any, Any]:
    return np.ndarray((0,), np.int8)


def _from_buffer(
    data: object, dtype: object, shape: object, order: object, axes: object = None
) -> np.ndarray[Any, Any]:
    if not isinstance(data, bytes | bytearray | Span):
        text = "an array comes without bytes"
        raise RefusalError(text, "array")
    plain = _resolved(dtype)
    values = data.aligned(plain.alignment) if isinstance(data, Span) else data
    if order != "K" or axes is None:
        return plain_array(plain, shape, values, order=order)
    array = plain_array(plain, shape, values)
    if not isinstance(axes, tuple) or not all(type(axis) is int for axis in axes):
        text = "an array has an order of axes that is none"
        raise RefusalError(text, "array")
    return array.transpose(axes)


def _scalar(dtype: object, data: object) -> np.generic:
    return plain_scalar(_resolved(dtype), data)


def _bytes_from_text(text: object, encoding: object) -> bytes:
    """Do what ``codecs.encode`` does for bytes in the protocols before 3, in its one harmless use."""
    if not isinstance(text, str) or not isinstance(encoding, str) or encoding != "latin1":
        reason = "bytes are spelt in a way that is not known"
        raise RefusalError(reason, "value")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _byte_array(data: object = b"") -> bytearray:
    if not isinstance(data, bytes):
        text = "a bytearray is made from something other than bytes"
        raise RefusalError(text, "value")
    return bytearray(data)


def _complex(real: object, imaginary: object) -> complex:
    if type(real) is not float or type(imaginary) is not float:
        text = "a complex number is made from something other than two floats"
        raise RefusalError(text, "value")
    return complex(real, imaginary)


def _set(items: object = ()) -> set[object]:
    if not isinstance(items, list | tuple):
        text = "a set is made from something other than a list"
        raise RefusalError(text, "value")
    for item in items:
        check_key(item)
    return set(items)


def _frozenset(items: object = ()) -> frozenset[object]:
    return frozenset(_set(items))


def _ordered() -> OrderedDict[object, object]:
    return OrderedDict()


def _never(*_arguments: object) -> NoReturn:
    text = "it makes an array in a way that is not known"
    raise RefusalError(text, "array")


_NUMPY: dict[str, Callable[..., object]] = {
    "multiarray._reconstruct": _empty_array,
    "multiarray.scalar": _scalar,
    "numeric._frombuffer": _from_buffer,
}
_PYTHON: dict[str, Callable[..., object]] = {
    "bytes": _no_bytes,
    "bytearray": _byte_array,
    "complex": _complex,
    "set": _set,
    "frozenset": _frozenset,
}


def _table() -> dict[tuple[str, str], Builder]:
    """Lay out every spelling: numpy moved its core in 2.0, Python its builtins in 3."""
    named: dict[str, Callable[..., object]] = {
        "numpy.dtype": PendingDtype,
        "numpy.ndarray": _never,
        "collections.OrderedDict": _ordered,
        "_codecs.encode": _bytes_from_text,
    }
    for core in ("numpy.core", "numpy._core"):
        named |= {f"{core}.{name}": build for name, build in _NUMPY.items()}
    for builtins in ("builtins", "__builtin__"):
        named |= {f"{builtins}.{name}": build for name, build in _PYTHON.items()}
    split = {name: name.rpartition(".") for name in named}
    return {(split[name][0], split[name][2]): Builder(name, build) for name, build in named.items()}


_NAMES = _table()
