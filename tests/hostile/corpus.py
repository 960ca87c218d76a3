"""All hostile messages there are, each with a name that is a sentence."""

from __future__ import annotations

from tests.hostile import (
    descriptors,
    events,
    frames,
    packed,
    pages,
    pickles_by_hand,
    pickles_that_call,
    pointers,
    raw_forms,
    starts,
    stops,
)
from tests.hostile.message import Hostile, Stage

__all__ = ["ROOMS", "corpus"]

ROOMS = (
    frames,
    raw_forms,
    packed,
    pickles_that_call,
    pickles_by_hand,
    starts,
    descriptors,
    events,
    stops,
    pages,
    pointers,
)


def corpus(stage: Stage) -> list[Hostile]:
    """Give them for a stage."""
    return [message for room in ROOMS for message in room.messages(stage)]
