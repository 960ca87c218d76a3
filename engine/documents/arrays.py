"""Values inside event documents: what they mean as Python and numpy values, and how JSON can hold them.

One rule serves live and stored documents alike, so that a run gives the same values, bit for bit, whichever
way it comes: numbers are plain Python numbers, arrays are numpy arrays of the type the descriptor names.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.engine.model.errors import DocumentError

__all__ = ["declared_dtype", "from_document", "plain_json", "safe_dtype", "to_json"]

_TAG = "__ndarray__"
_TAGGED = frozenset({_TAG, "shape", "base64"})
_LONGEST = 1000  # characters of the description of a dtype
_ROOM = 1 << 26  # bytes that a declared dtype may ask for, however little is there; 16 times what is there else
_MOST_AXES = 32  # what numpy before 2.0 can hold
_MOST_EMPTY = 1 << 16  # rows without values: as lists, each of them takes room
_PLAIN_NAN = struct.pack("<d", math.nan)


def safe_dtype(described: Any) -> np.dtype[Any]:
    """Make a dtype from its description in a document; one that holds Python objects is refused.

    Parameters
    ----------
    described
        A dtype string such as ``<u2``, or a list of ``[name, dtype]`` or ``[name, dtype, shape]`` for a
        structured type.

    Raises
    ------
    DocumentError
        If the description makes no dtype, or one that could hold Python objects.
    """
    try:
        if isinstance(described, str) and len(described) > _LONGEST:
            raise ValueError  # numpy takes its time over it
        dtype: np.dtype[Any] = np.dtype(_as_descr(described))
    except (TypeError, ValueError, SyntaxError) as error:
        message = f"{described!r:.80} is no numpy dtype; expected a string such as '<u2'"
        raise DocumentError(message) from error
    if dtype.hasobject:
        message = f"dtype {described!r:.80} holds Python objects; only numbers, booleans and text are read"
        raise DocumentError(message)
    return dtype


def _as_descr(described: Any) -> Any:
    """Turn the lists that JSON makes of a structured dtype back into the tuples numpy wants."""
    if not isinstance(described, list | tuple):
        return described
    fields: list[tuple[Any, ...]] = []
    for name, kind, *shape in described:
        fields.append((name, _as_descr(kind), *(tuple(part) for part in shape)))
    return fields


def declared_dtype(data_key: Mapping[str, Any]) -> np.dtype[Any] | None:
    """Give the dtype that a data key declares (``dtype_numpy``, or the older ``dtype_str``), or None."""
    described = data_key.get("dtype_numpy") or data_key.get("dtype_str")
    if not described:
        return None
    try:
        return safe_dtype(described)
    except DocumentError:  # a descriptor that declares nonsense declares nothing
        return None


def from_document(value: Any, data_key: Mapping[str, Any]) -> Any:
    """Give the value that stands in an event as what the analysis works with.

    Parameters
    ----------
    value
        As in the document: a scalar, a list (as JSON has it), or a numpy scalar or array (as live documents
        have it). It is not changed.
    data_key
        The entry of the descriptor that describes it.

    Returns
    -------
    Any
        Numpy scalars and arrays without axes become Python scalars. Lists of a data key with dtype ``array``
        become arrays of the declared type when that loses nothing, else of numpy's own choice; ragged lists
        and lists of other things stay as they are. Everything else stays as it is.

    Examples
    --------
    >>> from_document([1, 2], {"dtype": "array", "dtype_numpy": "<u2"})
    array([1, 2], dtype=uint16)
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if isinstance(value, Mapping) and value.keys() == _TAGGED:
        return _from_tagged(value)
    if isinstance(value, list | tuple) and data_key.get("dtype") == "array":
        return _from_list(value, data_key)
    return value


def _from_tagged(value: Mapping[str, Any]) -> Any:
    dtype = safe_dtype(value[_TAG])
    try:
        data = base64.b64decode(value["base64"], validate=True)
        array = np.frombuffer(data, dtype).reshape(value["shape"]).copy()
    except (TypeError, ValueError) as error:
        message = f"an array stored as text is damaged: {error}"
        raise DocumentError(message) from error
    return array if array.ndim else array.item()


