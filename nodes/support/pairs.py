"""What two numbers have to do with each other, and two kinds of events."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.accumulator import EmptyError, NanPolicy
from headrace.nodes.support.binning import as_key
from headrace.nodes.support.covariance import Covariance
from headrace.nodes.support.spread import Moments
from headrace.nodes.support.totals import Mean

__all__ = ["Apart", "ApartSoFar", "Correlated", "Correlation"]


class Correlation(NamedTuple):
    """How y goes with x."""

    r: float
    slope: float
    intercept: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


class Correlated:
    """Pearson's coefficient and the straight line of least squares, by the recurrence of `Covariance` in float64.

    Parameters
    ----------
    nan
        What a NaN in either number does: ``propagate`` (all becomes NaN), ``omit`` (the pair is left out), ``error``.
    """

    mergeable: ClassVar[bool] = True

    def __init__(self, nan: NanPolicy = "omit") -> None:
        self._nan = nan
        self._products, self._mean, self._count = Covariance(ddof=0), Mean(), 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been counted."""
        return self._count == 0

    def push(self, x: Any, y: Any) -> None:
        """Take a pair of numbers in."""
        pair = np.array([as_key(x, "x"), as_key(y, "y")], dtype=np.float64)
        if self._nan != "propagate" and np.isnan(pair).any():
            if self._nan == "error":
                problem = f"x is {pair[0]}, y is {pair[1]}; set 'nan' to 'omit' or 'propagate'"
                raise UsageError(problem)
            return
        self._products.push(pair)
        self._mean.push(pair)
        self._count += 1

    def value(self) -> Correlation:
        """Give coefficient and line: NaN of fewer than 2 pairs, or where x (or for r, y) never varied."""
        if self.is_empty:
            problem = "there is no correlation of nothing"
            raise EmptyError(problem)
        (xx, xy), (_, yy) = self._products.value().tolist()
        x, y = self._mean.value().tolist()
        slope = xy / xx if xx > 0 else math.nan
        spread = math.sqrt(xx) * math.sqrt(yy) if xx > 0 and yy > 0 else 0.0
        r = min(max(xy / spread, -1.0), 1.0) if spread else math.nan
        return Correlation(r, slope, y - slope * x, self._count)

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        self._products.merge(other._products)
        self._mean.merge(other._mean)
        self._count += other._count

    def clear(self) -> None:
        """Forget everything."""
        self._products.clear()
        self._mean.clear()
        self._count = 0


class ApartSoFar(NamedTuple):
    """What `Apart` has found, place by place."""

    difference: Any
    on: Any
    off: Any
    error: Any
    on_count: Any
    off_count: Any


class Apart:
    """Means of two kinds of events, and their difference.

    Parameters
    ----------
    nan
        What a NaN among the values does; see `Moments`.
    """

    mergeable: ClassVar[bool] = True

    def __init__(self, nan: NanPolicy = "propagate") -> None:
        self._on, self._off = Moments(nan), Moments(nan)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._on.is_empty and self._off.is_empty

    def push(self, value: Any, on: bool) -> None:
        """Take a value of either kind in."""
        mine, other = (self._on, self._off) if on else (self._off, self._on)
        if mine.is_empty and not other.is_empty:
            self._check(value, other)
        mine.push(value)

    @staticmethod
    def _check(value: Any, other: Moments) -> None:
        if np.shape(value) != np.shape(other.value().mean):
            problem = f"value has shape {np.shape(value)}, those before had shape {np.shape(other.value().mean)}"
            raise UsageError(problem)

    def value(self) -> ApartSoFar:
        """Give the means, float64, their difference, its standard error and the counts, int64."""
        if self.is_empty:
            problem = "there is no difference of nothing"
            raise EmptyError(problem)
        shape = np.shape((self._off if self._on.is_empty else self._on).value().mean)
        (n_on, on, var_on), (n_off, off, var_off) = _moments(self._on, shape), _moments(self._off, shape)
        with np.errstate(invalid="ignore"):
            error = np.sqrt(var_on / np.maximum(n_on, 1) + var_off / np.maximum(n_off, 1))
            return ApartSoFar(on - off, on, off, error, n_on, n_off)

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        self._on.merge(other._on)
        self._off.merge(other._off)

    def clear(self) -> None:
        """Forget everything."""
        self._on.clear()
        self._off.clear()


def _moments(moments: Moments, shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    if moments.is_empty:
        nothing = np.full(shape, np.nan)[()]
        return np.int64(0), nothing, nothing
    found = moments.value()
    return found.count, found.mean, found.variance
