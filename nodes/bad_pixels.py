"""Pixels that stand out from their neighbours without a reason."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Odd, Unit
from headrace.engine.model.node import node
from headrace.engine.model.ports import Stack
from headrace.nodes.support.mask_arrays import narrowed
from headrace.nodes.support.medians import local_median
from headrace.nodes.support.pixels import as_stack

__all__ = ["hot_pixels"]

Window: TypeAlias = Annotated[int, Meta(ge=3), Odd, Unit("px")]


@node
def hot_pixels(
    frame: Stack,
    mask: Stack | None = None,
    *,
    threshold: Annotated[float, Meta(gt=0)] = 5.0,
    size: Window = 3,
    which: Literal["hot", "both"] = "hot",
    min_excess: Annotated[float, Meta(ge=0)] = 0.0,
) -> Stack:
    """Mask pixels that stand out from their neighbours: hot pixels, and dead ones too if you say so.

    A pixel's excess is its value minus the median of the `size` x `size` window around it. It is hot if its excess
    is more than ``threshold * sigma``, with ``sigma = 1.4826 * median(abs(excess))`` over all good pixels of the
    image: the median absolute deviation, which for normal noise is the standard deviation and which hot pixels
    themselves don't change [1]_. Where more than half of all pixels equal their median (photon counting), that is 0;
    ``1.2533 * mean(abs(excess))`` then stands in for it.

    **A sharp Bragg peak looks like hot pixels.** Find them in a dark, or in an image without sample.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype; each by itself. NaN and infinite pixels are masked.
    mask
        A mask to narrow: what it masks stays masked, and counts neither for medians nor for sigma.
    threshold
        How many sigma a pixel must stand out.
    size
        Side of the window; a cluster that fills half of it isn't found.
    which
        ``hot``: what is too high; ``both``: what is too low as well.
    min_excess
        How far a pixel must stand out at least, in the unit of the frame.

    Returns
    -------
    Stack
        bool, the shape of the frame: True is good.

    Raises
    ------
    UsageError
        If something is no image, or the mask's shape is another.

    Notes
    -----
    In a graph file::

        dark: {type: dark, key: sc_dk_field_uid, field: image}
        mask: {type: hot_pixels, in: dark, threshold: 6}

    .. [1] P. J. Rousseeuw and C. Croux, J. Am. Stat. Assoc. 88 (1993) 1273, doi:10.2307/2291267

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import hot_pixels
    >>> dark = np.random.default_rng(1).normal(100, 3, (64, 64))
    >>> dark[20, 30] += 50
    >>> np.argwhere(~hot_pixels(dark)).tolist()
    [[20, 30]]
    """
    images = as_stack(frame, "frame")
    good = np.isfinite(images) if images.dtype.kind == "f" else np.ones(images.shape, dtype=np.bool_)
    good = narrowed(good, mask, images.shape)
    for place in np.ndindex(images.shape[:-2]):
        excess = _excess(images[place], good[place], size)
        height = np.abs(excess) if which == "both" else excess
        limit = max(threshold * _sigma(excess[good[place]]), min_excess)
        good[place] &= ~(height > limit)  # NaN, where no neighbour is good, is not above anything
    return good


def _excess(image: npt.NDArray[Any], good: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.float64]:
    medians = local_median(image, (size, size), None if good.all() else good)
    with np.errstate(invalid="ignore"):  # infinity minus something, at pixels that are masked already
        excess: npt.NDArray[np.float64] = np.subtract(image, medians, dtype=np.float64)
    return excess


def _sigma(excess: npt.NDArray[np.float64]) -> float:
    distances = np.abs(excess[~np.isnan(excess)])
    if not distances.size:
        return math.inf
    return float(1.4826 * np.median(distances)) or float(1.2533 * distances.mean())
