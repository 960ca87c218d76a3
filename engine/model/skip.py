"""The value a node gives to say: nothing for this event."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["SKIP", "Skip"]


class Skip(Enum):
    """Type of `SKIP`, for annotations: ``def pick(value: Value) -> Value | Skip``."""

    SKIP = "skip"

    def __repr__(self) -> str:
        return "SKIP"


SKIP: Final = Skip.SKIP
"""Returned by a node for an event that it leaves out; all that depends on it leaves that event out too."""
