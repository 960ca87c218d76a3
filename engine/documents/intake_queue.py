"""Where documents wait for the work: bounded, with a declared policy for when they come too fast."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from headrace.engine.documents.dropped_events import DropBook, Droppable, DroppedEvents
from headrace.engine.model.errors import UsageError
from headrace.engine.model.intake import IntakeRule

__all__ = ["DocumentQueue", "IntakeQueue", "Named", "Spill", "Taken"]

Named = tuple[str, Mapping[str, Any]]
"""Kind of a document, and the document."""


class DocumentQueue(Protocol):
    """Where the reader of a socket puts documents."""

    def put(self, item: Named, size: int) -> bool:
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


class Spill(Protocol):
    """Keeps documents on the disk that find no room in memory. First in, first out; used under the queue's lock."""

    def put(self, name: str, doc: Mapping[str, Any]) -> bool:
        """Keep a document; False if there is no room."""

    def get(self) -> Named | None:
        """Give the oldest document that was kept, and let it go; None if there is none."""

    def __len__(self) -> int:
        """Give how many are kept."""


class Taken(NamedTuple):
    """What comes out of the queue: a document, or the events that were given up here."""

    item: Named | DroppedEvents
    arrived: float
    """When it came, on the clock ``time.monotonic``."""


class _Waiting(NamedTuple):
    document: Named
    size: int
    arrived: float
    droppable: bool


