"""Rings about a centre: which ring each pixel lies in, and statistics ring by ring."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Rings", "ring_outliers", "ring_statistics", "rings_about"]


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """The ring of each pixel, for images of one shape. Its arrays are read-only and shared.

    Attributes
    ----------
    label
        intp, one per pixel in C order: the number of its ring, from 0.
    count
        int64, one per ring: how many pixels it has; 0 for an empty ring.
    """

    label: npt.NDArray[np.intp]
    count: npt.NDArray[np.int64]

    @classmethod
    def of(cls, numbers: npt.NDArray[Any]) -> Rings:
        """Give the rings for an array with the number of each pixel's ring."""
        label = numbers.astype(np.intp).ravel()
        count = np.bincount(label).astype(np.int64)
        label.flags.writeable = count.flags.writeable = False
        return cls(label, count)


# The rings of a shape cost more than the statistics on them, and a run has few shapes. Keyed by value and bounded,
# so the result is the same with and without; functools guards the bookkeeping between threads.
@functools.lru_cache(maxsize=4)
def rings_about(shape: tuple[int, ...], centre: tuple[float, ...], oversample: float) -> Rings:
    """Give the rings ``round(oversample * r)`` about a point, halves to the even number; r in pixels.

    Examples
    --------
    >>> rings_about((1, 5), (0.0, 2.0), 1.0).label.tolist()
    [2, 1, 0, 1, 2]
    """
    squares: Any = 0.0
    for axis, (points, middle) in enumerate(zip(shape, centre, strict=True)):
        along = (np.arange(points) - middle) ** 2
        squares = squares + along.reshape([-1 if place == axis else 1 for place in range(len(shape))])
    return Rings.of(np.rint(oversample * np.sqrt(squares)))


def ring_statistics(
    values: npt.NDArray[Any], rings: Rings, good: npt.NDArray[np.bool_] | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Give mean, population standard deviation and count of the good values of each ring; NaN for an empty ring.

    The deviation is that from the ring's own mean, in a second pass: it is never the root of a difference of two
    large numbers, which could be negative.
    """
    flat, label, count, bad = values.ravel(), rings.label, rings.count, None
    if good is not None:  # few pixels are bad: to take them out again is far quicker than to pick the good ones
        bad = np.flatnonzero(~good)
        flat = flat.copy()
        flat[bad] = 0
        count = count - np.bincount(label[bad], minlength=len(count))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(label, weights=flat, minlength=len(count)) / count
        away = np.subtract(flat, mean[label], dtype=np.float64)
        away *= away
        if bad is not None:
            away[bad] = 0
        std = np.sqrt(np.bincount(label, weights=away, minlength=len(count)) / count)
    return mean, std, count


def ring_outliers(
    values: npt.NDArray[Any], rings: Rings, good: npt.NDArray[np.bool_], alpha: float
) -> npt.NDArray[np.bool_]:
    """Find good values that lie further than `alpha` standard deviations from the median of their ring.

    Median and (population) standard deviation are those of the ring's good values.

    Returns
    -------
    True for an outlier, in the shape of the values.

    Examples
    --------
    >>> rings = Rings.of(np.zeros((1, 12)))
    >>> values = np.array([[1.0, 2.0] * 5 + [1.5, 99.0]])
    >>> np.flatnonzero(ring_outliers(values, rings, np.ones((1, 12), dtype=bool), 3.0)).tolist()
    [11]
    """
    kept = np.flatnonzero(good.ravel())
    label = rings.label[kept]
    kept = kept[np.argsort(label, kind="stable")]
    sorted_values = values.ravel()[kept].astype(np.float64, copy=False)
    bad = np.zeros(len(kept), dtype=np.bool_)
    stops = np.cumsum(np.bincount(label, minlength=len(rings.count)))
    for start, stop in zip(np.concatenate(([0], stops[:-1])).tolist(), stops.tolist(), strict=True):
        if stop - start > 1:
            ring = sorted_values[start:stop]
            bad[start:stop] = np.abs(ring - np.median(ring)) > alpha * ring.std()
    found = np.zeros(values.shape, dtype=np.bool_)
    found.reshape(-1)[kept[bad]] = True
    return found
