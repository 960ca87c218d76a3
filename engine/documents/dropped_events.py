"""Events that were given up while they waited: which, so that they are told from those that never came."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DropBook", "Droppable", "DroppedEvents", "numbers_of"]

_MOST = 1000
"""Descriptors, and stretches of one, of which the numbers are kept, and characters of a uid; what is beyond is only
counted."""


class Droppable:
    """Tells which documents may be given up: events, but not those of darks, to which others refer later.

    Any other kind of document is needed to make sense of what follows.
    """

    def __init__(self) -> None:
        self._darks: OrderedDict[str, None] = OrderedDict()  # dark runs, and descriptors of darks

    def __call__(self, name: str, doc: Mapping[str, Any]) -> bool:
        """Tell it of a document, given in the order in which all came."""
        if name in ("event", "event_page"):
            return doc.get("descriptor") not in self._darks if isinstance(doc.get("descriptor"), str) else True
        dark = name == "start" and _is_true(doc.get("dark_frame"))
        if name == "descriptor":
            stream, run = doc.get("name"), doc.get("run_start")
            dark = (isinstance(stream, str) and stream == "dark") or (isinstance(run, str) and run in self._darks)
        uid = doc.get("uid")
        if dark and isinstance(uid, str) and len(uid) <= _MOST:
            self._darks[uid] = None
            if len(self._darks) > _MOST:
                self._darks.popitem(last=False)
        return False


@dataclass(slots=True)
class DroppedEvents:
    """Events of one descriptor that were given up.

    Attributes
    ----------
    descriptor
        Unique id of the descriptor.
    stretches
        ``[first, last]`` numbers of the events, in the order in which they came.
    place
        Where the first of them stood in the queue.
    """

    descriptor: str
    place: int = 0
    stretches: list[list[int]] = field(default_factory=list)

    def add(self, number: int) -> bool:
        """Take note of one event; False if there are too many stretches already."""
        if self.stretches and self.stretches[-1][1] + 1 == number:
            self.stretches[-1][1] = number
            return True
        if len(self.stretches) >= _MOST:
            return False
        self.stretches.append([number, number])
        return True


class DropBook:
    """Takes note of events that were given up, until those who work on the others can be told.

    Attributes
    ----------
    total
        Events given up so far.
    unnamed
        Those of them that can't be told from lost ones later, since they had no number or were too many.
    """

    def __init__(self) -> None:
        self.total = 0
        self.unnamed = 0
        self._open: dict[str, DroppedEvents] = {}

    def add(self, doc: Mapping[str, Any], place: int) -> None:
        """Take note of an event or a page of events that stood at a place in the queue."""
        descriptor, numbers = doc.get("descriptor"), numbers_of(doc)
        self.total += max(1, len(numbers))
        if not isinstance(descriptor, str) or len(descriptor) > _MOST or not numbers:
            self.unnamed += 1
            return
        if descriptor not in self._open and len(self._open) >= _MOST:
            self.unnamed += len(numbers)
            return
        dropped = self._open.setdefault(descriptor, DroppedEvents(descriptor, place))
        self.unnamed += sum(not dropped.add(number) for number in numbers)

    def due(self, place: int | None) -> DroppedEvents | None:
        """Give, once, what was given up before a place in the queue; None as a place is its end.

        All that came before that place has been taken by then, the descriptor too.
        """
        if not self._open:
            return None
        for descriptor, dropped in self._open.items():
            if place is None or dropped.place < place:
                del self._open[descriptor]
                return dropped
        return None


def _is_true(value: Any) -> bool:
    try:
        return bool(value)
    except (TypeError, ValueError):  # an array, say
        return False


def numbers_of(doc: Mapping[str, Any]) -> list[int]:
    """Give the numbers of an event document, or of a page; none if it has no sound ones.

    Examples
    --------
    >>> numbers_of({"seq_num": 3}), numbers_of({"seq_num": [3, 4]}), numbers_of({"seq_num": "three"})
    ([3], [3, 4], [])
    """
    given: Any = doc.get("seq_num")
    given = given.tolist() if hasattr(given, "tolist") else given
    numbers = given if isinstance(given, list | tuple) else [given]
    return list(numbers) if all(isinstance(number, int) for number in numbers) else []
