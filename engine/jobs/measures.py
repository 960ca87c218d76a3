"""A result in a few numbers: what can be compared from run to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.engine.documents.result import Result

__all__ = ["measures"]

_ROWS = "rows"


def measures(result: Result) -> dict[str, float]:
    """Give the numbers that say something of a result.

    Of a table ``NAME.rows``, ``NAME.particles`` if its rows are linked, and ``NAME.COLUMN`` for each column of
    numbers (the mean); of a number per event ``NAME`` (the mean), of one per run ``NAME``; of arrays ``NAME.mean``
    and ``NAME.max``. And ``failures``, the number of events on which a node failed.

    Parameters
    ----------
    result
        A result run.
    """
    found: dict[str, float] = {}
    for name in result.streams:
        if name != "dead_letters" and name in result.outputs:
            found |= _of_stream(result, name)
    found["failures"] = float(((result.stop or {}).get("headrace") or {}).get("failures", 0))
    return found


def _of_stream(result: Result, name: str) -> dict[str, float]:
    import numpy as np

    value = result[name]
    if hasattr(value, "columns"):
        is_table = set(result.port_type(name).split(" | ")) == {"Table"}
        numbers = value.select_dtypes("number")
        if not is_table:
            return {name: float(numbers[name].mean())} if name in numbers else {}
        means = {f"{name}.{column}": float(numbers[column].mean()) for column in numbers if column not in _NUMBERING}
        rows = {f"{name}.{_ROWS}": float(len(value))}
        particles = {f"{name}.particles": float(value["particle"].nunique())} if "particle" in value else {}
        return {**rows, **particles, **means}
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or array.size == 0:
        return {}
    with np.errstate(all="ignore"):
        finite = array[np.isfinite(array)]
    if finite.size == 0:
        return {}
    return {f"{name}.mean": float(finite.mean(dtype=np.float64)), f"{name}.max": float(finite.max())}


_NUMBERING = ("frame", "particle", "seq_num", "raw_seq_num", "time")
