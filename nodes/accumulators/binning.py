"""Values sorted by a key, and reduced bin by bin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Array, Profile, Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.binning import BinnedMoments, BinnedSoFar
from headrace.nodes.support.bins import Bins, bin_problems
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["BinnedValues", "binned"]


class BinnedValues(NamedTuple):
    r"""What `binned` gives. For values of shape (\*s) arrays have shape (bins, \*s): curves for numbers."""

    mean: Array
    """float64; NaN in an empty bin."""
    count: Array  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    """int64, shape (bins,): values in each bin, 0 in an empty one; with ``nan: omit`` place by place."""
    sum: Array
    """float64; NaN in an empty bin."""
    std: Array
    """float64, divisor n - ddof; NaN where a bin has no more than `ddof` values."""
    edges: Profile
    """float64, shape (bins + 1,)."""
    centers: Profile
    """float64, shape (bins,)."""
    under: Scalar
    """Events whose key was below the first edge."""
    over: Scalar
    """Events whose key was above the last edge."""
    nan: Scalar
    """Events whose key was NaN."""


class Binned(Reduction):
    """Sort a value into bins by a key, and give mean, number, sum and spread in each bin.

    A delay scan: the ratio of each shot, by its delay. The bins are those of ``numpy.histogram``: each holds its
    lower edge and not its upper one, but for the last, which holds both. Events whose key lies outside or is NaN are
    in no bin; they are counted as ``under``, ``over`` and ``nan``. An empty bin has count 0, and is NaN otherwise.
    Mean and spread are computed by Welford's recurrence in float64; integers never wrap. An infinite value makes
    mean and spread of its bin NaN.

    All come at the end of the run, and so far as ``running_mean``, ``running_count`` and so on. ``reset``, `every` and
    `seconds` are those of `accumulate`. A bin takes memory once it is hit: 24 bytes per place of the value.

    Parameters
    ----------
    edges
        The edges of the bins, each greater than the one before, in the unit of the key.
    bins, range
        Instead of `edges`: a number of bins of one width, and the range they divide.
    ddof
        For the spread: 1 estimates what the values were drawn from, 0 describes the values.
    nan
        What a NaN in the value does: ``propagate`` (its place in that bin becomes NaN), ``omit`` (it is not counted),
        ``error`` (the event fails and is left out).
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a key is no number, or a value is no number or array, has another shape than those before, or holds a
        NaN that is refused.

    Notes
    -----
    In a graph file::

        curve: {type: binned, in: {value: ratio, key: delay}, bins: 40, range: [-2, 3], seconds: 1}
        keep:  {type: sink, in: {mean: curve.mean, shots: curve.count, delay: curve.centers}}

    Examples
    --------
    >>> from headrace.nodes import binned
    >>> curve = binned(edges=[0, 1, 2, 3])
    >>> for ratio, delay in ((2.0, 0.5), (4.0, 0.0), (7.0, 3), (9.0, 3.1)):
    ...     curve.update(ratio, delay)
    >>> result = curve.final()
    >>> result.mean.tolist(), result.count.tolist(), result.over
    ([3.0, nan, 7.0], [2, 0, 1], 1)
    """

    def __init__(
        self,
        *,
        edges: list[float] | None = None,
        bins: Annotated[int, Meta(ge=1)] | None = None,
        range: tuple[float, float] | None = None,  # noqa: A002
        ddof: Annotated[int, Meta(ge=0)] = 1,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        self._bins = Bins(edges, bins, range)
        super().__init__(BinnedMoments(self._bins, nan, ddof), every, seconds)

    def update(self, value: Value, key: Scalar, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        key
            The number that chooses the bin.
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its time.
        """
        self._take((value, key), reset, event)

    def value(self) -> BinnedValues | Skip:
        """Give the bins so far, if they are to be shown now."""
        return self._laid_out(self._running())

    def final(self) -> BinnedValues | Skip:
        """Give the bins of the run; nothing if there was no event."""
        return self._laid_out(self._result())

    def _laid_out(self, found: BinnedSoFar | Skip) -> BinnedValues | Skip:
        if found is SKIP:
            return SKIP
        edges, centers = self._bins.edges, self._bins.centers
        outside = found.under, found.over, found.nan
        return BinnedValues(found.mean, found.count, found.sum, found.std, edges, centers, *outside)


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from emission_problems(parameters)
    yield from bin_problems(parameters)


binned = node_class(Binned, family="accumulators", on_change=EMISSION, problems_of=_problems)
