"""Values put where their events belong, and rows kept in order."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.accumulator import EmptyError, check_same_shape, refuse_merge
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.grid import ScanGrid

__all__ = ["Gridded", "Rows", "RowsSoFar", "tiled"]


class Gridded:
    """One value per point of a scan, in float64; the latest one where several came.

    Parameters
    ----------
    grid
        The scan.
    fill
        Value of the points that nothing came for.
    """

    mergeable: ClassVar[bool] = True
    _values: npt.NDArray[np.float64] | None
    _came: npt.NDArray[np.bool_]

    def __init__(self, grid: ScanGrid, fill: float) -> None:
        self._grid, self._fill = grid, fill
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._values is None

    def push(self, value: Any, number: int) -> None:
        """Put a value at the point of its event."""
        array, place = as_numbers(value, "value"), self._grid.position(number)
        if self._values is None:
            self._values = np.full((*self._grid.shape, *array.shape), self._fill, dtype=np.float64)
        check_same_shape(self._values.shape[len(self._grid.shape) :], array.shape)
        self._values[place] = array
        self._came[place] = True

    def value(self) -> npt.NDArray[np.float64]:
        """Give a copy of the grid, of the scan's shape and then the values'."""
        if self._values is None:
            problem = "nothing has come for any point of the grid"
            raise EmptyError(problem)
        return self._values.copy()

    def merge(self, other: Self) -> None:
        """Take over the points of another one with the same grid."""
        if other._grid != self._grid:
            refuse_merge("values on grids", "the grids differ")
        if other._values is None:
            return
        if self._values is None:
            self._values, self._came = other._values.copy(), other._came.copy()
            return
        check_same_shape(self._values.shape, other._values.shape)
        self._values[other._came] = other._values[other._came]
        self._came |= other._came

    def clear(self) -> None:
        """Forget everything."""
        self._values = None
        self._came = np.zeros(self._grid.shape, dtype=bool)


def tiled(images: npt.NDArray[Any], gap: int, fill: float) -> npt.NDArray[Any]:
    """Lay images of shape (..., columns, ny, nx) out side by side: the last axis across, all others down.

    Examples
    --------
    >>> tiled(np.arange(4.0).reshape(1, 2, 1, 2), gap=1, fill=-1).tolist()
    [[0.0, 1.0, -1.0, 2.0, 3.0]]
    """
    *_, columns, ny, nx = images.shape
    tiles = images.reshape(-1, columns, ny, nx)
    if gap:
        tiles = np.pad(tiles, ((0, 0), (0, 0), (0, gap), (0, gap)), constant_values=fill)
    rows, _, height, width = tiles.shape
    picture = tiles.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    return np.ascontiguousarray(picture[: rows * height - gap, : columns * width - gap])


class RowsSoFar(NamedTuple):
    """What `Rows` keeps."""

    rows: npt.NDArray[Any]
    numbers: npt.NDArray[np.int64]


class Rows:
    """All values of a run, in the order in which they came."""

    mergeable: ClassVar[bool] = True
    _rows: list[npt.NDArray[Any]]
    _numbers: list[int]

    def __init__(self) -> None:
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return not self._rows

    def push(self, value: Any, number: int) -> None:
        """Keep a copy of a value; `number` is that of its event."""
        array = as_numbers(value, "value")
        if self._rows:
            check_same_shape(self._rows[0].shape, array.shape)
        self._rows.append(array.copy())
        self._numbers.append(number)

    def value(self) -> RowsSoFar:
        """Give the values along the first axis."""
        if not self._rows:
            problem = "nothing has come yet"
            raise EmptyError(problem)
        return RowsSoFar(np.stack(self._rows), np.array(self._numbers, dtype=np.int64))

    def merge(self, other: Self) -> None:
        """Put the values of another one after these."""
        if self._rows and other._rows:
            check_same_shape(self._rows[0].shape, other._rows[0].shape)
        self._rows, self._numbers = [*self._rows, *other._rows], [*self._numbers, *other._numbers]

    def clear(self) -> None:
        """Forget everything."""
        self._rows, self._numbers = [], []
