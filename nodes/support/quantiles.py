"""Quantiles of values that aren't kept, place by place."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.accumulator import EmptyError, NanPolicy, check_same_shape, refuse_merge, taken
from headrace.nodes.support.bins import Bins
from headrace.nodes.support.fused import WORTHWHILE, move_markers

__all__ = ["HistogramQuantile", "P2Quantile"]

_BLOCK = 4096
"""Places that are worked on at a time: what is computed in between stays in the processor's cache."""


class _Quantile:
    """What both have: the shape, the places that a NaN has spoiled, and how values are taken in, flat."""

    _shape: tuple[int, ...] | None
    _spoiled: npt.NDArray[np.bool_]

    def __init__(self, p: float, nan: NanPolicy) -> None:
        if not 0 <= p <= 1:
            problem = f"p is {p}; expected a fraction from 0 to 1, such as 0.5 for the median"
            raise UsageError(problem)
        self._p, self._nan = p, nan
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed."""
        return self._shape is None

    def push(self, value: Any) -> None:
        """Take a value in."""
        array = taken(value, self._shape, self._nan)
        numbers = array.reshape(-1).astype(np.float64)
        self._check(numbers)
        if self._shape is None:
            self._shape, self._spoiled = array.shape, np.zeros(array.size, dtype=np.bool_)
            self._begin(array.size)
        missing = np.isnan(numbers)
        if self._nan == "propagate":
            self._spoiled |= missing
        self._take(numbers, ~missing)

    def value(self) -> Any:
        """Give the quantile, float64; NaN where it isn't known."""
        if self._shape is None:
            problem = "there is no quantile of nothing"
            raise EmptyError(problem)
        found = self._found()
        found[self._spoiled] = np.nan
        return found.reshape(self._shape)[()]

    def clear(self) -> None:
        """Forget everything."""
        self._shape = None

    def _check(self, numbers: npt.NDArray[np.float64]) -> None:
        """Refuse what can't be taken."""

    def _begin(self, size: int) -> None:
        raise NotImplementedError

    def _take(self, numbers: npt.NDArray[np.float64], there: npt.NDArray[np.bool_]) -> None:
        raise NotImplementedError

    def _found(self) -> npt.NDArray[np.float64]:
        raise NotImplementedError


