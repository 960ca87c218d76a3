"""Counting numbers by bin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Profile, Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.bins import Bins, bin_problems
from headrace.nodes.support.histograms import Counts, HistogramCounter
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["HistogramSoFar", "histogram"]


class HistogramSoFar(NamedTuple):
    """What `histogram` gives."""

    counts: Profile
    """int64, shape (bins,): numbers in each bin, of all events together."""
    per_event: Profile
    """float64, shape (bins,): ``counts`` / events, the mean of the histograms of the single events."""
    edges: Profile
    """float64, shape (bins + 1,)."""
    centers: Profile
    """float64, shape (bins,)."""
    under: Scalar
    """Numbers below the range."""
    over: Scalar
    """Numbers above the range."""
    nan: Scalar
    """How many were NaN."""


class Histogram(Reduction):
    """Count all numbers of all events by bin: every pixel of an image, or one number per event.

    The bins are those of ``numpy.histogram``: each holds its lower edge and not its upper one, but for the last,
    which holds both. What lies outside is counted as ``under`` or ``over``, NaN as ``nan``; nothing is dropped
    silently. Numbers are compared to the edges in float64. Counts are int64 and can't overflow.

    ``per_event`` is the histogram over shots: the mean of what ``numpy.histogram`` gives for each event.

    All come at the end of the run, and so far as ``running_counts``, ``running_per_event`` and so on. ``reset``,
    `every` and `seconds` are those of `accumulate`.

    Parameters
    ----------
    bins
        Number of bins of one width.
    range
        Lower edge of the first and upper edge of the last, in the unit of the values.
    edges
        Instead of `bins` and `range`: the edges, each greater than the one before.
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array.

    Notes
    -----
    In a graph file::

        spectrum: {type: histogram, in: energies, bins: 200, range: [0, 50000]}
        keep:     {type: sink, in: {spectrum: spectrum.per_event, energy: spectrum.centers, lost: spectrum.over}}

    Examples
    --------
    >>> from headrace.nodes import histogram
    >>> spectrum = histogram(bins=2, range=(0, 4))
    >>> for image in ([[0, 1], [2, 9]], [[4, 4], [4, float("nan")]]):
    ...     spectrum.update(image)
    >>> result = spectrum.final()
    >>> result.counts.tolist(), result.per_event.tolist(), result.under, result.over, result.nan
    ([2, 4], [1.0, 2.0], 0, 1, 1)
    """

    def __init__(
        self,
        *,
        bins: Annotated[int, Meta(ge=1)] | None = None,
        range: tuple[float, float] | None = None,  # noqa: A002
        edges: list[float] | None = None,
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        self._bins = Bins(edges, bins, range)
        super().__init__(HistogramCounter(self._bins), every, seconds)

    def update(self, value: Value, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Count the numbers of one event.

        Parameters
        ----------
        value
            A number or an array of any shape.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its time.
        """
        self._take((value,), reset, event)

    def value(self) -> HistogramSoFar | Skip:
        """Give the counts so far, if they are to be shown now."""
        return self._laid_out(self._running())

    def final(self) -> HistogramSoFar | Skip:
        """Give the counts of the run; nothing if there was no event."""
        return self._laid_out(self._result())

    def _laid_out(self, found: Counts | Skip) -> HistogramSoFar | Skip:
        if found is SKIP:
            return SKIP
        per_event = found.counts / found.events
        edges, centers = self._bins.edges, self._bins.centers
        return HistogramSoFar(found.counts, per_event, edges, centers, found.under, found.over, found.nan)


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from emission_problems(parameters)
    yield from bin_problems(parameters)


histogram = node_class(Histogram, family="accumulators", on_change=EMISSION, problems_of=_problems)
