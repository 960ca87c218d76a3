"""Regions of an image, as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Frame, Scalar
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.mask_arrays import as_mask
from headrace.nodes.support.pixels import Box, as_stack, box_problems, boxed
from headrace.nodes.support.polygons import Vertices, inside_polygon, polygon_problems

__all__ = ["Region", "roi"]

Nan: TypeAlias = Literal["omit", "propagate", "error"]


class Region(NamedTuple):
    """What `roi` gives."""

    sum: Scalar
    """float64: sum over the pixels that count."""
    mean: Scalar
    """float64: their mean."""
    min: Scalar
    """float64: the least of them."""
    max: Scalar
    """float64: the greatest of them."""
    count: Scalar
    """int: how many they are."""


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from box_problems("roi", parameters["box"])
    yield from polygon_problems("roi", parameters["polygon"])


@node(problems_of=_problems)
def roi(
    frame: Frame,
    mask: Frame | None = None,
    *,
    box: Box | None = None,
    polygon: Vertices | None = None,
    nan: Nan = "omit",
) -> Region:
    """Measure a region of an image: sum, mean, least and greatest value, number of pixels.

    The region is a box, a polygon, the good pixels of a mask, or what lies in all of those that are given; with
    none of them it is the whole image. Sums are in float64, so integers never wrap.

    **A failed shot is never 0.** Where no pixel of the region has a value (all are NaN), sum, mean, min and max are
    NaN and count is 0. Where only some are NaN, the sum lacks what they would have had; where such pixels come and
    go from shot to shot, compare `mean`, or filter by `count`.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype; leading axes of length 1 are dropped.
    mask
        Mask of the same shape: True (or 1) is good and counts, False (or 0) doesn't.
    box
        [y0, y1, x0, x1] in pixels, y first: rows y0 to y1 - 1 and columns x0 to x1 - 1.
    polygon
        Corners [y, x] in pixels, at least three, in order. A pixel belongs to it if its centre is inside, by the
        even-odd rule; pixel (0, 0) has its centre at (0, 0); a centre on the border belongs to the side of larger y,
        then larger x. Parts beyond the image don't count.
    nan
        What NaN pixels of the region do: ``omit`` (they don't count), ``propagate`` (sum, mean, min and max are
        NaN, and they count as pixels) or ``error``. Infinite pixels are numbers.

    Returns
    -------
    sum : Scalar
        Sum over the region, float64, in the unit of the frame.
    mean : Scalar
        sum / count, float64.
    min : Scalar
        The least value, float64.
    max : Scalar
        The greatest value, float64.
    count : Scalar
        Number of pixels that count.

    Raises
    ------
    UsageError
        If no pixel belongs to the region, the box reaches beyond the image, the mask has another shape, there are
        several images, or there is a NaN and ``nan`` is ``error``.

    Notes
    -----
    In a graph file::

        spot: {type: roi, in: clean, box: [100, 140, 200, 260]}
        ring: {type: roi, in: {frame: clean, mask: mask}, polygon: [[10, 10], [10, 90], [90, 50]]}
        keep: {type: sink, in: {total: spot, brightest: spot.max, mean: ring.mean}}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import roi
    >>> spot = roi(np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 90.0]]), box=(0, 2, 1, 3))
    >>> float(spot.sum), float(spot.mean), float(spot.max), spot.count
    (96.0, 32.0, 90.0, 3)
    >>> failed = roi(np.full((2, 3), np.nan))
    >>> float(failed.sum), failed.count
    (nan, 0)
    """
    image = as_stack(frame, "frame")
    while image.ndim > 2 and image.shape[0] == 1:
        image = image[0]
    image = as_frame(image, "frame")
    chosen = _chosen(image.shape, mask, polygon)
    if box is not None:
        image = boxed(image, box, "roi")
        chosen = None if chosen is None else boxed(chosen, box, "roi")
    pixels = image if chosen is None else image[chosen]
    if not pixels.size:
        problem = "roi: no pixel belongs to the region; is the polygon or box beside the image, or all of it masked?"
        raise UsageError(problem)
    return _measured(pixels, nan)


def _chosen(shape: tuple[int, ...], mask: Any, polygon: Vertices | None) -> npt.NDArray[np.bool_] | None:
    """Give the pixels that polygon and mask leave; None for all."""
    chosen = None if mask is None else as_mask(mask, "mask", shape)
    if polygon is None:
        return chosen
    problems = polygon_problems("roi", polygon)
    if problems:
        raise UsageError(problems[0])
    inside = inside_polygon(polygon, shape)
    return inside if chosen is None else inside & chosen


def _measured(pixels: npt.NDArray[Any], nan: Nan) -> Region:
    if pixels.dtype.kind != "f":
        return _numbers(pixels)
    lowest = float(pixels.min())  # NaN shows in it: one pass, and no array of truth values where all is well
    if lowest == lowest:
        return _numbers(pixels)
    bad = np.isnan(pixels)
    if nan == "error":
        count = int(np.count_nonzero(bad))
        problem = f"roi: {count} of {pixels.size} pixels are NaN; set 'nan' to 'omit' or 'propagate'"
        raise UsageError(problem)
    if nan == "propagate":
        return _nothing(pixels.size)
    rest = pixels[~bad]
    return _numbers(rest) if rest.size else _nothing(0)


def _nothing(count: int) -> Region:
    return Region(np.float64(np.nan), np.float64(np.nan), np.float64(np.nan), np.float64(np.nan), count)


def _numbers(pixels: npt.NDArray[Any]) -> Region:
    with np.errstate(invalid="ignore", over="ignore"):  # infinite pixels of both signs
        total = np.float64(pixels.sum(dtype=np.float64))
        return Region(total, total / pixels.size, np.float64(pixels.min()), np.float64(pixels.max()), pixels.size)
