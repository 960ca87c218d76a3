"""A running mean that forgets."""

from __future__ import annotations

from typing import Annotated

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.exponential import FadingMean
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["exponential_mean"]


class ExponentialMean(Reduction):
    """A running mean that forgets: what came long ago counts less and less, place by place.

    ``mean += a * (value - mean)`` with ``a = max(1 / lifetime, 1 / n)``, in float64; n counts the values since the
    last reset. So the first `lifetime` values make a plain mean, and from then on each fades by the factor
    ``1 - 1 / lifetime`` per event. ``running`` is the mean so far, ``out`` the last one. Integers never wrap.

    This is the running mean of the shot framework at SACLA. ``reset``, `every` and `seconds` are those of
    `accumulate`; with a motor as ``reset`` it is that of the total scattering pipeline. It depends on the order
    of the events, so the work can't be split.

    Parameters
    ----------
    lifetime
        Number of events after which a value has faded to 1/e; at least 1.
    nan
        What a NaN does: ``propagate`` (its place becomes NaN), ``omit`` (its place is as if the event had not been),
        ``error`` (the event fails and is left out).
    every
        Show ``running`` on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show ``running`` when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, has another shape than those before, or holds a NaN that is refused.

    Notes
    -----
    In a graph file::

        recent: {type: exponential_mean, in: clean, lifetime: 30, seconds: 1}
        keep:   {type: sink, in: {recent: recent.running}}

    Examples
    --------
    >>> from headrace.nodes import exponential_mean
    >>> recent = exponential_mean(lifetime=2)
    >>> for number in (1, 3, 6):
    ...     recent.update(number)
    >>> float(recent.value())
    4.0
    """

    def __init__(
        self,
        *,
        lifetime: Annotated[float, Meta(ge=1)] = 10.0,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(FadingMean(nan, lifetime), every, seconds)

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
        """Give the mean so far, if it is to be shown now."""
        return self._running()

    def final(self) -> Value | Skip:
        """Give the mean after the last event; nothing if there was none."""
        return self._result()


exponential_mean = node_class(ExponentialMean, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
