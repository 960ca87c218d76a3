"""Curves: taking in one-dimensional arrays that belong together, and measuring a peak."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_numbers

__all__ = ["Moments", "as_curve", "moments"]


class Moments(NamedTuple):
    """Where a peak is, how wide and high it is, and how much is in it."""

    position: float
    width: float
    height: float
    area: float


def as_curve(x: Any, y: Any, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the two halves of a curve, in float64, in ascending order of x. Points without an x (NaN) are left out.

    Parameters
    ----------
    x, y
        Arrays of the same length, shape (n,).
    name
        Of the node, for the message.

    Raises
    ------
    UsageError
        If they are no curves, or of different lengths.

    Examples
    --------
    >>> [part.tolist() for part in as_curve([3, 1, 2], [30, 10, 20], "nearest")]
    [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    """
    along, values = (as_numbers(part, what).astype(np.float64) for part, what in ((x, "x"), (y, "y")))
    if along.ndim != 1 or along.shape != values.shape:
        problem = f"{name}: x has shape {along.shape} and y has shape {values.shape}; expected two curves of one length"
        raise UsageError(problem)
    known = ~np.isnan(along)
    if not known.all():
        along, values = along[known], values[known]
    if len(along) and np.any(np.diff(along) < 0):
        order = np.argsort(along, kind="stable")
        along, values = along[order], values[order]
    return along, values


def moments(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Moments:
    """Measure a peak above zero by its moments, integrals by the trapezium rule.

    Without a positive area there is no peak: position and width are NaN. With noise, the second moment can be
    negative: then the width is NaN.

    Examples
    --------
    >>> x = np.linspace(-5, 5, 101)
    >>> [round(float(number), 3) for number in moments(x, 2 * np.exp(-0.5 * (x - 0.5) ** 2))]
    [0.5, 1.0, 2.0, 5.013]
    """
    area, height = _integral(y, x), float(y.max())
    if not area > 0:
        return Moments(np.nan, np.nan, height, area)
    position = _integral(y * x, x) / area
    square = _integral(y * (x - position) ** 2, x) / area
    return Moments(position, float(np.sqrt(square)) if square >= 0 else np.nan, height, area)


def _integral(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]) -> float:
    """Integrate by the trapezium rule; numpy's own changed its name between versions."""
    return float(np.sum((y[1:] + y[:-1]) * np.diff(x)) / 2)
