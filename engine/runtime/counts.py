"""Counting what goes through a node, so that it adds up."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NodeCount"]


@dataclass(slots=True)
class NodeCount:
    """What one node did in one run. Every call ends in exactly one of the three ways.

    Attributes
    ----------
    out
        Events (or runs, for what happens once per run) that were done.
    filtered
        Those that the node left out.
    failed
        Those on which it raised.
    nanoseconds
        Time spent in the node.
    reused
        Events that it was spared, in a replay, because what it gives was known or nobody needed it.
    """

    out: int = 0
    filtered: int = 0
    failed: int = 0
    nanoseconds: int = 0
    reused: int = 0

    @property
    def entered(self) -> int:
        """Events for which all inputs were there."""
        return self.out + self.filtered + self.failed

    def to_dict(self) -> dict[str, int]:
        """Give the counts as plain data."""
        counts = {"in": self.entered, "out": self.out, "filtered": self.filtered, "failed": self.failed}
        return {**counts, "reused": self.reused} if self.reused else counts
