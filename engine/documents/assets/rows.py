"""Which rows of a dataset a document means."""

from __future__ import annotations

from typing import NamedTuple

from headrace.engine.model.errors import DocumentError

__all__ = ["Rows", "rows_of_datum", "rows_of_point"]


class Rows(NamedTuple):
    """Rows of a dataset: from `start` up to `stop`, without the row axis if they are a single value."""

    start: int
    stop: int
    single: bool


def rows_of_point(point: int, frames: int) -> Rows:
    """Give the rows of a point of an areaDetector file: as many as there are frames per point."""
    return Rows(point * frames, (point + 1) * frames, single=False)


def rows_of_datum(shape: tuple[int, ...], index: int, declared: tuple[int, ...], frames: int = 0) -> Rows:
    """Give the rows of one datum of a stream in a dataset of a given shape.

    Parameters
    ----------
    shape
        Shape of the dataset.
    index
        Number of the datum, counted from 0.
    declared
        Shape of one datum as the descriptor declares it. A dataset with as many axes has ``declared[0]`` rows
        for each datum; one with more axes has a row for each.
    frames
        Rows for each datum if the stream resource says so itself; 0 if not.

    Raises
    ------
    DocumentError
        If the dataset has fewer axes than a datum.

    Examples
    --------
    >>> rows_of_datum((10, 4, 4), 2, (5, 4, 4))
    Rows(start=10, stop=15, single=False)
    >>> rows_of_datum((10, 4, 4), 2, (4, 4))
    Rows(start=2, stop=3, single=True)
    """
    if len(shape) < max(len(declared), 1):
        message = f"the dataset has shape {shape}, too few axes for data declared with shape {declared}"
        raise DocumentError(message)
    if len(shape) == len(declared):
        return Rows(index * declared[0], (index + 1) * declared[0], single=False)
    count = max(frames, 1)
    return Rows(index * count, (index + 1) * count, single=count == 1)
