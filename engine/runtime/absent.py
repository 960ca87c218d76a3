"""Why a slot holds no value."""

from __future__ import annotations

from enum import Enum

__all__ = ["Absent"]


class Absent(Enum):
    """A value that is not there, with the reason.

    What depends on it is not called, and is absent in turn.
    """

    WAITING = "waiting"
    """A held value that has not come yet."""
    FILTERED = "filtered"
    """The node left this event out."""
    FAILED = "failed"
    """The node raised."""
    UPSTREAM = "upstream"
    """Something the node needs is absent."""
    UNCHANGED = "unchanged"
    """Given by a step, never found in a slot: leave the slot as it is and count nothing."""
