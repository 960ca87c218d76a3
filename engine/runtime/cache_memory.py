"""A cache in memory, for one program: nothing survives it."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from headrace.engine.runtime.cache import CacheStats, Reading, worth

__all__ = ["MemoryStore"]

_ENTRY = 200  # bytes that an entry takes besides its value


@dataclass(slots=True)
class _Entry:
    data: bytes
    cost: float
    rank: float


class MemoryStore:
    """Values in memory, bounded in bytes; what is cheap to compute for its size goes first.

    Parameters
    ----------
    max_bytes
        How large it may become.

    Examples
    --------
    >>> store = MemoryStore(10_000)
    >>> store.put(b"k" * 16, b"value", cost=1e6)
    >>> with store.reading() as look:
    ...     bytes(look.get(b"k" * 16))
    b'value'
    """

    def __init__(self, max_bytes: int = 256 << 20) -> None:
        self._limit = max_bytes
        self._entries: dict[bytes, _Entry] = {}
        self._order: list[tuple[float, bytes]] = []
        self._bytes = 0
        self._floor = 0.0
        self._dropped = 0
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Look into it."""
        yield _Look(dict(self._entries))

    def put(self, key: bytes, data: bytes, cost: float) -> None:
        """Keep a value."""
        size = len(data) + _ENTRY
        with self._lock:
            if size > self._limit:
                self._dropped += 1
                return
            known = self._entries.pop(key, None)
            self._bytes += size - (len(known.data) + _ENTRY if known else 0)
            entry = _Entry(data, cost, self._floor + worth(cost, size))
            self._entries[key] = entry
            heapq.heappush(self._order, (entry.rank, key))
            self._make_room()

    def _make_room(self) -> None:
        while self._bytes > self._limit:
            rank, key = heapq.heappop(self._order)
            entry = self._entries.get(key)
            if entry is None or entry.rank != rank:  # it has been used since, and stands further up
                continue
            del self._entries[key]
            self._bytes -= len(entry.data) + _ENTRY
            self._floor = rank

    def touch(self, keys: Iterable[bytes]) -> None:
        """Note that these were of use."""
        with self._lock:
            for key in keys:
                entry = self._entries.get(key)
                if entry is not None:
                    entry.rank = self._floor + worth(entry.cost, len(entry.data) + _ENTRY)
                    heapq.heappush(self._order, (entry.rank, key))

    def flush(self) -> None:
        """Do nothing: there is nothing to wait for."""

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._order.clear()
            self._bytes = 0

    def stats(self) -> CacheStats:
        """Say what it holds."""
        return CacheStats("memory", len(self._entries), self._bytes, self._limit, self._dropped)


class _Look:
    """The entries as they were when it was made."""

    def __init__(self, entries: dict[bytes, _Entry]) -> None:
        self._entries = entries

    def get(self, key: bytes) -> memoryview | None:
        entry = self._entries.get(key)
        return None if entry is None else memoryview(entry.data)
