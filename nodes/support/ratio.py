"""One value per run of values and their monitor."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from headrace.nodes.support.accumulator import EmptyError, NanPolicy, check_same_shape, taken, where_not
from headrace.nodes.support.totals import Mean, Sum

__all__ = ["MeanOfRatios", "RatioOfSums"]


class RatioOfSums:
    """The sum of the values over the sum of the monitor.

    Parameters
    ----------
    nan
        What a NaN among the values does; with ``omit`` its place loses the monitor of that event too.
    """

    mergeable: ClassVar[bool] = True

    def __init__(self, nan: NanPolicy = "propagate") -> None:
        self._nan = nan
        self._values, self._monitors = Sum(nan), Sum()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._values.is_empty

    def push(self, value: Any, monitor: float) -> None:
        """Take a value and its monitor in."""
        array = taken(value, None, self._nan)
        self._values.push(array)
        omitted = self._nan == "omit" and array.dtype.kind == "f"
        self._monitors.push(
            np.where(np.isnan(array), 0.0, monitor) if omitted else np.full(array.shape, float(monitor))
        )

    def value(self) -> Any:
        """Give the ratio, float64; NaN where nothing was counted."""
        if self.is_empty:
            problem = "there is no ratio of nothing"
            raise EmptyError(problem)
        values, monitors = np.asarray(self._values.value()), np.asarray(self._monitors.value())
        nothing = monitors == 0
        return where_not(nothing, np.asarray(values / np.where(nothing, 1.0, monitors)))

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        if not (self.is_empty or other.is_empty):
            check_same_shape(np.shape(self.value()), np.shape(other.value()))
        self._values.merge(other._values)
        self._monitors.merge(other._monitors)

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._monitors.clear()


class MeanOfRatios(Mean):
    """The mean of values over their monitor: each event has the same weight, however little light it had."""

    def push(self, value: Any, monitor: float = 1.0) -> None:
        """Take a value and its monitor in."""
        super().push(np.divide(taken(value, None, "propagate"), float(monitor), dtype=np.float64))
