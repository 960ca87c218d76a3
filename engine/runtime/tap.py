"""A tap: the values of one port, as an ordinary stream that users attach their own operators to."""

from __future__ import annotations

import logging
from typing import Any

from headrace.engine.model.records import Event
from headrace.engine.runtime.absent import Absent

__all__ = ["Tap"]

_log = logging.getLogger(__name__)


class Tap:
    """Sends the values of a slot into a stream.

    What the attached operators raise is logged and counted here; it never reaches the graph.

    Parameters
    ----------
    name
        The port, as ``node`` or ``node.port``.
    slot
        The slot it reads.
    stream
        A `streamz.Stream` (or rapidz's).
    takes_metadata
        Whether the stream's ``emit`` takes metadata.
    """

    def __init__(self, name: str, slot: int, stream: Any, *, takes_metadata: bool) -> None:
        self.name = name
        self.slot = slot
        self.stream = stream
        self.failures = 0
        self._takes_metadata = takes_metadata

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        """Send on what is in the slot, if anything is."""
        value = slots[self.slot]
        if value.__class__ is not Absent and value is not None:
            extra = {"metadata": [{"event": event.key if event else None}]} if self._takes_metadata else {}
            try:
                self.stream.emit(value, **extra)
            except Exception:  # an operator of the user's, which must not reach the graph
                self.failures += 1
                _log.exception("an operator attached to the tap %r failed on event %s", self.name, event and event.key)
            finally:
                self._forget()
        return Absent.UNCHANGED

    def _forget(self) -> None:
        """Let go of the last value, which streamz streams keep."""
        if hasattr(self.stream, "current_value"):
            self.stream.current_value = None
            self.stream.current_metadata = None
