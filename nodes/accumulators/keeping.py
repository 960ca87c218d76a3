"""Keeping a few whole values of many: the best, the last, a fair sample."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Array, Profile, Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.kept import LastKept, SampleKept, TopKept
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["KeptValues", "TopValues", "last_values", "reservoir", "top_shots"]


class KeptValues(NamedTuple):
    """What `last_values` and `reservoir` give."""

    values: Array
    r"""The values, shape (kept, \*shape): a stack for images, a curve for numbers."""
    seq_nums: Profile
    """int64, shape (kept,): the numbers of their events."""


class TopValues(NamedTuple):
    """What `top_shots` gives."""

    values: Array
    r"""The values, shape (kept, \*shape): a stack for images, a curve for numbers; the best first."""
    scores: Profile
    """float64, shape (kept,)."""
    seq_nums: Profile
    """int64, shape (kept,): the numbers of their events."""


class TopShots(Reduction):
    """Keep the k events with the greatest scores: the brightest images of a run.

    They come in order, the greatest score first; of equal scores the lowest event number comes first. The values
    themselves are never compared. Events whose score is NaN are never kept. Fewer than k events give fewer. Values
    keep their dtype. All come at the end of the run, and so far as ``running_values``, ``running_scores`` and
    ``running_seq_nums``; ``reset``, `every` and `seconds` are those of `accumulate`.

    Parameters
    ----------
    k
        How many are kept.
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, or has another shape than those kept, or a score is no number.

    Notes
    -----
    In a graph file::

        brightest: {type: top_shots, in: {value: clean, score: total}, k: 5}
        keep:      {type: sink, in: {images: brightest, totals: brightest.scores, shots: brightest.seq_nums}}

    Examples
    --------
    >>> from headrace.nodes import top_shots
    >>> best = top_shots(k=2)
    >>> for image, total in (([1, 0], 1), ([2, 2], 4), ([4, 0], 4), ([0, 3], 3)):
    ...     best.update(image, total)
    >>> result = best.final()
    >>> result.values.tolist(), result.scores.tolist(), result.seq_nums.tolist()
    ([[2, 2], [4, 0]], [4.0, 4.0], [2, 3])
    """

    def __init__(
        self,
        *,
        k: Annotated[int, Meta(ge=1)] = 5,
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(TopKept(k), every, seconds)

    def update(self, value: Value, score: Scalar, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        score
            The number that says how good it is.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its number and time; without one, events are numbered from 1.
        """
        self._take((value, score, self._number(event)), reset, event)

    def value(self) -> TopValues | Skip:
        """Give what is kept so far, if it is to be shown now."""
        return _scored(self._running())

    def final(self) -> TopValues | Skip:
        """Give the best of the run; nothing if there was no event."""
        return _scored(self._result())


class LastValues(Reduction):
    """Keep the values of the last k events, the newest last.

    As ``running_values`` this is a window that moves on with each event; ``values`` is the window at the end of the
    run. The first k - 1 events give fewer values. Values keep their dtype. ``reset`` (which empties the window),
    `every` and `seconds` are those of `accumulate`.

    Parameters
    ----------
    k
        How many are kept.
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, or has another shape than those kept.

    Notes
    -----
    In a graph file::

        window: {type: last_values, in: i0, k: 120}
        trend:  {type: sink, in: {i0: window.running_values}}

    Examples
    --------
    >>> from headrace.nodes import last_values
    >>> window = last_values(k=2)
    >>> for number in (7, 8, 9):
    ...     window.update(number)
    >>> window.value().values.tolist(), window.value().seq_nums.tolist()
    ([8, 9], [2, 3])
    """

    def __init__(
        self,
        *,
        k: Annotated[int, Meta(ge=1)] = 10,
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(LastKept(k), every, seconds)

    def update(self, value: Value, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its number and time; without one, events are numbered from 1.
        """
        self._take((value, self._number(event)), reset, event)

    def value(self) -> KeptValues | Skip:
        """Give what is kept so far, if it is to be shown now."""
        return _numbered(self._running())

    def final(self) -> KeptValues | Skip:
        """Give the last ones of the run; nothing if there was no event."""
        return _numbered(self._result())


class Reservoir(Reduction):
    """Keep a fair sample of k events: each event of the run is as likely to be in it as any other.

    Algorithm R [1]_, with random numbers from `seed`: the same events and seed give the same sample, live or stored.
    The sample is in order of events. ``values`` is that of the run, ``running_values`` that of the events so far.
    Fewer than k events give fewer. Values keep their dtype. ``reset``, `every` and `seconds` are those of `accumulate`.
    The work can't be split.

    Parameters
    ----------
    k
        How many are kept.
    seed
        Of the random numbers.
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, or has another shape than those kept.

    References
    ----------
    .. [1] J. S. Vitter, ACM Trans. Math. Softw. 11 (1985) 37.

    Notes
    -----
    In a graph file::

        sample: {type: reservoir, in: clean, k: 20, seed: 1}

    Examples
    --------
    >>> from headrace.nodes import reservoir
    >>> sample = reservoir(k=3)
    >>> for number in range(100):
    ...     sample.update(number)
    >>> result = sample.final()
    >>> len(result.values), bool((result.values + 1 == result.seq_nums).all())
    (3, True)
    """

    def __init__(
        self,
        *,
        k: Annotated[int, Meta(ge=1)] = 10,
        seed: Annotated[int, Meta(ge=0)] = 0,
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(SampleKept(k, seed), every, seconds)

    def update(self, value: Value, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its number and time; without one, events are numbered from 1.
        """
        self._take((value, self._number(event)), reset, event)

    def value(self) -> KeptValues | Skip:
        """Give what is kept so far, if it is to be shown now."""
        return _numbered(self._running())

    def final(self) -> KeptValues | Skip:
        """Give the sample of the run; nothing if there was no event."""
        return _numbered(self._result())


def _scored(found: Any) -> TopValues | Skip:
    return SKIP if found is SKIP else TopValues(found.values, found.scores, found.numbers)


def _numbered(found: Any) -> KeptValues | Skip:
    return SKIP if found is SKIP else KeptValues(found.values, found.numbers)


last_values = node_class(LastValues, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
reservoir = node_class(Reservoir, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
top_shots = node_class(TopShots, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
