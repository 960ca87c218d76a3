"""A queue between the thread that reads a socket and the one that works, bounded in items and in bytes."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["BoundedQueue", "DocumentQueue"]

T = TypeVar("T")


class DocumentQueue(Protocol):
    """Where the reader of a socket puts documents."""

    def put(self, item: tuple[str, dict[str, Any]], size: int) -> bool:
        """Add a document that takes so many bytes; False if the queue has ended."""

    def finish(self) -> None:
        """Take nothing more in; what waits can still be taken. Never blocks."""

    def close(self) -> None:
        """End it now, for both sides. Never blocks."""

    def waiting(self) -> tuple[int, int]:
        """Give how many documents wait, and their bytes."""

    @property
    def discarded(self) -> int:
        """Documents that were given up because the queue ended."""


class BoundedQueue(Generic[T]):
    """First in, first out, with a bound on how much waits.

    Notes
    -----
    Thread-safe. The lock is re-entrant and `close` never waits, so that a signal handler may call it, even in a thread
    that is inside `get`.

    Parameters
    ----------
    max_items
        Items that may wait.
    max_bytes
        Bytes that may wait. One item larger than this is let in when nothing else waits.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._closed = False
        self._finished = False
        self._discarded = 0
        self._changed = threading.Condition(threading.RLock())

    def put(self, item: T, size: int) -> bool:
        """Add an item, waiting for room.

        Parameters
        ----------
        item
            What to add.
        size
            Bytes it takes.

        Returns
        -------
        :
            False if the queue was closed or finished; the item is discarded then.
        """
        with self._changed:
            while not self._closed and not self._finished and self._items and self._is_full(size):
                self._changed.wait()
            if self._closed or self._finished:
                self._discarded += 1
                return False
            self._items.append((item, size))
            self._bytes += size
            self._changed.notify_all()
            return True

    def get(self) -> T | None:
        """Take the oldest item, waiting for one; None once the queue is closed, or finished and empty."""
        with self._changed:
            while not self._closed and not self._finished and not self._items:
                self._changed.wait()
            if self._closed or not self._items:
                return None
            item, size = self._items.popleft()
            self._bytes -= size
            self._changed.notify_all()
            return item

    def finish(self) -> None:
        """Take nothing more; what waits can still be taken. Never blocks."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """End it now, for both sides; what still waits is discarded."""
        with self._changed:
            self._closed = True
            self._discarded += len(self._items)
            self._items.clear()
            self._bytes = 0
            self._changed.notify_all()

    def waiting(self) -> tuple[int, int]:
        """Give the number of items that wait and their bytes."""
        with self._changed:
            return len(self._items), self._bytes

    @property
    def discarded(self) -> int:
        """Items that were given up because the queue was closed."""
        return self._discarded

    def _is_full(self, size: int) -> bool:
        return len(self._items) >= self._max_items or self._bytes + size > self._max_bytes
