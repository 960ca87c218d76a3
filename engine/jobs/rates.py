"""Rates and busy shares, from counts that are looked at every now and then."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

__all__ = ["Rates", "Reading"]

WINDOW = 5.0
"""Seconds that a rate is taken over."""
SPACING = 0.5
"""Seconds between two readings that are kept."""


class Reading(NamedTuple):
    """What had been done at some moment."""

    events: int
    nanoseconds: int = 0


Readings: TypeAlias = Mapping[tuple[str, ...], Reading]


class Rates:
    """Keeps some readings of the last seconds.

    Not safe for concurrent use. Whoever asks keeps it going: between two readings that are far apart, a rate is the
    mean over the time between.
    """

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Readings]] = deque()

    def take(self, readings: Readings, now: float | None = None) -> None:
        """Keep readings, unless some were kept a moment ago."""
        moment = time.monotonic() if now is None else now
        if self._kept and moment - self._kept[-1][0] < SPACING:
            return
        self._kept.append((moment, readings))
        while len(self._kept) > 2 and moment - self._kept[1][0] > WINDOW:
            self._kept.popleft()

    def since(self, key: tuple[str, ...], reading: Reading, now: float | None = None) -> tuple[float, float]:
        """Give events per second, and seconds at work per second, since the oldest reading that is kept.

        Examples
        --------
        >>> rates = Rates()
        >>> rates.take({("mean",): Reading(10, 0)}, now=100.0)
        >>> rates.since(("mean",), Reading(30, 1_000_000_000), now=104.0)
        (5.0, 0.25)
        """
        moment = time.monotonic() if now is None else now
        for when, readings in self._kept:
            before = readings.get(key, Reading(0, 0))
            if moment - when > 0:
                seconds = moment - when
                return (reading.events - before.events) / seconds, (
                    reading.nanoseconds - before.nanoseconds
                ) * 1e-9 / seconds
        return 0.0, 0.0
