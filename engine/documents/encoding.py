"""A value of a result as the fields of an event: data keys that describe it, and data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.engine.model.errors import DocumentError

__all__ = ["Encoded", "encode", "field_name"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value as fields.

    Attributes
    ----------
    keys, data
        Field to its data key (shape, dtype) and to its value.
    fields
        Those of the fields that are the value itself; the others tell about it.
    hints
        Those that make a good plot: numbers.
    """

    keys: Mapping[str, dict[str, Any]]
    data: Mapping[str, Any]
    fields: tuple[str, ...]
    hints: tuple[str, ...]


def encode(name: str, value: Any) -> Encoded:
    """Give a value as the fields of an event.

    A scalar or an array becomes one field of the result's name. A table becomes a field per column,
    ``name_column``, each an array as long as the table, and ``name_count``, its number of rows. Metadata become
    JSON text.

    Parameters
    ----------
    name
        Name of the result.
    value
        Scalar, array, table or mapping.

    Raises
    ------
    DocumentError
        If the value is of none of these kinds.

    Examples
    --------
    >>> encode("total", 2.5).keys["total"]
    {'dtype': 'number', 'shape': [], 'dtype_numpy': '<f8', 'source': 'headrace'}
    """
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        return _table(name, value)
    if isinstance(value, Mapping):
        text = json.dumps(value, default=str, sort_keys=True)
        return Encoded({name: _key("string", [], "<U1")}, {name: text}, (name,), ())
    array = _as_array(name, value)
    if array.ndim:
        return Encoded({name: _array_key(array, list(array.shape))}, {name: array}, (name,), ())
    key = _key(_kind(array), [], _numpy_name(array))
    return Encoded({name: key}, {name: array.item()}, (name,), (name,) if array.dtype.kind in "biuf" else ())


def field_name(name: str, column: str) -> str:
    """Give the field of a table's column; dots and slashes, which documents refuse, become underscores."""
    return f"{name}_{column}".replace(".", "_").replace("/", "_")


def _table(name: str, table: Any) -> Encoded:
    columns = {field_name(name, str(column)): _as_array(name, table[column].to_numpy()) for column in table.columns}
    count = f"{name}_count"
    keys = {field: _array_key(array, [None]) for field, array in columns.items()}
    return Encoded(
        {**keys, count: _key("integer", [], "<i8")}, {**columns, count: len(table)}, tuple(columns), (count,)
    )


def _as_array(name: str, value: Any) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.ravel()):
        array = array.astype(np.str_)
    if array.dtype.kind == "S":  # documents hold text, not bytes
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind not in "biufcU":
        problem = (
            f"result {name!r} can't be kept: it is {type(value).__name__} of {array.dtype}; expected numbers, text, "
            f"an array, a table or a mapping"
        )
        raise DocumentError(problem)
    return array


def _kind(array: Any) -> str:
    return {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}.get(array.dtype.kind, "string")


def _numpy_name(array: Any) -> str:
    return str(array.dtype.str)


def _array_key(array: Any, shape: Sequence[int | None]) -> dict[str, Any]:
    return _key("array", shape, _numpy_name(array))


def _key(dtype: str, shape: Sequence[int | None], numpy_name: str) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "dtype_numpy": numpy_name, "source": "headrace"}
