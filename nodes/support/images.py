"""Making an image fit for a peak search, or refusing it with words."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_frame, as_numbers

__all__ = ["searchable"]


def searchable(value: Any, nan: Literal["error", "zero"]) -> npt.NDArray[Any]:
    """Give an image that trackpy searches correctly: 2-D, finite, of a dtype it can scale.

    Parameters
    ----------
    value
        The image; leading axes of length 1 are dropped.
    nan
        What to do with NaN and infinite pixels: refuse the image, or set them to 0.

    Raises
    ------
    UsageError
        If it is no image, has such pixels, or holds integers beyond 32 bits.
    """
    array = as_numbers(value, "frame")
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    image = as_frame(array, "frame")
    if 0 in image.shape or 1 in image.shape:
        problem = f"frame has shape {image.shape}; expected an image with more than one row and column"
        raise UsageError(problem)
    if image.dtype.kind == "b":
        return image.astype(np.float64)
    if image.dtype.kind == "f":
        return _finite(_native_float(image), nan)
    return _small_integers(image)


def _native_float(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bring floats to 32 or 64 bits in the machine's byte order; the filters know no others."""
    return image.astype(np.float32 if image.dtype.itemsize <= 4 else np.float64, copy=False)


def _finite(image: npt.NDArray[Any], nan: Literal["error", "zero"]) -> npt.NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        total = image.sum(dtype=np.float64)
    if np.isfinite(total):  # one pass without a temporary: NaN and infinity would both show
        return image
    bad = ~np.isfinite(image)
    count = int(np.count_nonzero(bad))
    if count == 0:
        return image
    if nan == "zero":
        return np.where(bad, image.dtype.type(0), image)
    y, x = np.argwhere(bad)[0]
    problem = (
        f"frame has {count} pixels that are NaN or infinite, the first at y={y}, x={x}; one of them hides all "
        f"peaks. Mask them, or set 'nan: zero'"
    )
    raise UsageError(problem)


def _small_integers(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Bring integers to a dtype whose maximum a float64 can hold: trackpy scales the image to that maximum."""
    if image.dtype.itemsize < 8:
        return image.astype(image.dtype.newbyteorder("="), copy=False)
    low, high = int(image.min()), int(image.max())
    for narrow in (np.int32, np.uint32):
        if np.iinfo(narrow).min <= low and high <= np.iinfo(narrow).max:
            return image.astype(narrow)
    problem = (
        f"frame is {image.dtype} with values from {low} to {high}, beyond 32 bits, in which a peak search loses "
        f"its brightest peak; make it float with 'average', or divide it"
    )
    raise UsageError(problem)
