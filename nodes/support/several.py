"""Several reductions of the same values in one pass."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.extremes import Maximum, Minimum
from headrace.nodes.support.spread import Moments

__all__ = ["Summary", "SummaryValues"]


class SummaryValues(NamedTuple):
    """Mean, standard deviation, least, greatest and count, place by place."""

    mean: Any
    std: Any
    min: Any
    max: Any
    count: Any


class Summary:
    """What `Moments`, `Minimum` and `Maximum` give together.

    Parameters
    ----------
    nan, ddof
        See `Moments`.
    """

    mergeable: ClassVar[bool] = True

    def __init__(self, nan: NanPolicy = "propagate", ddof: int = 1) -> None:
        self._moments, self._least, self._greatest = Moments(nan, ddof), Minimum(nan), Maximum(nan)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._moments.is_empty

    def push(self, value: Any) -> None:
        """Take a value in; what one refuses, all do."""
        for part in (self._moments, self._least, self._greatest):
            part.push(value)

    def value(self) -> Any:
        """Give all of them."""
        count, mean, variance = self._moments.value()
        return SummaryValues(mean, np.sqrt(variance), self._least.value(), self._greatest.value(), count)

    def merge(self, other: Self) -> None:
        """Take in what another one has seen."""
        self._moments.merge(other._moments)
        self._least.merge(other._least)
        self._greatest.merge(other._greatest)

    def clear(self) -> None:
        """Forget everything."""
        for part in (self._moments, self._least, self._greatest):
            part.clear()
