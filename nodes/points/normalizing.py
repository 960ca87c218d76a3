"""Dividing by the intensity of the beam."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node, node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.binning import as_key
from headrace.nodes.support.ratio import MeanOfRatios, RatioOfSums
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["normalize", "normalized_mean"]

MinI0: TypeAlias = Annotated[float, Meta(ge=0)]


def _is_lit(i0: float, min_i0: float) -> bool:
    return math.isfinite(i0) and i0 > min_i0


@node(family="points")
def normalize(
    value: Value, i0: Scalar, *, min_i0: MinI0 = 0.01, below: Literal["skip", "nan"] = "skip"
) -> Value | Skip:
    """Divide a value by the intensity of the beam in its shot.

    ``value / i0``, in float64. A shot without light says nothing. Where `i0` is not above `min_i0`, or is NaN or
    infinite, the event is left out (and counted as filtered), or its value is NaN; it is never 0. A NaN in the value
    stays NaN.

    For the mean over a run see `normalized_mean`: the mean of these ratios is not the ratio of the sums.

    Parameters
    ----------
    value
        A number, or an array of any numeric dtype.
    i0
        The monitor of the shot: one number.
    min_i0
        The monitor must be above this, in its own unit.
    below
        What becomes of the other events: ``skip`` leaves them out, ``nan`` gives NaN.

    Returns
    -------
    Value or SKIP
        A number, or a float64 array of the same shape.

    Raises
    ------
    UsageError
        If the value is no number or array, or the monitor is not one number.

    Notes
    -----
    In a graph file::

        signal: {type: normalize, in: {value: roi, i0: monitor}, min_i0: 0.05}

    Examples
    --------
    >>> from headrace.nodes import normalize
    >>> normalize(6, 1.5), normalize(6, 0.0), normalize(6, 0.0, below="nan")
    (4.0, SKIP, nan)
    """
    array, monitor = as_numbers(value, "value"), as_key(i0, "i0")
    if not _is_lit(monitor, min_i0):
        if below == "skip":
            return SKIP
        monitor = math.nan
    result = np.divide(array, float(monitor), dtype=np.float64)
    return float(result) if np.ndim(result) == 0 else result


class NormalizedMean(Reduction):
    """Reduce a value that goes with the intensity of the beam to one value for the run.

    ========================= ==================== ==========================================================
    `mode`                    gives                use
    ========================= ==================== ==========================================================
    ``ratio_of_sums``         sum(value) / sum(i0) each photon counts the same: right for counting noise
    ``mean_of_ratios``        mean(value / i0)     each shot counts the same: weak shots bring their noise in
    ========================= ==================== ==========================================================

    Both are float64. Events whose `i0` is not above `min_i0`, or is NaN or infinite, count in neither sum, and are
    left out. The result so far is ``running``. A run without a counted event gives nothing.

    Parameters
    ----------
    min_i0
        The monitor must be above this, in its own unit.
    mode
        What is computed.
    nan
        What a NaN in the value does: ``propagate`` (its place becomes NaN), ``omit`` (its place loses value and
        monitor of that event), ``error`` (the event fails and is left out).
    every
        Show ``running`` on every n-th counted event only, from the last reset; ``group``: once for each group.
    seconds
        Show ``running`` when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no number or array, has another shape than those before, or holds a NaN that is refused; or
        the monitor is not one number.

    Notes
    -----
    In a graph file::

        signal: {type: normalized_mean, in: {value: roi, i0: monitor}, min_i0: 0.05}
        image:  {type: normalized_mean, in: {value: clean, i0: monitor}, mode: mean_of_ratios, every: 10}
        keep:   {type: sink, in: {signal: signal, signal_so_far: signal.running, image: image}}

    Examples
    --------
    >>> from headrace.nodes import normalized_mean
    >>> shots = [(6, 1.0), (99, 0.0), (1, 0.5)]
    >>> for mode in ("ratio_of_sums", "mean_of_ratios"):
    ...     signal = normalized_mean(mode=mode)
    ...     used = [signal.update(value, i0) for value, i0 in shots]
    ...     print(round(float(signal.final()), 6))
    4.666667
    4.0
    """

    def __init__(
        self,
        *,
        min_i0: MinI0 = 0.01,
        mode: Literal["ratio_of_sums", "mean_of_ratios"] = "ratio_of_sums",
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        state: Any = RatioOfSums(nan) if mode == "ratio_of_sums" else MeanOfRatios(nan)
        super().__init__(state, every, seconds)
        self._min_i0 = min_i0

    def update(self, value: Value, i0: Scalar, reset: Scalar = None, *, event: Event | None = None) -> Skip | None:
        """Take the value and the monitor of one event.

        Parameters
        ----------
        value
            A number or an array.
        i0
            The monitor of the shot: one number.
        reset
            All is forgotten first if this is another number or text than for the counted event before.
        event
            The event, for its time.
        """
        monitor = as_key(i0, "i0")
        if not _is_lit(monitor, self._min_i0):
            return SKIP
        self._take((value, float(monitor)), reset, event)
        return None

    def value(self) -> Value | Skip:
        """Give the result so far, if it is to be shown now."""
        return self._running()

    def final(self) -> Value | Skip:
        """Give the result of the run; nothing if no event counted."""
        return self._result()


normalized_mean = node_class(NormalizedMean, family="points", on_change=EMISSION, problems_of=emission_problems)
