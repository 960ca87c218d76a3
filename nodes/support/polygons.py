"""Which pixels are inside a polygon."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta

__all__ = ["Vertices", "inside_polygon", "polygon_problems"]

Vertices: TypeAlias = Annotated[list[tuple[float, float]], Meta(min_length=3)]
"""Corners (y, x) in pixels, in order; the last is joined to the first. Pixel (0, 0) has its centre at (0, 0)."""

_FAR = float(1 << 40)  # beyond any image, and within int64


def polygon_problems(name: str, vertices: Iterable[Sequence[float]] | None) -> list[str]:
    """Say what is wrong with the corners of a polygon.

    Examples
    --------
    >>> polygon_problems("roi", [(0, 0), (0, 5), (float("nan"), 5)])
    ['roi: a corner of the polygon is [nan, 5]; expected finite numbers [y, x]']
    """
    broken = [list(corner) for corner in vertices or () if not all(map(math.isfinite, corner))]
    return [f"{name}: a corner of the polygon is {corner}; expected finite numbers [y, x]" for corner in broken[:1]]


def inside_polygon(vertices: Iterable[Sequence[float]], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Give the pixels of an image whose centres are inside a polygon, by the even-odd rule.

    A centre that lies exactly on the border belongs to the side of larger y, then larger x. So polygons that share
    an edge share no pixel and leave none out, and the box from (y0, x0) to (y1, x1) is ``image[y0:y1, x0:x1]``.
    Where a polygon crosses itself, what is enclosed twice is outside. Parts beyond the image are left out.

    Parameters
    ----------
    vertices
        Corners (y, x), in order.
    shape
        Shape (ny, nx) of the image.

    Returns
    -------
    A read-only array, True inside: the last few are remembered, as a region holds for many events.

    Examples
    --------
    >>> inside_polygon([(0, 0), (0, 3), (2, 3), (2, 0)], (3, 4)).astype(int).tolist()
    [[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]
    """
    return _inside(tuple((float(y), float(x)) for y, x in vertices), (shape[-2], shape[-1]))


@functools.lru_cache(maxsize=8)
def _inside(vertices: tuple[tuple[float, float], ...], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Mark in each row where an edge is crossed; whoever has passed an odd number of marks is inside."""
    ny, nx = shape
    marks = np.zeros((ny, nx + 1), dtype=np.uint8)
    for first, second in itertools.pairwise((*vertices, vertices[0])):
        rows, columns = _crossings(first, second, ny)
        marks[rows, np.clip(columns, 0, nx)] ^= 1  # one edge crosses a row once, so no place is marked twice
    inside = np.bitwise_xor.accumulate(marks, axis=1)[:, :nx].astype(np.bool_)
    inside.flags.writeable = False
    return inside


def _crossings(first: tuple[float, float], second: tuple[float, float], ny: int) -> tuple[Any, Any]:
    """Give the rows that an edge crosses, and in each the first pixel at or behind the crossing."""
    (y0, x0), (y1, x1) = sorted((first, second))  # the same numbers whichever polygon the edge is met in
    start, stop = max(math.ceil(y0), 0), min(math.ceil(y1), ny)
    rows = np.arange(start, max(start, stop), dtype=np.int64)
    if not len(rows):
        return rows, rows
    crossings = x0 + (rows - y0) / (y1 - y0) * (x1 - x0)
    return rows, np.ceil(np.clip(crossings, -1, _FAR)).astype(np.int64)
