"""Reducing a value to one, place by place: how many, how large, how much they vary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import Skip
from headrace.nodes.support.accumulator import Accumulator, NanPolicy
from headrace.nodes.support.extremes import Maximum, Minimum
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems
from headrace.nodes.support.spread import StandardDeviation, Variance
from headrace.nodes.support.totals import Count, Mean, Sum

__all__ = ["accumulate"]

How: TypeAlias = Literal["count", "sum", "mean", "var", "std", "min", "max"]

_MAKERS: Mapping[How, Callable[[NanPolicy, int], Accumulator]] = {
    "count": lambda nan, ddof: Count(nan),
    "sum": lambda nan, ddof: Sum(nan),
    "mean": lambda nan, ddof: Mean(nan),
    "var": Variance,
    "std": StandardDeviation,
    "min": lambda nan, ddof: Minimum(nan),
    "max": lambda nan, ddof: Maximum(nan),
}


class Accumulate(Reduction):
    """Reduce a value to one over all events of the run, place by place.

    ``out`` is the result, once, at the end of the run; ``running`` is the result so far, for every event, or for
    some of them (`every`, `seconds`). Values are numbers, or arrays of one shape; the result has that shape.

    If the optional input ``reset`` is connected (a motor, say), events belong together while it has the same
    value. When it changes, all is forgotten before the event is taken in: ``running`` is the result so far of this
    group, and ``out`` that of the last one. With ``every: group``, ``running`` gives the finished result of each
    group on the event that begins the next; together with ``out`` these are all groups. A motor that jitters begins
    a new group with each event: connect its set point, or a rounded value. Each run begins anew anyway.

    ========= ========================================================== =============================
    ``how``   gives                                                      dtype
    ========= ========================================================== =============================
    ``count`` number of values; 0 if there were none                     int64
    ``sum``   their sum                                                  int64; float64 for floats and
                                                                         64-bit integers
    ``mean``  sum / count                                                float64
    ``var``   variance by Welford's recurrence, divided by n - ddof      float64
    ``std``   its square root                                            float64
    ``min``   the least                                                  that of the values
    ``max``   the greatest                                               that of the values
    ========= ========================================================== =============================

    Integers never wrap. ``var`` and ``std`` are sound also for a small spread about a large mean; of no more
    than `ddof` values they are NaN. A run without an event gives nothing, but for ``count``, which gives 0.

    Parameters
    ----------
    how
        What is computed.
    ddof
        For ``var`` and ``std``: 1 estimates what the values were drawn from, 0 describes the values.
    nan
        What a NaN does: ``propagate`` (its place becomes NaN), ``omit`` (it is not counted), ``error`` (the event
        fails and is left out).
    every
        Show ``running`` on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show ``running`` when this much time has passed in the data since it was last shown, or when time went back, as
        when a clock is set.

    Raises
    ------
    UsageError
        If a value is no number or array, has another shape than those before, or holds a NaN that is refused.
        What was accumulated before is kept.

    Notes
    -----
    The order of events is fixed, so the result is the same bit for bit, live or in batch.

    In a graph file::

        brightest: {type: accumulate, in: clean, how: max}
        noise:     {type: accumulate, in: i0, how: std, nan: omit}
        position:  {type: accumulate, in: {value: clean, reset: motor}, how: mean, every: group}
        keep:      {type: sink, in: {brightest: brightest, noise_so_far: noise.running}}

    Examples
    --------
    >>> from headrace.nodes import accumulate
    >>> mean = accumulate(how="mean")
    >>> for image in ([[1, 2]], [[3, 6]]):
    ...     mean.update(image)
    >>> mean.final().tolist()
    [[2.0, 4.0]]
    >>> int(accumulate(how="count").final())
    0
    """

    def __init__(
        self,
        *,
        how: How,
        ddof: Annotated[int, Meta(ge=0)] = 1,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(_MAKERS[how](nan, ddof), every, seconds)
        self._how = how

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

    def value(self) -> Value | Skip:
        """Give the result so far, if it is to be shown now."""
        return self._running()

    def final(self) -> Value | Skip:
        """Give the result of the run; nothing if there was no event to reduce."""
        return self._state.value() if self._how == "count" else self._result()


accumulate = node_class(Accumulate, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
