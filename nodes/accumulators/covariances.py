"""How the numbers of a curve vary together."""

from __future__ import annotations

from typing import Annotated

from headrace.engine.model.constraints import Meta
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Frame, Profile, Scalar
from headrace.engine.model.records import Event
from headrace.engine.model.skip import Skip
from headrace.nodes.support.accumulator import NanPolicy
from headrace.nodes.support.covariance import Covariance as CovarianceMatrix
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["covariance"]


class Covariance(Reduction):
    """Covariance of the numbers of a curve, over all events of the run.

    Each event is one sample of n numbers; element (i, j) is the mean of ``(x_i - <x_i>) * (x_j - <x_j>)``, with
    divisor samples - ddof, as ``numpy.cov`` gives it for all samples. The diagonal is the variance. Computed by
    Welford's recurrence in float64, so it is sound also for a small spread about a large mean. Of no more than
    `ddof` samples it is NaN. ``out`` is the result of the run, ``running`` that so far; ``reset``, `every` and
    `seconds` are those of `accumulate`. Memory and time go with n squared.

    Parameters
    ----------
    ddof
        1 estimates the covariance that the samples were drawn from, 0 describes the samples.
    nan
        What a NaN in a sample does: ``propagate`` (its row and column become NaN), ``omit`` (the whole sample is
        left out), ``error`` (the event fails and is left out).
    every
        Show what runs on every n-th event only, counted from the last reset; ``group``: once for each group.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a value is no curve, has another length than those before, or holds a NaN that is refused.

    Notes
    -----
    In a graph file::

        together: {type: covariance, in: spectrum}

    Examples
    --------
    >>> from headrace.nodes import covariance
    >>> together = covariance()
    >>> for sample in ([1, 2, 5], [2, 4, 5], [3, 6, 5]):
    ...     together.update(sample)
    >>> together.final().tolist()
    [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        *,
        ddof: Annotated[int, Meta(ge=0)] = 1,
        nan: NanPolicy = "propagate",
        every: Every = None,
        seconds: Seconds = None,
    ) -> None:
        super().__init__(CovarianceMatrix(nan, ddof), every, seconds)

    def update(self, value: Profile, reset: Scalar = None, *, event: Event | None = None) -> None:
        """Take the sample of one event.

        Parameters
        ----------
        value
            The sample, shape (n,).
        reset
            All is forgotten first if this is another number or text than for the event before.
        event
            The event, for its time.
        """
        self._take((value,), reset, event)

    def value(self) -> Frame | Skip:
        """Give the matrix, float64, shape (n, n), so far, if it is to be shown now."""
        return self._running()

    def final(self) -> Frame | Skip:
        """Give the matrix, float64, shape (n, n), of the run; nothing if there was no event."""
        return self._result()


covariance = node_class(Covariance, family="accumulators", on_change=EMISSION, problems_of=emission_problems)
