"""Covariance of what is measured together."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.accumulator import EmptyError, NanPolicy, check_same_shape, taken

__all__ = ["Covariance"]


class Covariance:
    """The covariance matrix of samples of shape (n,), in float64, as ``numpy.cov`` gives it for all of them.

    Welford's recurrence for the matrix of products, merged by the formula of Chan et al.; see `Moments`.

    Parameters
    ----------
    nan
        What a NaN in a sample does: ``propagate`` (its row and column become NaN), ``omit`` (the whole sample is
        left out), ``error``.
    ddof
        The products are divided by samples - ddof; of no more than `ddof` samples the matrix is NaN.
    """

    mergeable: ClassVar[bool] = True
    _count: int
    _mean: Any
    _products: Any

    def __init__(self, nan: NanPolicy = "propagate", ddof: int = 1) -> None:
        self._nan, self._ddof = nan, ddof
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._mean is None

    def push(self, value: Any) -> None:
        """Take a sample in."""
        sample = taken(value, None if self._mean is None else self._mean.shape, self._nan)
        if sample.ndim != 1:
            problem = f"value has shape {sample.shape}; a covariance takes samples of shape (n,), one number for each"
            raise UsageError(problem)
        if self._mean is None:
            self._mean, self._products = np.zeros(sample.size), np.zeros((sample.size, sample.size))
        if self._nan == "omit" and sample.dtype.kind == "f" and np.isnan(sample).any():
            return
        self._count += 1
        with np.errstate(invalid="ignore"):
            apart = np.subtract(sample, self._mean, dtype=np.float64)
            self._mean = self._mean + apart / self._count
            self._products = self._products + np.multiply.outer(apart, apart) * ((self._count - 1) / self._count)

    def value(self) -> Any:
        """Give the matrix, float64, shape (n, n)."""
        if self._mean is None:
            problem = "there is no covariance of nothing"
            raise EmptyError(problem)
        freedom = self._count - self._ddof
        return self._products / freedom if freedom > 0 else np.full_like(self._products, np.nan)

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        if other._mean is None:
            return
        if self._mean is None:
            self._count, self._mean, self._products = other._count, other._mean, other._products
            return
        check_same_shape(self._mean.shape, other._mean.shape)
        count = max(self._count + other._count, 1)
        apart = other._mean - self._mean
        between = np.multiply.outer(apart, apart) * (self._count * other._count / count)
        self._products = self._products + other._products + between
        self._mean = self._mean + apart * (other._count / count)
        self._count += other._count

    def clear(self) -> None:
        """Forget everything."""
        self._count, self._mean, self._products = 0, None, None
