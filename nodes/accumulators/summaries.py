"""Several reductions of a value in one pass."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Array, Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems
from headrace.nodes.support.several import Summary

__all__ = ["SummarySoFar", "statistics"]


class SummarySoFar(NamedTuple):
    """What `statistics` gives, place by place."""

    mean: Array
    """float64."""
    std: Array
    """float64: its standard deviation, divisor n - ddof; NaN of no more than `ddof` values."""
    min: Array
    """The least, in the dtype of the values."""
    max: Array
    """The greatest, in the dtype of the values."""
    count: Array  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    """int64: number of values; with ``nan: omit`` in each place."""


class Statistics(Reduction):
    """Mean, standard deviation, least, greatest and number of a value's values, place by place, in one pass.

    Each is what `accumulate` gives with that ``how``, but that an infinite value makes mean and spread of its place NaN
    here. All come at the end of the run, and so far as ``running_mean``, ``running_std`` and so on. ``reset``, `every`
    and `seconds` are those of `accumulate`.

    Parameters
    ----------
    ddof
        The sum of squares is divided by n - ddof: 1 estimates the spread that the values were drawn from, 0
        describes the values.
    nan
        What a NaN does: ``propagate`` (its place becomes NaN), ``omit`` (it is not counted), ``error`` (the event
        fails and is left out).
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, has another shape than those before, or holds a NaN that is refused.

    Notes
    -----
    In a graph file::

        image: {type: statistics, in: clean}
        keep:  {type: sink, in: {mean: image, noise: image.std, brightest: image.max, so_far: image.running_mean}}

    Examples
    --------
    >>> from headrace.nodes import statistics
    >>> image = statistics(ddof=0)
    >>> for frame in ([[1, 2]], [[3, 6]]):
    ...     image.update(frame)
    >>> result = image.final()
    >>> result.mean.tolist(), result.std.tolist(), result.max.tolist(), int(result.count)
    ([[2.0, 4.0]], [[1.0, 2.0]], [[3, 6]], 2)
    """

    def __init__(
        self,
        *,
        ddof: Annotated[int, Meta(ge=0)] = 1,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(Summary(nan, ddof), every, seconds)

    def update(self, value: Value, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its time.
        """
        self._take((value,), reset, event)

    def value(self) -> SummarySoFar | Skip:
        """Give the results so far, if they are to be shown now."""
        shown = self._running()
        return SKIP if shown is SKIP else SummarySoFar(*shown)

    def final(self) -> SummarySoFar | Skip:
        """Give the results of the run; nothing if there was no event."""
        result = self._result()
        return SKIP if result is SKIP else SummarySoFar(*result)


statistics = node_class(Statistics, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
