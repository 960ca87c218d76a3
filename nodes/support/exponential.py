"""A mean that forgets."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from headrace.nodes.support.accumulator import EmptyError, NanPolicy, refuse_merge, taken, valid, where_not

__all__ = ["FadingMean"]


class FadingMean:
    """The exponential moving mean: ``mean += a * (value - mean)`` with ``a = max(1 / lifetime, 1 / n)``, float64.

    n counts the values, the new one included; so the first `lifetime` of them make a plain mean. It depends on
    how many values came after each one, so two of them can't be merged.

    Parameters
    ----------
    nan
        What a NaN does, place by place: ``propagate``, ``omit`` (the place is as if the event hadn't been),
        ``error``.
    lifetime
        Number of values after which one has faded to 1/e, about; at least 1.
    """

    mergeable: ClassVar[bool] = False
    _mean: Any
    _count: Any

    def __init__(self, nan: NanPolicy = "propagate", lifetime: float = 10.0) -> None:
        self._nan, self._lifetime = nan, lifetime
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
            self._mean = np.zeros(array.shape)
        self._count = self._count + np.asarray(counts, dtype=np.int64)
        share = np.maximum(1 / self._lifetime, 1 / np.maximum(self._count, 1))
        with np.errstate(invalid="ignore"):
            apart = np.subtract(array, self._mean, dtype=np.float64)
            self._mean = self._mean + share * np.where(counts, apart, 0.0)

    def value(self) -> Any:
        """Give the mean, float64."""
        if self._mean is None:
            problem = "there is no mean of nothing"
            raise EmptyError(problem)
        return where_not(np.asarray(self._count) == 0, np.array(self._mean))

    def merge(self, other: Self) -> None:
        """Refuse."""
        refuse_merge("exponential means", "each depends on how many values came after which")

    def clear(self) -> None:
        """Forget everything."""
        self._mean, self._count = None, np.int64(0)
