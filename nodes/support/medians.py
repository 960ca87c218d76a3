"""The median of a pixel's surroundings, also where some of them don't count."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.pixels import filterable

__all__ = ["local_median"]

_AT_ONCE = 1 << 22  # values gathered at a time: some 32 MB


def local_median(
    image: npt.NDArray[Any], size: tuple[int, int], good: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[Any]:
    """Give the median over a window around each pixel, as `scipy.ndimage.median_filter` does.

    At the border the image is mirrored, the outermost pixels included (scipy's ``reflect``).

    Parameters
    ----------
    image
        One image, shape (ny, nx), of any dtype; without NaN where it is good.
    size
        Height and width of the window, odd.
    good
        The pixels that count; None: all. Where an even number of pixels is good, the median is the mean of the two
        in the middle; where none is, NaN.

    Returns
    -------
    Without `good`, the dtype of the image as `filterable` gives it; otherwise float64.

    Examples
    --------
    >>> image = np.array([[1.0, 2.0, 3.0], [4.0, 99.0, 6.0], [7.0, 8.0, 9.0]])
    >>> local_median(image, (3, 3))[1, 1], local_median(image, (3, 3), image < 99)[1, 1]
    (np.float64(6.0), np.float64(5.0))
    """
    from scipy import ndimage

    values = filterable(image)
    if good is None or good.all():
        found: npt.NDArray[Any] = ndimage.median_filter(values, size=size, mode="reflect")
        return found if good is None else found.astype(np.float64, copy=False)
    found = ndimage.median_filter(np.where(good, values, 0), size=size, mode="reflect").astype(np.float64)
    touched = ndimage.maximum_filter(~good, size=size, mode="reflect")
    _mend(found, np.where(good, values, np.nan).astype(np.float64, copy=False), size, np.argwhere(touched))
    return found


def _mend(
    found: npt.NDArray[np.float64], image: npt.NDArray[np.float64], size: tuple[int, int], places: npt.NDArray[Any]
) -> None:
    """Put in the medians of those windows in which something doesn't count."""
    margins = [(side // 2, side // 2) for side in size]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, margins, mode="symmetric"), size)
    step = max(_AT_ONCE // (size[0] * size[1]), 1)
    for first in range(0, len(places), step):
        y, x = places[first : first + step].T
        found[y, x] = _medians(windows[y, x].reshape(len(y), -1))


def _medians(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the median of what is not NaN in each row; sorting puts NaN last, also where there is nothing else."""
    rows.sort(axis=1)
    count = np.count_nonzero(~np.isnan(rows), axis=1)
    row = np.arange(len(rows))
    middle: npt.NDArray[np.float64] = (rows[row, (count - 1) // 2] + rows[row, count // 2]) / 2
    return middle
