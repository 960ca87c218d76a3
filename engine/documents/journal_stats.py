"""How a journal is, as plain data for status and metrics."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["JournalStats"]


@dataclass(frozen=True, slots=True)
class JournalStats:
    """How a journal is.

    Attributes
    ----------
    folder
        Where it is.
    bytes, segments, records, runs
        What it holds.
    oldest
        Time of its oldest record, in seconds since 1970; None if it is empty.
    under_way
        Runs that are held because they are under way.
    waiting
        Documents that were spilled to it and have not been taken back.
    lag
        Seconds for which some have waited without a break; 0 if none waits.
    dropped_segments, dropped_under_way
        Segments that went because of its bounds, and how many of these held a run under way.
    corrupt
        Damaged places that were passed over, each time one was met.
    unwritten
        Records that it could not take.
    problem
        Why it can't be written now; empty if it can.
    """

    folder: str
    bytes: int = 0
    segments: int = 0
    records: int = 0
    runs: int = 0
    oldest: float | None = None
    under_way: int = 0
    waiting: int = 0
    lag: float = 0.0
    dropped_segments: int = 0
    dropped_under_way: int = 0
    corrupt: int = 0
    unwritten: int = 0
    problem: str = ""
