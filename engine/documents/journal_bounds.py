"""Which segments of a journal have to go, so that it stays within its bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Bounds", "Kept", "to_drop"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a journal may hold.

    Attributes
    ----------
    bytes
        Bytes on the disk.
    age
        Seconds since the newest record of a segment.

    Examples
    --------
    >>> Bounds().bytes, Bounds().age
    (50000000000, 604800.0)
    """

    bytes: int = 50 * 10**9
    age: float = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment as far as it matters here.

    Attributes
    ----------
    number, bytes, newest
        The segment, its bytes, and the time of its newest record.
    needed
        Whether a run that is still under way is in it.
    """

    number: int
    bytes: int
    newest: float
    needed: bool


def to_drop(segments: Sequence[Kept], bounds: Bounds, now: float) -> Iterator[Kept]:
    """Give the segments that go.

    First those that are too old. Then, while there is too much, the oldest that no run under way needs; only when
    there is none left, the oldest of the others.

    Parameters
    ----------
    segments
        All but the one that is being written, oldest first; its bytes are to be taken off the bounds.
    bounds
        What may stay.
    now
        The time.

    Examples
    --------
    >>> kept = [Kept(1, 60, 0.0, True), Kept(2, 60, 1.0, False), Kept(3, 60, 2.0, False)]
    >>> [one.number for one in to_drop(kept, Bounds(130, 100.0), now=3.0)]
    [2]
    >>> [one.number for one in to_drop(kept, Bounds(10, 100.0), now=3.0)]
    [2, 3, 1]
    """
    old = [one for one in segments if now - one.newest > bounds.age]
    yield from old
    left = [one for one in segments if now - one.newest <= bounds.age]
    total = sum(one.bytes for one in left)
    for one in sorted(left, key=lambda one: (one.needed, one.number)):
        if total <= bounds.bytes:
            return
        total -= one.bytes
        yield one
