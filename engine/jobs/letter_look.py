"""What the inputs of a dead letter look like: enough to see what is wrong with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.runtime.dead_letters import describe

if TYPE_CHECKING:
    from headrace.engine.jobs.letter import KeptLetter

__all__ = ["look", "looks"]


def looks(letter: KeptLetter) -> dict[str, dict[str, Any]]:
    """Give for each input that was kept what it looks like.

    Raises
    ------
    DocumentError
        If no inputs were kept.
    """
    kept = letter.values()
    found = {port: look(value) for port, value in kept["inputs"].items()}
    data = kept.get("event", {}).get("data", {})
    return found | {f"event.data[{field!r}]": look(value) for field, value in data.items()}


def look(value: Any) -> dict[str, Any]:
    """Give a description of a value; for numbers with their range and how many are no numbers.

    Examples
    --------
    >>> look(np.array([1.0, np.nan, 3.0]))
    {'what': 'float64 array (3,)', 'least': 1.0, 'most': 3.0, 'mean': 2.0, 'nan': 1, 'infinite': 0}
    """
    seen: dict[str, Any] = {"what": describe(value)}
    if hasattr(value, "columns"):
        columns = {str(name): look(np.asarray(value[name])) for name in value.columns}
        return {**seen, "columns": columns}
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "biuf":
        return {**seen, **_range(value)}
    return seen


def _range(array: Any) -> dict[str, Any]:
    if array.dtype.kind != "f":
        return {"least": array.min().item(), "most": array.max().item(), "mean": _finite(array.mean())}
    good = array[np.isfinite(array)]
    nan = int(np.isnan(array).sum())
    counts = {"nan": nan, "infinite": int(array.size - good.size - nan)}
    if not good.size:
        return counts
    mean = good.mean(dtype=np.float64)
    return {"least": good.min().item(), "most": good.max().item(), "mean": _finite(mean), **counts}


def _finite(number: Any) -> float | None:
    return float(number) if math.isfinite(number) else None
