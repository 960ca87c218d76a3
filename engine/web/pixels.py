"""Images made small enough to be sent: parts of them, thinned so that single bright pixels stay."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Contrast", "Cut", "contrast", "cut", "extent", "frame_of", "shrunk"]


class Cut(NamedTuple):
    """A part of an image, thinned: each pixel stands for ``step`` by ``step`` of the image's."""

    pixels: npt.NDArray[Any]
    y: int
    x: int
    step: int


class Contrast(NamedTuple):
    """Least and greatest value, and the range in which most of them lie."""

    least: float
    most: float
    low: float
    high: float


def frame_of(value: npt.NDArray[Any], index: int = 0) -> npt.NDArray[Any]:
    """Give one image of a stack, leading axes counted through; a thinner one if it is no image at all.

    Examples
    --------
    >>> import numpy as np
    >>> frame_of(np.arange(8).reshape(2, 1, 2, 2), 1).tolist()
    [[4, 5], [6, 7]]
    """
    if value.ndim < 2:
        return np.atleast_2d(value)
    stack: npt.NDArray[Any] = value.reshape((-1, *value.shape[-2:]))
    found: npt.NDArray[Any] = stack[min(max(index, 0), len(stack) - 1)]
    return found


def shrunk(image: npt.NDArray[Any], side: int) -> tuple[npt.NDArray[Any], int]:
    """Give an image of at most ``side`` pixels along each axis, and how many pixels one stands for.

    Each pixel is the greatest of those it stands for, so a Bragg peak of one pixel stays to be seen. NaN is left
    out where there is anything else.

    Examples
    --------
    >>> import numpy as np
    >>> shrunk(np.array([[1, 2, 3, 9], [4, 5, 6, 7]]), 2)[0].tolist()
    [[5, 9]]
    """
    step = max(1, -(-max(image.shape) // side))
    if step == 1:
        return image, 1
    greatest = np.fmax if image.dtype.kind == "f" else np.logical_or if image.dtype.kind == "b" else np.maximum
    ny, nx = (max(1, -(-length // step)) for length in image.shape)
    rows = image[::step].copy()
    for offset in range(1, step):
        part = image[offset::step]
        greatest(rows[: len(part)], part, out=rows[: len(part)])
    columns = rows[:, ::step].copy()
    for offset in range(1, step):
        part = rows[:, offset::step]
        greatest(columns[:, : part.shape[1]], part, out=columns[:, : part.shape[1]])
    return columns[:ny, :nx], step


def cut(image: npt.NDArray[Any], box: tuple[int, int, int, int] | None, side: int) -> Cut:
    """Give the part of an image inside a box (y0, y1, x0, x1), as large as may be sent."""
    ny, nx = image.shape
    y0, y1, x0, x1 = box or (0, ny, 0, nx)
    y0, x0 = min(max(y0, 0), ny - 1), min(max(x0, 0), nx - 1)
    part = image[y0 : max(y0 + 1, min(y1, ny)), x0 : max(x0 + 1, min(x1, nx))]
    thin, step = shrunk(part, side)
    return Cut(thin, y0, x0, step)


def extent(image: npt.NDArray[Any]) -> tuple[float, float]:
    """Give the least and the greatest value of an image; NaN and infinity don't count.

    Examples
    --------
    >>> import numpy as np
    >>> extent(np.array([[3, 1, 2]])), extent(np.array([[np.nan, np.inf, 2.0]]))
    ((1.0, 3.0), (2.0, 2.0))
    """
    if image.dtype.kind == "c":
        image = np.abs(image)
    least, most = float(image.min()), float(image.max())
    if np.isfinite(least) and np.isfinite(most):
        return least, most
    finite = image[np.isfinite(image)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def contrast(image: npt.NDArray[Any]) -> Contrast:
    """Give the range of an image's values, and one that leaves out the outermost; from a sample of its pixels.

    Examples
    --------
    >>> import numpy as np
    >>> contrast(np.array([[0.0, 1.0], [2.0, np.nan]]))
    Contrast(least=0.0, most=2.0, low=0.0, high=2.0)
    """
    if image.dtype.kind == "c":
        image = np.abs(image)
    least, most = extent(image)
    flat = image.reshape(-1)
    values = flat[:: max(1, flat.size // 20_000)].astype(np.float64)
    sample = values[np.isfinite(values)]
    if sample.size < 50:
        return Contrast(least, most, least, most)
    low, high = (float(number) for number in np.quantile(sample, (0.01, 0.999)))
    return Contrast(least, most, low, high if high > low else most)
