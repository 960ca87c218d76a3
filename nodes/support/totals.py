"""Counting and adding up."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from headrace.nodes.support.accumulator import (
    EmptyError,
    NanPolicy,
    check_same_shape,
    taken,
    valid,
    where_not,
)

__all__ = ["Count", "Mean", "Sum"]


class Count:
    """How many values were pushed; with ``nan="omit"`` and arrays, how many in each place.

    Of nothing it is 0. Values may be anything that is a number or an array.
    """

    mergeable: ClassVar[bool] = True
    _shape: tuple[int, ...] | None
    _count: Any

    def __init__(self, nan: NanPolicy = "propagate") -> None:
        self._nan = nan
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._shape is None

    def push(self, value: Any) -> None:
        """Count a value."""
        array = taken(value, self._shape, self._nan)
        self._shape = array.shape
        self._count = self._count + np.asarray(valid(array, self._nan), dtype=np.int64)

    def value(self) -> Any:
        """Give the count, int64."""
        return np.asarray(self._count, dtype=np.int64).copy()[()]

    def merge(self, other: Self) -> None:
        """Add another count."""
        if other._shape is None:
            return
        if self._shape is not None:
            check_same_shape(self._shape, other._shape)
        self._shape = other._shape
        self._count = self._count + other._count

    def clear(self) -> None:
        """Forget everything."""
        self._shape = None
        self._count = np.int64(0)


class Sum:
    """The sum of what was pushed.

    Integers up to 32 bits and truth values are added up in int64, in which they can't wrap in practice; 64-bit
    integers and floats in float64, exact for integers up to 2**53. With ``nan="omit"`` NaN counts as 0.
    """

    mergeable: ClassVar[bool] = True
    _total: Any

    def __init__(self, nan: NanPolicy = "propagate") -> None:
        self._nan = nan
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._total is None

    def push(self, value: Any) -> None:
        """Add a value."""
        array = taken(value, None if self._total is None else self._total.shape, self._nan)
        narrow = array.dtype.kind in "biu" and array.dtype.itemsize <= 4
        state = np.dtype(np.int64 if narrow else np.float64)
        if self._total is None:
            self._total = np.zeros(array.shape, dtype=state)
        elif self._total.dtype != state:
            self._total = self._total.astype(np.float64, copy=False)
        np.add(self._total, array, out=self._total, where=valid(array, self._nan), casting="unsafe")

    def value(self) -> Any:
        """Give the sum: int64 or float64."""
        if self._total is None:
            problem = "nothing has been added up yet"
            raise EmptyError(problem)
        return self._total.copy()[()]

    def merge(self, other: Self) -> None:
        """Add another sum."""
        if other._total is None:
            return
        if self._total is None:
            self._total = other._total.copy()
            return
        check_same_shape(self._total.shape, other._total.shape)
        self._total = self._total + other._total

    def clear(self) -> None:
        """Forget everything."""
        self._total = None


class Mean:
    """The arithmetic mean, sum / count in float64: exact for integers while their sum is below 2**53.

    With ``nan="omit"``, the mean of what is not NaN, place by place; NaN where there is nothing.
    """

    mergeable: ClassVar[bool] = True

    def __init__(self, nan: NanPolicy = "propagate") -> None:
        self._sum, self._count = Sum(nan), Count(nan)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._sum.is_empty

    def push(self, value: Any) -> None:
        """Take a value in."""
        self._sum.push(value)
        self._count.push(value)

    def value(self) -> Any:
        """Give the mean, float64."""
        total, count = np.asarray(self._sum.value()), np.asarray(self._count.value())
        return where_not(count == 0, np.asarray(total / np.maximum(count, 1)))

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        self._sum.merge(other._sum)
        self._count.merge(other._count)

    def clear(self) -> None:
        """Forget everything."""
        self._sum.clear()
        self._count.clear()
