"""What travels through the streams of a pipeline, and what a segment does with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headrace.engine.model.records import Event, RunContext, RunEnd
from headrace.engine.runtime.binding import bind
from headrace.engine.runtime.executor import StopRunError, execute
from headrace.engine.runtime.plan import Segment
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.taps import Taps

__all__ = ["Message", "Worker"]


@dataclass(slots=True, eq=False)
class Message:
    """One record, with every value made of it so far.

    All values of an event travel together, so two branches of a graph can't get out of step.
    """

    record: RunContext | Event | RunEnd | None
    state: RunState
    slots: list[Any]

    def let_go(self) -> None:
        """Let go of every value: streams keep the last message they saw."""
        self.slots.clear()
        self.record = None


class Worker:
    """Does the work of one segment on a message.

    Parameters
    ----------
    segment, number
        The segment, and its place in the plan.
    taps
        Who reads values on the way.
    """

    __slots__ = ("_number", "_segment", "_taps")

    def __init__(self, segment: Segment, number: int, taps: Taps) -> None:
        self._segment = segment
        self._number = number
        self._taps = taps

    def __call__(self, message: Message) -> None:
        """Work on a message; a node that stops the run ends it here."""
        state, record = message.state, message.record
        if state.stopped_by is not None:
            return
        tables = state.tables.get(self._number)
        if tables is None:
            tables = state.tables[self._number] = bind(self._segment, state, self._taps.by_slot)
        event = None
        if isinstance(record, Event):
            event = record
            rows = tables.events.get(record.key.stream, ())
        else:
            rows = tables.begin if isinstance(record, RunContext) else tables.end
        steps = iter(rows)
        state.at = (rows, steps)  # whoever looks sees by the iterator how far it is, which costs the steps nothing
        try:
            execute(steps, message.slots, event, state.on_failure)
        except StopRunError:
            return
        finally:
            state.at = None
