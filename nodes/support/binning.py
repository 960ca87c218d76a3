"""One accumulator per bin of a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.accumulator import EmptyError, NanPolicy, check_same_shape, refuse_merge, taken
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.bins import Bins
from headrace.nodes.support.spread import Moments
from headrace.nodes.support.totals import Sum

__all__ = ["BinnedMoments", "BinnedSoFar", "as_key"]


class BinnedSoFar(NamedTuple):
    """What `BinnedMoments` has found; the first axis of each array is the bin."""

    mean: Any
    count: Any
    sum: Any
    std: Any
    under: int
    over: int
    nan: int


def as_key(key: Any, what: str) -> Any:
    """Give a number, or refuse what is none.

    Raises
    ------
    UsageError
        If it is an array of more than one number, or no number.
    """
    number = as_numbers(key, what)
    if number.size != 1:
        problem = f"{what} has shape {number.shape}; expected one number for each event"
        raise UsageError(problem)
    return number.reshape(-1)[0].item()


class BinnedMoments:
    """Count, sum, mean and standard deviation of values, apart for each bin of a key.

    Bins that were never hit take no memory. What falls outside is only counted.

    Parameters
    ----------
    bins
        The bins.
    nan, ddof
        What a NaN among the values does, and the divisor of the variance; see `Moments`.
    """

    mergeable: ClassVar[bool] = True
    _shape: tuple[int, ...] | None
    _parts: dict[int, tuple[Moments, Sum]]
    _placed: npt.NDArray[np.int64]

    def __init__(self, bins: Bins, nan: NanPolicy = "propagate", ddof: int = 1) -> None:
        self._bins, self._nan, self._ddof = bins, nan, ddof
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._shape is None

    def push(self, value: Any, key: Any) -> None:
        """Take a value into the bin of its key."""
        place = int(self._bins.places(as_key(key, "key"))[0])
        array = taken(value, self._shape, self._nan)
        self._shape = array.shape
        self._placed[place] += 1
        if 1 <= place <= len(self._bins):
            for accumulator in self._of(place):
                accumulator.push(array)

    def _of(self, place: int) -> tuple[Moments, Sum]:
        if place not in self._parts:
            self._parts[place] = (Moments(self._nan, self._ddof), Sum(self._nan))
        return self._parts[place]

    def value(self) -> Any:
        """Give what was found, bin by bin: NaN, but for the count, where there was nothing."""
        if self._shape is None:
            problem = "there is nothing in any bin"
            raise EmptyError(problem)
        found = {place: (moments.value(), total.value()) for place, (moments, total) in self._parts.items()}
        under, *count, over, nan = self._placed.tolist()
        counts = np.array(count, dtype=np.int64)
        if self._nan == "omit":
            counts = self._spread(np.int64(0), found, lambda moments, total: moments.count)
        return BinnedSoFar(
            self._spread(np.nan, found, lambda moments, total: moments.mean),
            counts,
            self._spread(np.nan, found, lambda moments, total: np.where(moments.count == 0, np.nan, total)),
            np.sqrt(self._spread(np.nan, found, lambda moments, total: moments.variance)),
            under,
            over,
            nan,
        )

    def _spread(self, nothing: Any, found: dict[int, Any], pick: Callable[[Any, Any], Any]) -> Any:
        """Lay out over all bins what there is of some."""
        result = np.full((len(self._bins), *(self._shape or ())), nothing)
        for place, (moments, total) in found.items():
            result[place - 1] = pick(moments, total)
        return result

    def merge(self, other: Self) -> None:
        """Take in what another one has seen, bin by bin."""
        if not np.array_equal(self._bins.edges, other._bins.edges):
            refuse_merge("binned values", "they have other bins")
        if other._shape is None:
            return
        if self._shape is not None:
            check_same_shape(self._shape, other._shape)
        self._shape = other._shape
        self._placed += other._placed
        for place, (moments, total) in other._parts.items():
            mine = self._of(place)
            mine[0].merge(moments)
            mine[1].merge(total)

    def clear(self) -> None:
        """Forget everything."""
        self._shape = None
        self._parts = {}
        self._placed = np.zeros(len(self._bins) + 3, dtype=np.int64)
