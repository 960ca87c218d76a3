"""Smoothing images: against noise, and against single bad pixels."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Odd, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Stack
from headrace.nodes.support.medians import local_median
from headrace.nodes.support.pixels import as_stack, filterable

__all__ = ["gaussian_filter", "median_filter"]

Sigma: TypeAlias = Annotated[float, Meta(ge=0), Unit("px")]
Window: TypeAlias = Annotated[int, Meta(ge=1), Odd, Unit("px")]


@node
def gaussian_filter(
    frame: Stack,
    *,
    sigma: Sigma | tuple[Sigma, Sigma],
    reach: Annotated[float, Meta(gt=0)] = 4.0,
    nan: Literal["spread", "omit"] = "spread",
) -> Stack:
    """Smooth images with a Gaussian.

    ``scipy.ndimage.gaussian_filter``, each image by itself; at the border the image is mirrored. The sum over the
    image stays the same, up to rounding.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    sigma
        Standard deviation of the Gaussian, for both axes or as [y, x]; 0 leaves an axis as it is.
    reach
        Where the Gaussian is cut off, in standard deviations.
    nan
        What a NaN or infinite pixel does: ``spread`` (everything within reach is NaN) or ``omit`` (neighbours are
        weighted means of what is finite; the pixel itself is NaN in the result).

    Returns
    -------
    Stack
        float64, the shape of the frame.

    Raises
    ------
    UsageError
        If something is no image.

    Notes
    -----
    In a graph file::

        smooth: {type: gaussian_filter, in: mean, sigma: 1.5}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import gaussian_filter
    >>> gaussian_filter(np.array([[0, 0, 100, 0, 0]]), sigma=0.5).round(1).tolist()
    [[0.0, 10.6, 78.7, 10.6, 0.0]]
    """
    images = filterable(as_stack(frame, "frame"))
    sigmas = tuple(sigma) if isinstance(sigma, tuple | list) else (sigma, sigma)
    finite = np.isfinite(images) if images.dtype.kind == "f" else None
    if finite is None or finite.all():
        return _smooth(images, sigmas, reach)
    if nan == "spread":
        return _smooth(np.where(finite, images, np.nan), sigmas, reach)
    weights = _smooth(finite.astype(np.float64), sigmas, reach)
    result = _smooth(np.where(finite, images, 0), sigmas, reach)
    np.divide(result, weights, out=result, where=finite)
    result[~finite] = np.nan
    return result


def _smooth(images: npt.NDArray[Any], sigmas: tuple[float, ...], reach: float) -> npt.NDArray[np.float64]:
    from scipy import ndimage

    smooth: npt.NDArray[np.float64] = ndimage.gaussian_filter(
        images, sigmas, output=np.float64, mode="reflect", truncate=reach, axes=(-2, -1)
    )
    return smooth


@node
def median_filter(
    frame: Stack,
    *,
    size: Window | tuple[Window, Window],
    nan: Literal["error", "omit"] = "error",
) -> Stack:
    """Replace each pixel by the median of its surroundings: single bad pixels vanish, edges stay sharp.

    ``scipy.ndimage.median_filter``, each image by itself; at the border the image is mirrored. Peaks that are
    smaller than half the window vanish too.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    size
        Side of the window around the pixel, odd; for both axes or as [y, x].
    nan
        What to do with NaN, which has no place in an order: ``error`` (refuse the image) or ``omit`` (the median of
        the other pixels in the window; of an even number of them the mean of the middle two; NaN if there are none).
        Then NaN pixels are filled in.

    Returns
    -------
    Stack
        The shape of the frame. Its dtype too, but uint8 for truth values, float32 for 16-bit floats; float64 for
        images with NaN.

    Raises
    ------
    UsageError
        If there is a NaN and ``nan`` is ``error``, or something is no image.

    Notes
    -----
    In a graph file::

        calm: {type: median_filter, in: mean, size: 3}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import median_filter
    >>> median_filter(np.array([[1, 2, 900, 4, 5]], dtype="uint16"), size=(1, 3)).tolist()
    [[1, 2, 4, 5, 5]]
    """
    images = filterable(as_stack(frame, "frame"))
    sides = tuple(size) if isinstance(size, tuple | list) else (size, size)
    good = None
    if images.dtype.kind == "f" and np.isnan(images).any():
        if nan == "error":
            problem = (
                f"frame has {int(np.isnan(images).sum())} pixels that are NaN, which have no place in an order; "
                f"set 'nan: omit' to take the median of the others"
            )
            raise UsageError(problem)
        good = ~np.isnan(images)
    result = np.empty(images.shape, dtype=images.dtype if good is None else np.float64)
    for place in np.ndindex(images.shape[:-2]):
        result[place] = local_median(images[place], (sides[0], sides[1]), None if good is None else good[place])
    return result
