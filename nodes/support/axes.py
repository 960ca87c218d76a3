"""Coordinates along the axes of a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.grid import ScanGrid

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["axes_table"]


def axes_table(grid: ScanGrid, start: Mapping[str, Any], invert: bool) -> pd.DataFrame:
    """Give the coordinate of each index along each axis, as a table.

    Parameters
    ----------
    grid
        The grid.
    start
        The start document; its ``extents`` are the first and last position along each axis.
    invert
        Whether coordinates count backwards: those of the sample, which moves opposite to the beam on it.

    Returns
    -------
    Columns ``axis``, ``index`` (int64) and ``coordinate`` (float64), in the unit of the extents with the lowest
    at 0; without usable extents, the index.
    """
    import pandas as pd

    extents = start.get("extents")
    known = isinstance(extents, Sequence) and len(extents) == len(grid.shape)
    parts = [
        pd.DataFrame(
            {
                "axis": np.full(points, axis, dtype=np.int64),
                "index": np.arange(points, dtype=np.int64),
                "coordinate": _coordinates(points, extents[axis] if known and extents else None, invert),
            }
        )
        for axis, points in enumerate(grid.shape)
    ]
    return pd.concat(parts, ignore_index=True)


def _coordinates(points: int, extent: Any, invert: bool) -> npt.NDArray[np.float64]:
    if extent is None:
        return np.arange(points, dtype=np.float64)
    first, last = float(extent[0]), float(extent[1])
    along = np.linspace(first, last, points) - min(first, last)
    return along[::-1].copy() if invert else along
