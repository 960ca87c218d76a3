"""Values over a whole run: how many, how large, how much they vary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Value
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.accumulator import Accumulator, NanPolicy
from headrace.nodes.support.extremes import Maximum, Minimum
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


class Accumulate:
    """Reduce a value to one over all events of the run, place by place.

    ``out`` is the result, once, at the end of the run; ``running`` is the result so far, for every event. Values
    are numbers, or arrays of one shape; the result has that shape.

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
        nan: Literal["propagate", "omit", "error"] = "propagate",
    ) -> None:
        self._how = how
        self._state = _MAKERS[how](nan, ddof)

    def update(self, value: Value) -> None:
        """Take the value of one event."""
        self._state.push(value)

    def value(self) -> Value:
        """Give the result so far."""
        return self._state.value()

    def final(self) -> Value | Skip:
        """Give the result of the run; nothing if there was no event to reduce."""
        return SKIP if self._state.is_empty and self._how != "count" else self._state.value()


accumulate = node_class(Accumulate)