def _from_list(value: list[Any] | tuple[Any, ...], data_key: Mapping[str, Any]) -> Any:
    declared = declared_dtype(data_key)
    if declared is not None and declared.names is not None:
        return value
    try:
        natural = np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # ragged: no array
        return value
    if natural.size == 0:
        return np.empty(_empty_shape(natural.shape, data_key), declared or natural.dtype)
    array = natural if declared is None else _cast(natural, value, declared)
    return array if array.dtype.kind in "biufc" or array.dtype == declared else value


def _empty_shape(shape: tuple[int, ...], data_key: Mapping[str, Any]) -> tuple[int, ...]:
    """Give an empty list the axes its data key declares: JSON can't say how wide no rows are."""
    declared = tuple(int(size or 0) for size in data_key.get("shape") or ())
    fits = len(shape) < len(declared) <= _MOST_AXES and 0 in declared and _rows_before_nothing(declared) <= _MOST_EMPTY
    return declared if fits else shape


def _rows_before_nothing(shape: Sequence[int]) -> int:
    """Count the lists that an empty array makes."""
    return math.prod(shape[: list(shape).index(0)]) if 0 in shape else 0


def _cast(natural: NDArray[Any], value: Any, declared: np.dtype[Any]) -> NDArray[Any]:
    """Give the list as the declared type if every number survives that, else as numpy's own choice."""
    if natural.dtype == declared or declared.itemsize * natural.size > max(_ROOM, 16 * natural.nbytes):
        return natural
    try:
        with np.errstate(all="ignore"):
            cast = np.asarray(value, dtype=declared)
    except (ValueError, TypeError, OverflowError):
        return natural
    if natural.dtype.kind in "iub" and declared.kind in "iub":
        same = np.array_equal(cast, natural)
    elif natural.dtype.kind == "f" and declared.kind in "fc":
        same = np.array_equal(cast, natural, equal_nan=True)
    else:
        same = cast.tolist() == (value if isinstance(value, list) else list(value))
    return cast if same else natural


def to_json(value: Any, data_key: Mapping[str, Any]) -> Any:
    """Give an event's value in a form that JSON can hold and `from_document` gives back bit for bit.

    A plain list or number wherever that comes back identical, else (an undeclared type, a complex number, an
    empty array of several axes) a mapping with the type, the shape and the bytes.

    Raises
    ------
    DocumentError
        If an array holds Python objects that JSON has no word for.
    """
    if isinstance(value, np.ndarray) and value.ndim:
        return _array_to_json(value, data_key)
    scalar = value.item() if isinstance(value, np.generic | np.ndarray) else value
    if isinstance(scalar, float) and scalar != scalar and struct.pack("<d", scalar) != _PLAIN_NAN:
        return _tagged(np.asarray(scalar))
    if isinstance(scalar, complex | np.generic):
        return _tagged(np.asarray(scalar))
    return scalar


def _array_to_json(value: NDArray[Any], data_key: Mapping[str, Any]) -> Any:
    if _rows_before_nothing(value.shape) > _MOST_EMPTY:
        return _tagged(value)
    plain = value.tolist()
    if value.dtype.hasobject:
        return plain
    if value.dtype.kind not in "biufU":  # JSON has no word for what it holds
        return _tagged(value)
    odd = value.dtype.kind == "f" and bool(np.isnan(value).any())  # JSON knows one NaN, numbers have many
    back = from_document(json.loads(json.dumps(plain)) if odd else plain, data_key)
    if (
        isinstance(back, np.ndarray)
        and (back.dtype, back.shape) == (value.dtype, value.shape)
        and back.tobytes() == value.tobytes()
    ):
        return plain
    return _tagged(value)


def _tagged(value: NDArray[Any]) -> dict[str, Any]:
    described = value.dtype.str if value.dtype.names is None else value.dtype.descr
    data = base64.b64encode(value.tobytes()).decode("ascii")
    return {_TAG: described, "shape": list(value.shape), "base64": data}


def plain_json(value: Any) -> Any:
    """Stand in for what ``json`` can't write itself (numpy values in metadata): its ``default`` argument.

    Raises
    ------
    TypeError
        If the value has no plain form.
    """
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    message = f"a {type(value).__name__} can't be written as JSON"
    raise TypeError(message)
