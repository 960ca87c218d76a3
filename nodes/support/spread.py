"""Variance and standard deviation, without losing digits to a large mean."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from headrace.nodes.support.accumulator import (
    EmptyError,
    NanPolicy,
    check_same_shape,
    taken,
    valid,
    where_not,
)

__all__ = ["StandardDeviation", "Variance"]


class Variance:
    """The variance, by Welford's recurrence [1]_ in float64, merged by the formula of Chan et al. [2]_.

    At a mean of 1e6 and a deviation of 1 it is right to 1e-9, where sums of squares lose a thousand times more.
    Where no more than `ddof` values were seen it is NaN.

    Parameters
    ----------
    nan
        What a NaN does, place by place: ``propagate``, ``omit``, ``error``.
    ddof
        The sum of squares is divided by n - ddof: 1 estimates the variance that the values were drawn from, 0 is
        that of the values.

    References
    ----------
    .. [1] B. P. Welford, Technometrics 4 (1962) 419.
    .. [2] T. F. Chan, G. H. Golub, R. J. LeVeque, Am. Stat. 37 (1983) 242.
    """

    _count: Any
    _mean: Any
    _squares: Any

    def __init__(self, nan: NanPolicy = "propagate", ddof: int = 1) -> None:
        self._nan, self._ddof = nan, ddof
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._mean is None

    def push(self, value: Any) -> None:
        """Take a value in."""
        array = taken(value, None if self._mean is None else self._mean.shape, self._nan)
        counts = valid(array, self._nan)
        if self._mean is None:
            self._mean, self._squares = np.zeros(array.shape), np.zeros(array.shape)
        self._count = self._count + np.asarray(counts, dtype=np.int64)
        before = np.subtract(array, self._mean, dtype=np.float64)
        before = np.where(counts, before, 0.0) if counts is not True else before
        self._mean = self._mean + before / np.maximum(self._count, 1)
        after = np.subtract(array, self._mean, dtype=np.float64)
        after = np.where(counts, after, 0.0) if counts is not True else after
        self._squares = self._squares + before * after

    def value(self) -> Any:
        """Give the variance, float64."""
        if self._mean is None:
            problem = "there is no variance of nothing"
            raise EmptyError(problem)
        freedom = np.asarray(self._count - self._ddof)
        return where_not(freedom <= 0, np.asarray(self._squares / np.maximum(freedom, 1)))

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        if other._mean is None:
            return
        if self._mean is None:
            self._count, self._mean, self._squares = other._count, other._mean, other._squares
            return
        check_same_shape(self._mean.shape, other._mean.shape)
        count = self._count + other._count
        apart, share = other._mean - self._mean, other._count / np.maximum(count, 1)
        self._squares = self._squares + other._squares + apart * apart * self._count * share
        self._mean = self._mean + apart * share
        self._count = count

    def clear(self) -> None:
        """Forget everything."""
        self._count = np.int64(0)
        self._mean = None
        self._squares = None


class StandardDeviation(Variance):
    """The square root of the `Variance`."""

    def value(self) -> Any:
        """Give the standard deviation, float64."""
        return np.sqrt(super().value())
