"""Values of a cache as bytes, and back again, the same bit for bit; nothing that comes from a file is ever executed.

A value is a short msgpack header that says what it is, and behind it the bytes of its arrays. What can't be given
back exactly (objects of a class of one's own, arrays that are a window into a larger one) is refused, and so is not
kept.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

__all__ = ["Columns", "NotKeepableError", "decode", "encode"]

_ALIGN = 16
_LENGTH = struct.Struct("<I")
_KINDS = frozenset("biufcUSmM")
_PLAIN = frozenset({type(None), bool, float, str, bytes})


class NotKeepableError(TypeError):
    """A value that could not be given back as it is."""


def encode(value: Any) -> bytes:
    """Give a value as bytes.

    Parameters
    ----------
    value
        A number, text, array, table, or a list, tuple or dict of these.

    Raises
    ------
    NotKeepableError
        If it is something else, or an array whose layout in memory could not be given back.

    Examples
    --------
    >>> decode(encode({"x": (1, 2.5)}))
    {'x': (1, 2.5)}
    """
    buffers: list[Any] = []
    header = msgpack.packb(_described(value, buffers), unicode_errors="surrogatepass")
    parts = [_LENGTH.pack(len(header)), header]
    filled = _LENGTH.size + len(header)
    for buffer in buffers:
        gap = -filled % _ALIGN
        parts += [b"\0" * gap, buffer]
        filled += gap + len(buffer)
    return b"".join(parts)


class Columns:
    """A table as it is kept: columns by their names. Enough for whoever writes it down, and made in no time."""

    iloc = None

    def __init__(self, columns: dict[str, Any], rows: int) -> None:
        self.columns = columns
        self._rows = rows

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, name: str) -> Column:
        return Column(self.columns[name])


class Column:
    """One column of a table."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def to_numpy(self) -> Any:
        """Give its values."""
        return self._values


def decode(data: bytes | memoryview, *, whole: bool = True) -> Any:
    """Give the value that `encode` wrote. Its arrays are its own.

    Parameters
    ----------
    data
        The bytes.
    whole
        Whether tables are to be tables; else they are `Columns`.

    Raises
    ------
    ValueError
        If the bytes are not what `encode` writes.
    """
    body = memoryview(data)
    (length,) = _LENGTH.unpack_from(body)
    start = _LENGTH.size + length
    header = msgpack.unpackb(body[_LENGTH.size : start], strict_map_key=False, unicode_errors="surrogatepass")
    return _Decoder(body, start, whole).value(header)


