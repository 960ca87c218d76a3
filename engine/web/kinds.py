"""What kind of thing a value is to the eye: an image, a curve, a table, a number, names with values, or just text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

__all__ = ["Kind", "as_mapping", "as_scalar", "clean", "kind_of", "places_in"]

Kind: TypeAlias = Literal["image", "profile", "table", "scalar", "mapping", "text"]
_LONGEST = 300


def kind_of(value: Any) -> Kind:
    """Tell how a value is to be shown.

    Examples
    --------
    >>> import numpy as np
    >>> kind_of(np.zeros((5, 8, 8))), kind_of(np.zeros((1, 9))), kind_of(3.5), kind_of({"a": 1})
    ('image', 'profile', 'scalar', 'mapping')
    """
    if isinstance(value, np.ndarray):
        return _kind_of_array(value)
    if isinstance(value, bool | int | float | complex | str | np.generic):
        return "scalar"
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        return "table"
    return "mapping" if isinstance(value, Mapping) or hasattr(value, "_asdict") else "text"


def _kind_of_array(value: Any) -> Kind:
    if value.size == 1 and value.dtype.kind in "biufcUS":
        return "scalar"
    if value.dtype.kind not in "biufc" or value.size == 0 or value.ndim == 0:
        return "text"
    long = [length for length in value.shape if length > 1]
    if value.ndim == 1 or len(long) == 1:
        return "profile"
    return "image"


def as_scalar(value: Any) -> Any:
    """Give a number, truth value or text as plain data.

    Examples
    --------
    >>> import numpy as np
    >>> as_scalar(np.float32(0.5)), as_scalar(np.array([[7]])), as_scalar(float("nan"))
    (0.5, 7, None)
    """
    return clean(value.reshape(-1)[0] if isinstance(value, np.ndarray) else value)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Give names and values, whatever holds them."""
    found = value._asdict() if hasattr(value, "_asdict") else value
    return {str(name): found[name] for name in found}


def clean(value: Any) -> Any:
    """Give a value as JSON can have it: no NaN, no infinity, no long texts.

    Examples
    --------
    >>> clean([1.0, float("inf"), "a"])
    [1.0, None, 'a']
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [clean(one) for one in value[:1000]]
    if isinstance(value, Mapping):
        return {str(name): clean(one) for name, one in list(value.items())[:1000]}
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def places_in(table: Any, most: int) -> list[list[float]] | None:
    """Give the rows of a table as places ``[y, x, frame]`` on an image; None if it has no such columns."""
    names = [str(name) for name in table.columns]
    if "y" not in names or "x" not in names:
        return None
    part = table.iloc[:most]
    try:
        ys, xs = (np.asarray(part[name], dtype=np.float64) for name in ("y", "x"))
        frames = np.asarray(part["frame"], dtype=np.float64) if "frame" in names else np.full(len(part), -1.0)
    except (TypeError, ValueError):
        return None
    good = np.isfinite(ys) & np.isfinite(xs)
    frames = np.where(np.isfinite(frames), frames, -1)
    return [
        [round(float(y), 1), round(float(x), 1), int(frame)]
        for y, x, frame in zip(ys[good], xs[good], frames[good], strict=True)
    ]
