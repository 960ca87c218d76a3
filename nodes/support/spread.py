"""Variance and standard deviation, without losing digits to a large mean."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.accumulator import (
    EmptyError,
    NanPolicy,
    check_same_shape,
    taken,
    valid,
    where_not,
)
from headrace.nodes.support.fused import WORTHWHILE, welford

__all__ = ["Moments", "MomentsSoFar", "StandardDeviation", "Variance"]

_BLOCK = 32768
"""Pixels that are worked on at a time: what is computed in between stays in the processor's cache."""
_COMPILED = frozenset({"uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"})
"""Dtypes that a compiled loop takes; all are exact in float64."""


class MomentsSoFar(NamedTuple):
    """Count, mean and variance, place by place; NaN where there are too few values."""

    count: Any
    mean: Any
    variance: Any


class Moments:
    """Count, mean and variance, by Welford's recurrence [1]_ in float64, merged by the formula of Chan et al. [2]_.

    At a mean of 1e6 and a deviation of 1 it is right to 1e-9, where sums of squares lose a thousand times more.
    Where no more than `ddof` values were seen the variance is NaN. An infinite value makes its place NaN.

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

    mergeable: ClassVar[bool] = True
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
        if counts is True and array.size > 1:
            self._advance(array)
            return
        with np.errstate(invalid="ignore"):
            apart = np.where(counts, np.subtract(array, self._mean, dtype=np.float64), 0.0)
            step = apart / np.maximum(self._count, 1)
            self._mean = self._mean + step
            self._squares = self._squares + apart * step * np.maximum(self._count - 1, 0)

    def _advance(self, array: npt.NDArray[Any]) -> None:
        """Take every place of an array in: with numba if it is there, else block by block without allocating."""
        values, means, squares = np.ravel(array), self._mean.reshape(-1), self._squares.reshape(-1)
        loop = welford() if values.size >= WORTHWHILE and values.dtype.name in _COMPILED else None
        if loop is not None:
            loop(values, means, squares, float(self._count))
            return
        apart, step = np.empty((2, min(_BLOCK, values.size)))
        before = float(self._count - 1)
        with np.errstate(invalid="ignore"):
            for start in range(0, values.size, _BLOCK):
                block = slice(start, min(start + _BLOCK, values.size))
                a, s = apart[: block.stop - start], step[: block.stop - start]
                np.subtract(values[block], means[block], out=a, dtype=np.float64)
                np.divide(a, before + 1, out=s)
                means[block] += s
                a *= s
                a *= before
                squares[block] += a

    def value(self) -> Any:
        """Give count, mean and variance."""
        if self._mean is None:
            problem = "there is no mean and no variance of nothing"
            raise EmptyError(problem)
        count = np.asarray(self._count)
        freedom = count - self._ddof
        infinite = ~np.isfinite(self._mean)  # the recurrence makes it NaN one value later, whatever comes
        spread = where_not(infinite | (freedom <= 0), np.asarray(self._squares / np.maximum(freedom, 1)))
        return MomentsSoFar(count.copy()[()], where_not(infinite | (count == 0), self._mean.copy()), spread)

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        if other._mean is None:
            return
        if self._mean is None:
            self._count, self._mean, self._squares = other._count, other._mean.copy(), other._squares.copy()
            return
        check_same_shape(self._mean.shape, other._mean.shape)
        count = self._count + other._count
        with np.errstate(invalid="ignore"):
            apart, share = other._mean - self._mean, other._count / np.maximum(count, 1)
            self._squares = self._squares + other._squares + apart * apart * self._count * share
            self._mean = self._mean + apart * share
        self._count = count

    def clear(self) -> None:
        """Forget everything."""
        self._count = np.int64(0)
        self._mean = None
        self._squares = None


class Variance(Moments):
    """The variance of `Moments`."""

    def value(self) -> Any:
        """Give the variance, float64."""
        return super().value().variance


class StandardDeviation(Moments):
    """The square root of the variance of `Moments`."""

    def value(self) -> Any:
        """Give the standard deviation, float64."""
        return np.sqrt(super().value().variance)