def _described(value: Any, buffers: list[Any]) -> Any:
    """Describe a value for the header; bytes of arrays go to the buffers, in order."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else ["i", str(value)]
    if kind is np.ndarray:
        return _array(value, buffers)
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
        return ["n", value.dtype.str, value.tobytes()]
    if kind in (list, tuple):
        return ["l" if kind is list else "u", [_described(item, buffers) for item in value]]
    if kind is dict and all(type(key) is str for key in value):
        return ["d", list(value), [_described(item, buffers) for item in value.values()]]
    if kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas":
        return _table(value, buffers)
    problem = f"a {kind.__module__}.{kind.__qualname__} can't be kept"
    raise NotKeepableError(problem)


def _array(array: Any, buffers: list[Any]) -> list[Any]:
    if array.dtype.kind not in _KINDS:
        problem = f"an array of {array.dtype} can't be kept"
        raise NotKeepableError(problem)
    if array.flags.c_contiguous:
        order, flat = "C", array
    elif array.flags.f_contiguous:
        order, flat = "F", array.T
    else:  # sums over it may differ in the last bit from those over a copy
        problem = "an array that is a window into another one can't be kept"
        raise NotKeepableError(problem)
    buffers.append(flat.reshape(-1).view(np.uint8).data if flat.size else b"")
    return ["a", array.dtype.str, list(array.shape), order]


def _table(table: Any, buffers: list[Any]) -> list[Any]:
    names = list(table.columns)
    plain = all(type(name) is str for name in names) and len(set(names)) == len(names)
    if not plain or table.columns.names != [None] or table.attrs:
        problem = "a table with such columns can't be kept"
        raise NotKeepableError(problem)
    columns = [_column(table[name], buffers) for name in names]
    return ["t", names, columns, _index(table.index, buffers)]


def _column(column: Any, buffers: list[Any]) -> Any:
    array = column.array
    numbers = getattr(array, "_ndarray", None) if type(array).__name__ == "NumpyExtensionArray" else None
    if numbers is None and str(column.dtype) == "str" and not column.isna().any():
        return ["s", column.tolist()]  # text as pandas 3 has it
    if numbers is None:
        problem = f"a column of {column.dtype} can't be kept"
        raise NotKeepableError(problem)
    if numbers.dtype.kind == "O":
        return _texts(numbers)
    return _array(np.ascontiguousarray(numbers), buffers)


def _texts(column: Any) -> list[Any]:
    texts = column.tolist()
    if not all(type(text) is str for text in texts):
        problem = "a column of objects can't be kept"
        raise NotKeepableError(problem)
    return ["o", texts]


def _index(index: Any, buffers: list[Any]) -> list[Any]:
    if type(index).__name__ == "RangeIndex":
        return ["r", index.start, index.stop, index.step, _described(index.name, buffers)]
    values = index.to_numpy()
    if index.nlevels > 1 or index.dtype.kind not in "biuf":
        problem = f"a table with an index of {index.dtype} can't be kept"
        raise NotKeepableError(problem)
    return ["x", _array(np.ascontiguousarray(values), buffers), _described(index.name, buffers)]


class _Decoder:
    """Makes values of their description, taking the arrays one after the other."""

    def __init__(self, body: memoryview, start: int, whole: bool) -> None:
        self._whole = whole
        self._body = body
        self._at = start

    def value(self, described: Any) -> Any:
        if not isinstance(described, list):
            return described
        mark, *rest = described
        makers: dict[str, Callable[..., Any]] = {
            "a": self._array,
            "t": self._table,
            "d": self._dict,
            "n": self._number,
            "o": self._texts,
            "s": self._text_column,
        }
        make = makers.get(mark)
        if make is not None:
            return make(*rest)
        if mark == "i":
            return int(rest[0])
        if mark in ("l", "u"):
            items = [self.value(item) for item in rest[0]]
            return items if mark == "l" else tuple(items)
        problem = f"what is {mark!r}?"
        raise ValueError(problem)

    def _number(self, code: str, data: bytes) -> Any:
        return np.frombuffer(data, np.dtype(code))[0]

    def _texts(self, texts: list[str]) -> Any:
        column = np.empty(len(texts), dtype=object)
        column[:] = texts
        return column

    def _text_column(self, texts: list[str]) -> Any:
        import pandas as pd

        return pd.array(texts, dtype="str")

    def _dict(self, keys: list[str], values: list[Any]) -> dict[str, Any]:
        return {key: self.value(item) for key, item in zip(keys, values, strict=True)}

    def _array(self, code: str, shape: list[int], order: str) -> Any:
        dtype = np.dtype(code)
        if dtype.hasobject:
            problem = "an array of objects is never read"
            raise ValueError(problem)
        made = np.empty(shape, dtype, order="F" if order == "F" else "C")
        if made.size:
            self._at += -self._at % _ALIGN
            flat = (made.T if order == "F" else made).reshape(-1)
            flat.view(np.uint8)[...] = np.frombuffer(self._body, np.uint8, flat.nbytes, self._at)
            self._at += flat.nbytes
        return made

    def _table(self, names: list[str], columns: list[Any], index: list[Any]) -> Any:
        made = {name: self.value(column) for name, column in zip(names, columns, strict=True)}
        if not self._whole and made:
            return Columns(made, len(next(iter(made.values()))))
        import pandas as pd

        return pd.DataFrame(
            made, index=self._index(index), columns=pd.Index(names) if names else pd.Index([], dtype=object)
        )

    def _index(self, described: list[Any]) -> Any:
        import pandas as pd

        mark, *rest = described
        if mark == "r":
            start, stop, step, name = rest
            return pd.RangeIndex(start, stop, step, name=self.value(name))
        return pd.Index(self.value(rest[0]), name=self.value(rest[1]))
