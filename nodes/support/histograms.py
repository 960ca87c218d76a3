"""Counting numbers by bin."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.accumulator import EmptyError, refuse_merge
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.bins import Bins

__all__ = ["Counts", "HistogramCounter"]


class Counts(NamedTuple):
    """What a `HistogramCounter` has counted."""

    counts: npt.NDArray[np.int64]
    """Numbers in each bin."""
    under: int
    """Numbers below the range."""
    over: int
    """Numbers above it."""
    nan: int
    """NaN."""
    events: int
    """Values that were pushed."""


class HistogramCounter:
    """Counts every number of every value pushed, whatever its shape: int64, so nothing overflows.

    Parameters
    ----------
    bins
        The bins. Numbers outside and NaN are counted apart.
    """

    mergeable: ClassVar[bool] = True

    def __init__(self, bins: Bins) -> None:
        self._bins = bins
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._events == 0

    def push(self, value: Any) -> None:
        """Count the numbers of a value; its shape may change."""
        counted = self._bins.counts(as_numbers(value, "value"))
        self._counts += counted
        self._events += 1

    def value(self) -> Any:
        """Give the counts.

        Raises
        ------
        EmptyError
            If nothing has been pushed.
        """
        if self.is_empty:
            problem = "there is no histogram of nothing"
            raise EmptyError(problem)
        under, *_, over, nan = self._counts.tolist()
        return Counts(self._counts[1:-2].copy(), under, over, nan, self._events)

    def merge(self, other: Self) -> None:
        """Add other counts."""
        if not np.array_equal(self._bins.edges, other._bins.edges):
            refuse_merge("histograms", "they have other bins")
        self._counts += other._counts
        self._events += other._events

    def clear(self) -> None:
        """Forget everything."""
        self._counts = np.zeros(len(self._bins) + 3, dtype=np.int64)
        self._events = 0