class IntakeQueue:
    """Documents wait here, first in, first out, for one who takes them.

    What happens when too much waits is for the rule's policy to say: whoever puts a document waits (``block``), the
    oldest events are given up (``drop_oldest``), an event is given up as soon as a newer one of its stream comes
    (``latest``), or documents go to the disk and come back in their turn (``spill``). Only events are given up, and
    never those of darks. If nothing but other documents waits, the newest event is given up, and whoever puts another
    kind waits.

    Parameters
    ----------
    rule
        Policy and limits. A single document larger than the limit is let in when nothing else waits.
    spill
        Keeps documents on the disk; needed for ``spill``.

    Raises
    ------
    UsageError
        If the policy is ``spill`` and there is nothing to spill to.

    Notes
    -----
    Thread-safe. The lock is re-entrant and `finish` and `close` never wait, so that a signal handler may call them.
    """

    def __init__(self, rule: IntakeRule, spill: Spill | None = None) -> None:
        if rule.policy == "spill" and spill is None:
            problem = "the intake policy 'spill' needs a place on the disk: give --journal DIR, or another policy"
            raise UsageError(problem)
        self.rule = rule
        self.most = 0
        """The most bytes that waited so far."""
        self._spill = spill if rule.policy == "spill" else None
        self._drops = DropBook()
        self._droppable = Droppable()
        self._items: OrderedDict[int, _Waiting] = OrderedDict()  # place -> what stands there
        self._events: OrderedDict[int, str | None] = OrderedDict()  # place of an event -> its descriptor
        self._newest: dict[str | None, int] = {}  # descriptor -> place of its event, for 'latest'
        self._spilled_at: deque[float] = deque()
        self._next = 0
        self._bytes = 0
        self._closed = False
        self._finished = False
        self._discarded = 0
        self._changed = threading.Condition(threading.RLock())

    # The side of those who put

    def put(self, item: Named, size: int) -> bool:
        """Add a document.

        Parameters
        ----------
        item
            Its kind, and the document.
        size
            Bytes it takes.

        Returns
        -------
        :
            False if the queue has ended; the document is discarded then.
        """
        with self._changed:
            waiting = _Waiting(item, size, time.monotonic(), self._droppable(*item))
            if self.rule.policy == "latest":
                self._supersede(waiting)
            while not self._ended() and self._is_full(size):
                if self._put_elsewhere(waiting):
                    return True
                if not self._drop_oldest():
                    self._changed.wait()
            if self._ended():
                self._discarded += 1
                return False
            self._append(waiting)
            self._changed.notify_all()
            return True

    def _is_full(self, size: int) -> bool:
        if self._spill is not None and len(self._spill):
            return True  # what has come before must come out before
        rule = self.rule
        return bool(self._items) and (len(self._items) >= rule.max_documents or self._bytes + size > rule.max_bytes)

    def _put_elsewhere(self, waiting: _Waiting) -> bool:
        """See to a document that finds no room in memory; False if it must wait until there is some."""
        name, doc = waiting.document
        if self._spill is not None and self._spill.put(name, doc):
            self._spilled_at.append(waiting.arrived)
            self._changed.notify_all()
            return True
        if self.rule.policy in ("drop_oldest", "latest") and waiting.droppable and not self._events:
            self._drops.add(doc, self._next)
            self._next += 1
            self._changed.notify_all()
            return True
        return False

    def _drop_oldest(self) -> bool:
        if self.rule.policy not in ("drop_oldest", "latest") or not self._events:
            return False
        self._drop(next(iter(self._events)))
        return True

    def _supersede(self, waiting: _Waiting) -> None:
        if waiting.droppable:
            older = self._newest.get(_descriptor(waiting.document[1]))
            if older is not None:
                self._drop(older)

    def _drop(self, place: int) -> None:
        self._drops.add(self._remove(place).document[1], place)

    def _append(self, waiting: _Waiting) -> None:
        place, self._next = self._next, self._next + 1
        self._items[place] = waiting
        self._bytes += waiting.size
        self.most = max(self.most, self._bytes)
        if waiting.droppable:
            descriptor = _descriptor(waiting.document[1])
            self._events[place] = descriptor
            self._newest[descriptor] = place

    def _remove(self, place: int) -> _Waiting:
        waiting = self._items.pop(place)
        self._bytes -= waiting.size
        descriptor = self._events.pop(place, None)
        if self._newest.get(descriptor) == place:
            del self._newest[descriptor]
        return waiting

    # The side of the one who takes

    def get(self, within: float | None = None) -> Taken | None:
        """Take what is next.

        Parameters
        ----------
        within
            Seconds to wait; None to wait as long as it takes.

        Returns
        -------
        :
            None if nothing came within the time, or nothing more will (then `ended` is true).
        """
        with self._changed:
            deadline = None if within is None else time.monotonic() + within
            while True:
                taken = None if self._closed else self._take()
                if taken is not None or self._ended():
                    return taken
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)

    def _take(self) -> Taken | None:
        place = next(iter(self._items), None)
        dropped = self._drops.due(place)
        if dropped is not None:
            return Taken(dropped, time.monotonic())
        if place is not None:
            waiting = self._remove(place)
            self._changed.notify_all()
            return Taken(waiting.document, waiting.arrived)
        document = self._spill.get() if self._spill is not None else None
        arrived = self._spilled_at.popleft() if self._spilled_at else time.monotonic()
        if self._spill is not None and not len(self._spill):
            self._spilled_at.clear()  # it may have lost some
        if document is None:
            return None
        self._changed.notify_all()
        return Taken(document, arrived)

    # Both sides

    def finish(self) -> None:
        """Take nothing more in; what waits can still be taken. Never blocks."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """End it now, for both sides; what still waits is discarded. Never blocks."""
        with self._changed:
            self._closed = True
            self._discarded += len(self._items) + len(self._spill or ())
            for held in (self._items, self._events, self._newest):
                held.clear()
            self._bytes = 0
            self._changed.notify_all()

    def _ended(self) -> bool:
        return self._closed or self._finished

    @property
    def ended(self) -> bool:
        """Whether it was finished and all was taken, or it was closed."""
        with self._changed:
            return self._closed or (self._finished and not self._items and not len(self._spill or ()))

    @property
    def closed(self) -> bool:
        """Whether it was closed, so that nothing more is to be done."""
        return self._closed

    @property
    def discarded(self) -> int:
        """Documents that were given up because the queue ended."""
        return self._discarded

    @property
    def dropped(self) -> int:
        """Events that were given up because too much waited."""
        return self._drops.total

    @property
    def unnamed(self) -> int:
        """Those of the dropped that no run can be told of, since they are no sound events or too many."""
        return self._drops.unnamed

    def waiting(self) -> tuple[int, int]:
        """Give how many documents wait in memory, and their bytes."""
        with self._changed:
            return len(self._items), self._bytes

    def oldest_age(self) -> float | None:
        """Give how many seconds the document that has waited longest has waited; None if none waits."""
        with self._changed:
            arrived = [next(iter(self._items.values())).arrived] if self._items else []
            arrived += [self._spilled_at[0]] if self._spilled_at else []
            return time.monotonic() - min(arrived) if arrived else None

    def spilled(self) -> int:
        """Give how many documents wait on the disk."""
        with self._changed:
            return len(self._spill or ())


def _descriptor(doc: Mapping[str, Any]) -> str | None:
    descriptor = doc.get("descriptor")
    return descriptor if isinstance(descriptor, str) else None
