"""What a cache of values is to the engine: bytes under keys, kept as long as they are worth their room."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

__all__ = ["DEFAULT_BYTES", "CacheStats", "Reading", "ValueStore", "worth"]

DEFAULT_BYTES = 4 << 30
"""How large a cache may become, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What a cache holds.

    Attributes
    ----------
    place
        Where it is.
    entries, bytes
        How many values, and their size with what is needed to find them.
    limit
        How large it may become.
    dropped
        Values that were not kept since this program began: too large, or no room or time for them.
    damaged
        Values that were found damaged since this program began.
    """

    place: str
    entries: int
    bytes: int
    limit: int
    dropped: int = 0
    damaged: int = 0


class Reading(Protocol):
    """A look into a cache that does not change while it lasts: what was found once is there until its end."""

    def get(self, key: bytes) -> memoryview | None:
        """Give the bytes under a key, whole and undamaged; None if there are none. Valid as long as the look lasts."""


class ValueStore(Protocol):
    """A cache of values, as bytes. Safe to use from several threads."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Look into it."""

    def put(self, key: bytes, data: bytes, cost: float) -> None:
        """Keep bytes under a key of 16 bytes; ``cost`` is how many nanoseconds it took to compute them.

        Never waits for the disk, and never fails: what can't be kept is not kept.
        """

    def touch(self, keys: Iterable[bytes]) -> None:
        """Note that these were of use."""

    def flush(self) -> None:
        """Wait until what was put is where it will survive this program."""

    def clear(self) -> None:
        """Forget everything."""

    def stats(self) -> CacheStats:
        """Say what it holds."""


def worth(cost: float, size: int) -> float:
    """Give the worth of an entry: nanoseconds of computing per byte of room (GreedyDual-Size [1]_).

    An entry that was used is as good as new: its worth is added to that of the last one that was thrown out, so that
    what nobody asks for sinks, however dear it was.

    .. [1] P. Cao and S. Irani, Cost-aware WWW proxy caching algorithms, USENIX 1997
    """
    return max(cost, 1.0) / max(size, 1)
