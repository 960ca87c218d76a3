"""Comparing events of two kinds, and numbers with each other."""

from __future__ import annotations

import math
from typing import NamedTuple

from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.binning import as_key
from headrace.nodes.support.pairs import Apart, Correlated
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["CorrelationSoFar", "DifferenceSoFar", "correlation", "difference"]


class DifferenceSoFar(NamedTuple):
    """What `difference` gives, place by place."""

    difference: Value
    """float64: mean on minus mean off; NaN until both were seen."""
    on: Value
    """float64: mean of the events that are on."""
    off: Value
    """float64: mean of the others."""
    error: Value
    """float64: standard error of the difference; NaN until both kinds were seen twice."""
    on_count: Value
    """int64: number of events that are on; with ``nan: omit`` in each place."""
    off_count: Value
    """int64: number of the others."""


class CorrelationSoFar(NamedTuple):
    """What `correlation` gives."""

    r: Scalar
    """float: Pearson's coefficient, from -1 to 1."""
    slope: Scalar
    """float: of the straight line of y against x."""
    intercept: Scalar
    """float: of that line at x = 0."""
    count: Scalar
    """int: number of pairs."""


class Difference(Reduction):
    """Take the mean of events apart by whether something was on, and their difference: pumped minus unpumped.

    ``difference = mean(on) - mean(off)`` and its standard error ``sqrt(var(on) / n_on + var(off) / n_off)``, with
    variances by Welford's recurrence, divisor n - 1. All in float64, place by place; unsigned integers never wrap.

    An event is on if `on` is above `above`. One whose `on` is NaN is neither, and is left out. Results come at the
    end of the run, and so far as ``running_difference``, ``running_on`` and so on.

    Parameters
    ----------
    above
        An event is on if its `on` is above this.
    nan
        What a NaN in the value does: ``propagate`` (its place becomes NaN), ``omit`` (it is not counted), ``error``
        (the event fails and is left out).
    every
        Show what runs on every n-th counted event only, from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, has another shape than those before, or holds a NaN that is refused; or
        `on` is not one number or truth value.

    Notes
    -----
    In a graph file::

        signal: {type: normalize, in: {value: roi, i0: monitor}}
        pumped: {type: difference, in: {value: signal, on: laser}}
        keep:   {type: sink, in: {effect: pumped, error: pumped.error, so_far: pumped.running_difference}}

    Examples
    --------
    >>> from headrace.nodes import difference
    >>> pumped = difference()
    >>> used = [pumped.update(value, on) for value, on in ((3, True), (1, False), (5, True), (1, False))]
    >>> result = pumped.final()
    >>> float(result.difference), float(result.error), int(result.on_count)
    (3.0, 1.0, 2)
    """

    def __init__(
        self,
        *,
        above: float = 0.0,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(Apart(nan), every, seconds)
        self._above = above

    def update(self, value: Value, on: Scalar, reset: Scalar = None, *, event: Event | None = None) -> Skip | None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        on
            A number or truth value that says whether the event is on.
        reset
            All is forgotten first if this is another number or text than for the counted event before.
        event
            The event, for its time.
        """
        switch = as_key(on, "on")
        if math.isnan(switch):
            return SKIP
        self._take((value, switch > self._above), reset, event)
        return None

    def value(self) -> DifferenceSoFar | Skip:
        """Give the results so far, if they are to be shown now."""
        found = self._running()
        return SKIP if found is SKIP else DifferenceSoFar(*found)

    def final(self) -> DifferenceSoFar | Skip:
        """Give the results of the run; nothing if no event counted."""
        found = self._result()
        return SKIP if found is SKIP else DifferenceSoFar(*found)


class Correlation(Reduction):
    """Correlate two numbers of each event: Pearson's coefficient, and the straight line of least squares.

    With means mx, my: ``r = sum((x - mx) (y - my)) / sqrt(sum((x - mx)^2) sum((y - my)^2))``,
    ``slope = sum((x - mx) (y - my)) / sum((x - mx)^2)``, ``intercept = my - slope * mx``. The sums are by Welford's
    recurrence in float64, so large means cost no digits. Of fewer than two pairs, or where x never varied, they are
    NaN; r also where y never varied.

    Results come at the end of the run, and so far as ``running_r``, ``running_slope`` and so on.

    Parameters
    ----------
    nan
        What a NaN in either number does: ``omit`` (the pair is left out), ``propagate`` (all becomes NaN), ``error``
        (the event fails and is left out).
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If `x` or `y` is not one number, or NaN where that is refused.

    Notes
    -----
    In a graph file::

        follows: {type: correlation, in: {x: monitor, y: diode}}
        keep:    {type: sink, in: {r: follows, slope: follows.slope, r_so_far: follows.running_r}}

    Examples
    --------
    >>> from headrace.nodes import correlation
    >>> follows = correlation()
    >>> for x, y in ((1, 2), (2, 4), (3, 6)):
    ...     follows.update(x, y)
    >>> result = follows.final()
    >>> round(result.r, 9), result.slope, result.intercept, result.count
    (1.0, 2.0, 0.0, 3)
    """

    def __init__(self, *, nan: NanPolicy = "omit", every: Every = None, seconds: Seconds = None) -> None:
        super().__init__(Correlated(nan), every, seconds)

    def update(self, x: Scalar, y: Scalar, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the numbers of one event.

        Parameters
        ----------
        x
            The number on the abscissa, such as the monitor.
        y
            The number on the ordinate.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its time.
        """
        self._take((x, y), reset, event)

    def value(self) -> CorrelationSoFar | Skip:
        """Give the results so far, if they are to be shown now."""
        found = self._running()
        return SKIP if found is SKIP else CorrelationSoFar(*found)

    def final(self) -> CorrelationSoFar | Skip:
        """Give the results of the run; nothing if no pair counted."""
        found = self._result()
        return SKIP if found is SKIP else CorrelationSoFar(*found)


correlation = node_class(Correlation, family="points", on_change=EMISSION, problems_of=emission_problems)
difference = node_class(Difference, family="points", on_change=EMISSION, problems_of=emission_problems)