class P2Quantile(_Quantile):
    """A quantile by the P² algorithm [1]_: five markers for each place, 88 bytes, no range needed.

    Up to five values it is exact (``numpy.quantile``). Then the markers stand at the fractions 0, p/2, p, (1+p)/2
    and 1 of what was seen; each value shifts them by parabolas. It is an estimate: typically within a few
    hundredths of a standard deviation after a thousand values, worse where values are discrete. It depends on
    their order, so two can't be merged. Infinite values are refused.

    Parameters
    ----------
    p
        The fraction, 0 to 1.
    nan
        What a NaN does, place by place: ``propagate``, ``omit``, ``error``.

    References
    ----------
    .. [1] R. Jain, I. Chlamtac, Comm. ACM 28 (1985) 1076.
    """

    mergeable: ClassVar[bool] = False

    def __init__(self, p: float = 0.5, nan: NanPolicy = "propagate") -> None:
        super().__init__(p, nan)
        self._fractions = np.array([0, p / 2, p, (1 + p) / 2, 1])[:, np.newaxis]

    def merge(self, other: Self) -> None:
        """Refuse."""
        refuse_merge("P2 quantiles", "their markers depend on the order of all values; use method 'histogram'")

    def _check(self, numbers: npt.NDArray[np.float64]) -> None:
        if np.isinf(numbers).any():
            problem = "value holds infinity, which P2 can't interpolate; cut it off, or use method 'histogram'"
            raise UsageError(problem)

    def _begin(self, size: int) -> None:
        self._heights = np.full((5, size), np.inf)  # infinity: no marker yet
        self._ranks = np.repeat(np.arange(5.0)[:, np.newaxis], size, axis=1)
        self._count = np.zeros(size, dtype=np.int64)

    def _take(self, numbers: npt.NDArray[np.float64], there: npt.NDArray[np.bool_]) -> None:
        filling = there & (self._count < 5)
        full = there & ~filling
        if filling.any():
            places = np.flatnonzero(filling)
            self._heights[self._count[places], places] = numbers[places]
            self._heights[:, places] = np.sort(self._heights[:, places], axis=0)
        self._count += there
        if full.all():
            self._advance(numbers, self._heights, self._ranks, self._count)
        elif full.any():
            heights, ranks = self._heights[:, full], self._ranks[:, full]
            self._advance(numbers[full], heights, ranks, self._count[full])
            self._heights[:, full], self._ranks[:, full] = heights, ranks

    def _advance(self, x: npt.NDArray[np.float64], heights: Any, ranks: Any, count: Any) -> None:
        """Take one more value in at places that have all five markers: with numba if it is there, else in blocks."""
        loop = move_markers() if x.size >= WORTHWHILE else None
        if loop is not None:
            loop(x, heights, ranks, count, self._fractions[:, 0])
            return
        for start in range(0, x.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            _step(x[block], heights[:, block], ranks[:, block], (count[block] - 1) * self._fractions)

    def _found(self) -> npt.NDArray[np.float64]:
        marker = {0.0: 0, 1.0: 4}.get(self._p, 2)
        found: npt.NDArray[np.float64] = self._heights[marker].copy()
        places = np.flatnonzero(self._count <= 5)
        if places.size:
            last = np.maximum(self._count[places] - 1, 0)
            rank = self._p * last
            below = np.floor(rank).astype(np.intp)
            low = self._heights[below, places]
            high = self._heights[np.minimum(below + 1, last), places]
            low, high = (np.where(np.isinf(marker), np.nan, marker) for marker in (low, high))
            found[places] = low + (rank - below) * (high - low)
        return found


def _step(x: npt.NDArray[np.float64], heights: Any, ranks: Any, wanted: Any) -> None:
    """Take one more value in: widen the range, count, and move the markers in between where they lag."""
    np.minimum(heights[0], x, out=heights[0])
    np.maximum(heights[4], x, out=heights[4])
    ranks[1:4] += x < heights[1:4]
    ranks[4] += 1
    for marker in (1, 2, 3):
        _adjust(heights, ranks, marker, wanted[marker])


def _adjust(heights: Any, ranks: Any, marker: int, wanted: Any) -> None:
    """Move a marker by one rank towards where it should be, if there is room: by a parabola, else by a line."""
    rank, height = ranks[marker], heights[marker]
    above, below = ranks[marker + 1] - rank, rank - ranks[marker - 1]
    lag = wanted - rank
    step = ((lag >= 1) & (above > 1)).astype(np.float64) - ((lag <= -1) & (below > 1))
    rise, fall = heights[marker + 1] - height, height - heights[marker - 1]
    up, down = rise / above, fall / below
    parabola = height + step / (above + below) * ((below + step) * up + (above - step) * down)
    inside = (heights[marker - 1] < parabola) & (parabola < heights[marker + 1])
    line = height + step * np.where(step > 0, up, down)
    heights[marker] = np.where(step == 0, height, np.where(inside, parabola, line))
    ranks[marker] += step


class HistogramQuantile(_Quantile):
    """A quantile from a histogram of each place: right to one bin width, within the range of the bins.

    Of n values it lies in the bin of the smallest that no less than p n of them don't exceed
    (``numpy.quantile(…, method="inverted_cdf")``), interpolated linearly within that bin. Where it lies outside the
    range it is NaN. Takes 4 bytes per bin and place: 1 GB for 500 bins of 512 x 1024 pixels.

    Parameters
    ----------
    bins
        The bins.
    p
        The fraction, 0 to 1.
    nan
        What a NaN does, place by place: ``propagate``, ``omit``, ``error``.
    """

    mergeable: ClassVar[bool] = True
    _counts: npt.NDArray[np.uint32]
    _offsets: npt.NDArray[np.intp]

    def __init__(self, bins: Bins, p: float = 0.5, nan: NanPolicy = "propagate") -> None:
        self._bins = bins
        super().__init__(p, nan)

    def merge(self, other: Self) -> None:
        """Add the counts of another one."""
        if not np.array_equal(self._bins.edges, other._bins.edges):
            refuse_merge("quantiles", "they have other bins")
        if other._shape is None:
            return
        if self._shape is None:
            self._shape, self._spoiled, self._counts = other._shape, other._spoiled.copy(), other._counts.copy()
            self._offsets = other._offsets
            return
        check_same_shape(self._shape, other._shape)
        self._spoiled |= other._spoiled
        self._counts += other._counts

    def _begin(self, size: int) -> None:
        self._counts = np.zeros((size, len(self._bins) + 2), dtype=np.uint32)
        self._offsets = np.arange(size) * self._counts.shape[1]

    def _take(self, numbers: npt.NDArray[np.float64], there: npt.NDArray[np.bool_]) -> None:
        slots = self._bins.places(numbers)
        slots += self._offsets
        self._counts.reshape(-1)[slots if there.all() else slots[there]] += 1

    def _found(self) -> npt.NDArray[np.float64]:
        total = self._counts.sum(axis=1, dtype=np.int64)
        wanted = self._p * total
        found, done = np.full(total.shape, np.nan), np.zeros(total.shape, dtype=np.int64)
        for place, counted in enumerate(self._counts.T):
            reached = done + counted
            if 1 <= place <= len(self._bins):
                here = (counted > 0) & (done < np.maximum(wanted, 0.5)) & (reached >= wanted)
                low, high = self._bins.edges[place - 1], self._bins.edges[place]
                share = (wanted[here] - done[here]) / counted[here]
                found[here] = low + (high - low) * np.maximum(share, 0)
            done = reached
        return found
