"""Keeping a few whole values of many: the best, the last, a fair sample."""

from __future__ import annotations

import bisect
import math
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.accumulator import EmptyError, check_same_shape, refuse_merge
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.binning import as_key

__all__ = ["Kept", "LastKept", "SampleKept", "TopKept"]


class Kept(NamedTuple):
    """What was kept, one after the other along the first axis."""

    values: npt.NDArray[Any]
    scores: npt.NDArray[np.float64]
    """Their scores; empty if they have none."""
    numbers: npt.NDArray[np.int64]


class _Entry(NamedTuple):
    value: npt.NDArray[Any]
    number: int
    score: Any = None


class _Keeper:
    """Keeps at most `k` values, as copies, all of one shape."""

    _entries: list[_Entry]

    def __init__(self, k: int) -> None:
        self._k = k
        self.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._entries

    def _taken(self, value: Any) -> npt.NDArray[Any]:
        array = as_numbers(value, "value")
        if self._entries:
            check_same_shape(self._entries[0].value.shape, array.shape)
        return array

    def value(self) -> Any:
        """Give what is kept, in order."""
        if not self._entries:
            problem = "nothing has been kept"
            raise EmptyError(problem)
        entries = self._ordered()
        scores = [float(entry.score) for entry in entries if entry.score is not None]
        numbers = [entry.number for entry in entries]
        return Kept(np.stack([entry.value for entry in entries]), np.array(scores), np.array(numbers, dtype=np.int64))

    def _ordered(self) -> list[_Entry]:
        return self._entries

    def _check_same(self, other: _Keeper) -> None:
        if other._k != self._k:
            refuse_merge("what was kept", f"one keeps {self._k}, the other {other._k}")
        if self._entries and other._entries:
            check_same_shape(self._entries[0].value.shape, other._entries[0].value.shape)

    def clear(self) -> None:
        """Forget everything."""
        self._entries = []


class TopKept(_Keeper):
    """The `k` values with the greatest scores, the greatest first; of equal scores the lowest number first.

    Values are never compared. A score that is NaN is never kept.

    Parameters
    ----------
    k
        How many are kept.
    """

    mergeable: ClassVar[bool] = True

    def push(self, value: Any, score: Any, number: int) -> None:
        """Keep a value if its score is great enough; `number` is that of its event."""
        array, mark = self._taken(value), as_key(score, "score")
        if not math.isnan(mark):
            self._put(_Entry(array, number, mark), copy=True)

    def _put(self, entry: _Entry, *, copy: bool) -> None:
        place = bisect.bisect_right(self._entries, _rank(entry), key=_rank)
        if place < self._k:
            self._entries.insert(place, entry._replace(value=entry.value.copy()) if copy else entry)
            del self._entries[self._k :]

    def merge(self, other: Self) -> None:
        """Keep the best of both."""
        self._check_same(other)
        for entry in other._entries:
            self._put(entry, copy=False)


def _rank(entry: _Entry) -> tuple[Any, int]:
    return (-entry.score, entry.number)


class LastKept(_Keeper):
    """The last `k` values, the newest last.

    Parameters
    ----------
    k
        How many are kept.
    """

    mergeable: ClassVar[bool] = True

    def push(self, value: Any, number: int) -> None:
        """Keep a value and forget the oldest."""
        entry = _Entry(self._taken(value).copy(), number)
        self._entries = [*self._entries, entry][-self._k :]

    def merge(self, other: Self) -> None:
        """Keep the last of both, those of the other one being newer."""
        self._check_same(other)
        self._entries = [*self._entries, *other._entries][-self._k :]


class SampleKept(_Keeper):
    """A fair sample of `k` values, each as likely as any other, by algorithm R [1]_; in order of their numbers.

    The same seed and values give the same sample. What would have been drawn in one stream can't be known from
    two, so two samples can't be merged.

    Parameters
    ----------
    k
        How many are kept.
    seed
        Of the random numbers.

    References
    ----------
    .. [1] J. S. Vitter, ACM Trans. Math. Softw. 11 (1985) 37.
    """

    mergeable: ClassVar[bool] = False

    def __init__(self, k: int, seed: int = 0) -> None:
        self._seed = seed
        super().__init__(k)

    def push(self, value: Any, number: int) -> None:
        """Keep a value perhaps, in place of another one."""
        array = self._taken(value)
        self._seen += 1
        if len(self._entries) < self._k:
            self._entries.append(_Entry(array.copy(), number))
            return
        place = int(self._random.integers(self._seen))
        if place < self._k:
            self._entries[place] = _Entry(array.copy(), number)

    def _ordered(self) -> list[_Entry]:
        return sorted(self._entries, key=lambda entry: entry.number)

    def merge(self, other: Self) -> None:
        """Refuse."""
        refuse_merge("samples", "what would have been drawn from both together can't be known")

    def clear(self) -> None:
        """Forget everything, and begin the random numbers again."""
        super().clear()
        self._seen = 0
        self._random = np.random.default_rng(self._seed)
