"""Values in a few lines of text: what they are, their range, and a little picture of characters."""

from __future__ import annotations

from typing import Any

__all__ = ["described", "sparkline", "thumbnail"]

_SHADES = " .:-=+*#%@"
_BARS = "▁▂▃▄▅▆▇█"


def described(value: Any) -> str:
    """Say what a value is: kind, shape, dtype and range.

    Examples
    --------
    >>> import numpy as np
    >>> described(np.array([[1.0, np.nan], [3.0, 4.0]]))
    'float64 (2, 2)  1 … 4  1 NaN'
    """
    import numpy as np

    if hasattr(value, "columns"):
        return f"table, {len(value)} rows: {', '.join(map(str, value.columns))}"
    if isinstance(value, bool | int | float | complex | str | np.generic) or value is None:
        return f"{type(value).__name__}  {value!s:.60}"
    if not hasattr(value, "dtype"):
        return f"{type(value).__name__} of {len(value)}" if hasattr(value, "__len__") else type(value).__name__
    array = np.asarray(value)
    return f"{array.dtype} {array.shape}{_range(array)}"


def _range(array: Any) -> str:
    import numpy as np

    if array.size == 0 or array.dtype.kind not in "biuf":
        return ""
    finite = array[np.isfinite(array)]
    ends = f"  {finite.min():g} … {finite.max():g}" if finite.size else "  nothing finite"
    holes = int(np.isnan(array).sum()) if array.dtype.kind == "f" else 0
    return ends + (f"  {holes} NaN" if holes else "")


def thumbnail(value: Any, width: int = 32, height: int = 8) -> list[str]:
    """Draw a value with characters; no lines where there is nothing to draw.

    Parameters
    ----------
    value
        An image or stack (its first image is drawn), a profile, or a table (its first rows).
    width, height
        Characters.

    Examples
    --------
    >>> import numpy as np
    >>> thumbnail(np.arange(8.0))
    ['▁▂▃▄▅▆▇█']
    """
    import numpy as np

    if hasattr(value, "columns"):
        return str(value.head(4).to_string(index=False, max_cols=8)).splitlines() if len(value) else []
    array = np.asarray(value) if hasattr(value, "dtype") else None
    if array is None or array.size == 0 or array.dtype.kind not in "biuf" or array.ndim == 0:
        return []
    if array.ndim == 1:
        return [sparkline(array, width)]
    return _shaded(array.reshape(-1, *array.shape[-2:])[0], width, height)


def sparkline(values: Any, width: int = 32) -> str:
    """Draw a profile in one line; the largest of what falls together is drawn, and NaN as a gap."""
    import numpy as np

    levels = _levels(_largest(np.asarray(values, dtype=np.float64), width, axis=0), len(_BARS))
    return "".join(" " if level < 0 else _BARS[level] for level in levels)


def _shaded(image: Any, width: int, height: int) -> list[str]:
    """Shade an image: of the pixels that fall together the largest counts, so that a single spot is seen."""
    import numpy as np

    coarse = _largest(_largest(np.asarray(image, dtype=np.float64), height, axis=0), width, axis=1)
    levels = _levels(coarse, len(_SHADES))
    return ["".join("?" if level < 0 else _SHADES[level] for level in row) for row in levels]


def _largest(array: Any, count: int, axis: int) -> Any:
    import numpy as np

    length = array.shape[axis]
    starts = np.unique(np.linspace(0, length, min(count, length), endpoint=False).astype(int))
    return np.fmax.reduceat(array, starts, axis=axis)


def _levels(array: Any, count: int) -> Any:
    """Give each value a level between the 1st and 99th percent; -1 where there is no number."""
    import numpy as np

    finite = array[np.isfinite(array)]
    if finite.size == 0:
        return np.full(array.shape, -1)
    low, high = np.percentile(finite, (1, 99)) if finite.size > 100 else (finite.min(), finite.max())
    spread = high - low or 1.0
    with np.errstate(invalid="ignore"):
        scaled = np.clip((array - low) / spread, 0, 1) * (count - 1)
    return np.where(np.isnan(array), -1, np.nan_to_num(scaled)).round().astype(int)
