"""What a graph had at some events, kept for as long as somebody looks: bounded, and oldest first out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from headrace.engine.model.records import EventKey

__all__ = ["LARGE", "Moment", "Moments"]

LARGE = 65_536
"""Bytes above which a value is large: such values are kept of some events only."""


@dataclass(slots=True, eq=False)
class Moment:
    """The values of one event, as references.

    Attributes
    ----------
    number
        Counted from 1; never used twice.
    key, time
        The event, and the time that it says of itself.
    revision
        Number of the revision it was worked on under.
    small, large
        ``node.port`` to value.
    full
        Whether large values are kept of this event.
    size, heavy
        Bytes of all values, and of the large ones.
    """

    number: int
    key: EventKey
    time: float
    revision: int
    full: bool = True
    small: dict[str, Any] = field(default_factory=dict)
    large: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    heavy: int = 0

    def get(self, port: str) -> Any:
        """Give the value of a port; None if there is none."""
        value = self.small.get(port)
        return self.large.get(port) if value is None else value

    def has(self, port: str) -> bool:
        """Tell whether there is a value of a port."""
        return port in self.small or port in self.large

    def light(self, port: str) -> Any:
        """Give the value of a port if it is a small one; None otherwise."""
        return self.small.get(port)

    def copy(self) -> Moment:
        """Give the same with references of its own."""
        small, large = dict(self.small), dict(self.large)
        return Moment(self.number, self.key, self.time, self.revision, self.full, small, large, self.size, self.heavy)


class Moments:
    """The last events, in order.

    Written by the thread that works, read by any. The lock is held for a few appends only.

    Parameters
    ----------
    limit
        Bytes of large values; the newest event's are kept in any case.
    small_limit
        Bytes of small values.
    most
        Events.
    """

    def __init__(self, limit: int = 128 << 20, small_limit: int = 48 << 20, most: int = 400) -> None:
        self._limit, self._small_limit, self._most = limit, small_limit, most
        self._kept: deque[Moment] = deque()
        self._full: deque[Moment] = deque()
        self._former: dict[int, Moment] = {}
        self._light = self._heavy = 0  # bytes of all but the newest event, whose values are still coming
        self._lock = threading.Lock()

    def add(self, moment: Moment) -> None:
        """Keep an event; its values may come later."""
        with self._lock:
            last = self._kept[-1] if self._kept else None
            if last is not None:
                self._light += last.size - last.heavy
                self._heavy += last.heavy
                if last.revision != moment.revision:
                    self._remember(last.revision)
            self._kept.append(moment)
            if moment.full:
                self._full.append(moment)
            self._thin()

    def _remember(self, revision: int) -> None:
        """Keep the last whole event of a revision that is over, to be compared with what comes."""
        last = next((moment for moment in reversed(self._full) if moment.revision == revision), None)
        if last is not None and last.heavy <= self._limit:
            self._former[revision] = last.copy()
            while len(self._former) > 1 and (
                len(self._former) > 4 or sum(one.heavy for one in self._former.values()) > self._limit
            ):
                del self._former[min(self._former)]

    def _thin(self) -> None:
        while len(self._full) > 2 and self._heavy > self._limit:
            oldest = self._full.popleft()
            self._heavy -= oldest.heavy
            oldest.large, oldest.size, oldest.heavy, oldest.full = {}, oldest.size - oldest.heavy, 0, False
        while len(self._kept) > 2 and (len(self._kept) > self._most or self._light > self._small_limit):
            oldest = self._kept.popleft()
            self._light -= oldest.size - oldest.heavy
            self._heavy -= oldest.heavy
            if self._full and self._full[0] is oldest:
                self._full.popleft()

    def all(self) -> list[Moment]:
        """Give what is kept, the oldest first."""
        with self._lock:
            return list(self._kept)

    def former(self) -> list[Moment]:
        """Give the last event of each revision that is over, the oldest first."""
        with self._lock:
            return [self._former[revision] for revision in sorted(self._former)]

    def held(self) -> Sequence[Moment]:
        """Give a copy that stays as it is."""
        with self._lock:
            return [moment.copy() for moment in self._kept]

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept.clear()
            self._full.clear()
            self._former.clear()
            self._light = self._heavy = 0
