"""How long nodes take, by looking at some of the events: the others pay nothing for it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

from headrace.engine.runtime.counts import NodeCount

__all__ = ["Before", "Samples", "quantile"]

EVERY = 5_000_000
"""Nanoseconds between two samples: at most 200 events in a second are looked at."""
KEPT = 256
"""Samples of a node that are kept, the newest."""

Before = Sequence[tuple[str, NodeCount, int, int]]
"""Node, its counts, and the time spent in it and the events it had before the event that is sampled."""


class Samples:
    """Times of the nodes of one run.

    Written by the thread that works, read by any: each node's times are in a deque of its own, which is copied in
    one step.

    Attributes
    ----------
    due
        Reading of ``time.perf_counter_ns`` from which on the next event is sampled.
    lag
        Seconds between the time that the last sampled event says of itself and the moment it was done; None if none
        was yet. The clocks of two machines may differ.
    """

    __slots__ = ("_times", "due", "lag")

    def __init__(self) -> None:
        self.due = 0
        self.lag: float | None = None
        self._times: dict[str, deque[int]] = {}

    def begin(self, counts: Mapping[str, NodeCount], now: int) -> Before:
        """Note where the counts stand before an event."""
        self.due = now + EVERY
        return [(name, count, count.nanoseconds, count.entered) for name, count in counts.items()]

    def end(self, before: Before, event_time: float) -> None:
        """Note what the event took in each node that it reached."""
        self.lag = time.time() - event_time
        for name, count, nanoseconds, entered in before:
            if count.entered != entered:
                self._of(name).append(count.nanoseconds - nanoseconds)

    def _of(self, node: str) -> deque[int]:
        times = self._times.get(node)
        if times is None:
            times = self._times[node] = deque(maxlen=KEPT)
        return times

    def latency(self) -> dict[str, dict[str, float]]:
        """Give the median and the 95th percentile of each node that was sampled, in seconds."""
        found = {name: self.times(name) for name in self._times}
        return {
            name: {"p50": quantile(times, 0.5) or 0.0, "p95": quantile(times, 0.95) or 0.0}
            for name, times in found.items()
        }

    def times(self, node: str) -> list[int]:
        """Give the sampled times of a node in nanoseconds, shortest first."""
        return sorted(self._times.get(node, ()))


def quantile(ordered: Sequence[int], share: float) -> float | None:
    """Give the value below which a share of the values lies, in seconds where they are nanoseconds.

    Examples
    --------
    >>> quantile([1_000_000_000, 2_000_000_000, 3_000_000_000], 0.5)
    2.0
    """
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e-9
