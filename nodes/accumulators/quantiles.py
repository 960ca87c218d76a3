"""The median and other quantiles, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.bins import Bins, bin_problems
from headrace.nodes.support.quantiles import HistogramQuantile, P2Quantile
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["quantile"]


class Quantile(Reduction):
    """A quantile of a value over all events, place by place, without keeping them; by default the median.

    ``p2``: the algorithm of Jain and Chlamtac [1]_, 88 bytes per place. It needs no range. Up to five values it is
    exact; then it is an estimate, typically right to a few hundredths of a standard deviation after a thousand
    events, and worse for values of few different sizes. It depends on the order of the events, so the work can't be
    split. Infinity is refused.

    ``histogram``: counts by bin in each place, 4 bytes per bin and place. It is within one bin of the exact one
    (``numpy.quantile(…, method="inverted_cdf")``), and NaN where that lies outside the range.

    ``out`` is the result of the run, float64, in the shape of the values; ``running`` that so far. ``reset``, `every`
    and `seconds` are those of `accumulate`.

    Parameters
    ----------
    p
        The fraction of values that lie below it: 0.5 is the median.
    method
        How it is found.
    bins, range, edges
        For ``histogram``: the bins, as for the node type `histogram`.
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
        If a value is no number or array, has another shape than those before, or holds what is refused.

    References
    ----------
    .. [1] R. Jain, I. Chlamtac, Comm. ACM 28 (1985) 1076.

    Notes
    -----
    In a graph file::

        median: {type: quantile, in: clean}
        bright: {type: quantile, in: clean, p: 0.99, method: histogram, bins: 64, range: [0, 4000], every: 100}

    Examples
    --------
    >>> from headrace.nodes import quantile
    >>> median = quantile()
    >>> for number in (9, 1, 2, 30):
    ...     median.update(number)
    >>> float(median.final())
    5.5
    """

    def __init__(
        self,
        *,
        p: Annotated[float, Meta(ge=0, le=1)] = 0.5,
        method: Literal["p2", "histogram"] = "p2",
        bins: Annotated[int, Meta(ge=1)] | None = None,
        range: tuple[float, float] | None = None,  # noqa: A002
        edges: list[float] | None = None,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        by_markers = method == "p2"
        state = P2Quantile(p, nan) if by_markers else HistogramQuantile(Bins(edges, bins, range), p, nan)
        super().__init__(state, every, seconds)

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
        """Give the quantile so far, if it is to be shown now."""
        return self._running()

    def final(self) -> Value | Skip:
        """Give the quantile of the run; nothing if there was no event."""
        return self._result()


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from emission_problems(parameters)
    if parameters["method"] == "histogram":
        yield from bin_problems(parameters)
    elif any(parameters[name] is not None for name in ("bins", "range", "edges")):
        yield "bins are for method 'histogram'; 'p2' has none"


quantile = node_class(Quantile, family="accumulators", on_change=EMISSION, problems_of=_problems)
