"""Running a graph on a stored run, with all that the cache knows taken from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from headrace.engine.model.records import Event, RunContext, RunEnd
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.adoption import adopt
from headrace.engine.runtime.binding import bind
from headrace.engine.runtime.cache import Reading, ValueStore
from headrace.engine.runtime.executor import QuickRow, StopRunError, execute
from headrace.engine.runtime.lineage import Lineage
from headrace.engine.runtime.plan import Segment, Step, Work
from headrace.engine.runtime.receiver import Receiver
from headrace.engine.runtime.reuse_demand import Demand
from headrace.engine.runtime.reuse_lookups import Lookups
from headrace.engine.runtime.reuse_record import Recorder
from headrace.engine.runtime.reuse_report import Reuse, reuse_of
from headrace.engine.runtime.reuse_rule import from_bytes
from headrace.engine.runtime.reuse_script import Moment, Schedule, Script
from headrace.engine.runtime.revision import Revision
from headrace.engine.runtime.run_state import RunState

__all__ = ["replay"]


class _Unasked:
    """Stands in slots that nobody asked for; a node that gets one fails, so that it can't be overlooked."""

    def __repr__(self) -> str:
        return "a value that was not asked for"


_UNASKED = _Unasked()


def replay(
    revision: Revision,
    receiver: Receiver,
    store: ValueStore,
    run: RunContext,
    events: Iterable[Event],
    end: RunEnd,
    schedule: Schedule = (),
) -> Reuse:
    """Run a graph on a whole run, and compute only what the cache does not hold.

    The receiver gets what it would get from a run without a cache, in the same order.

    Parameters
    ----------
    revision
        What to begin with.
    receiver
        Takes results, dead letters and the summary.
    store
        The cache. What is computed is kept in it.
    run, events, end
        The run.
    schedule
        Later revisions, each with the first event under it.

    Returns
    -------
    What was reused and what was computed.
    """
    with store.reading() as look:
        lookups = Lookups(run, look, _nobody)
        script = Script(Lineage(revision, run, lookups.key), events, end, schedule)
        demand = Demand(script, look)
        work = _Replay(script, demand, run, receiver, store, look)
        work.know(lookups)
        try:
            return work.run(list(schedule))
        finally:
            work.let_go()


def _nobody(node: str) -> bool:
    return False


class _Replay:
    """One replay."""

    def __init__(
        self,
        script: Script,
        demand: Demand,
        run: RunContext,
        receiver: Receiver,
        store: ValueStore,
        look: Reading,
    ) -> None:
        self._script = script
        self._demand = demand
        self._receiver = receiver
        self._store = store
        self._look = look
        self._state = RunState(script.revisions[0], run, receiver)
        self._recorder = Recorder(self._state, store, look, demand.works)
        self._state.recorder = self._recorder
        self._rows: dict[Any, list[list[QuickRow]]] = {}
        self._forget_inactive()

    def know(self, lookups: Lookups) -> None:
        """Take over what was found out about other runs."""
        self._recorder.lookups.take_over(lookups)

    def run(self, schedule: list[Any]) -> Reuse:
        """Do it all."""
        state = self._state
        self._receiver.run_started(state.run, state.plan, state.parameters)
        self._execute(self._bound("begin", None, frozenset()), state.slots, None)
        self._recorder.begun()
        for moment in self._script.moments:
            while schedule and moment.revision is not state.revision:
                self._adopt(*schedule.pop(0))
            self._work(moment)
        summary = state.summary(self._script.end)
        self._store.touch([moment.keys[slot] for moment in self._script.moments for slot in moment.loads])
        reuse = reuse_of(self._script, self._demand, self._recorder, self._look, summary)
        self._receiver.run_ended(summary)
        return reuse

    def let_go(self) -> None:
        """Let go of all that holds on to each other, so that events and their open files go at once."""
        self._state.recorder = None
        self._state.tables.clear()
        self._state.instances.clear()
        self._rows.clear()

    def _adopt(self, revision: Revision, first: Any) -> None:
        adopt(self._state, revision, {})
        self._forget_inactive()
        self._state.revisions.append((revision, first))
        self._receiver.revised(self._state.run, revision, first)

    def _forget_inactive(self) -> None:
        """Mark what nobody asked for, so that nobody takes it for a value that is merely absent."""
        for (node, _), slot in self._state.plan.slots.items():
            if self._state.slots[slot] is Absent.WAITING and node not in self._demand.active:
                self._state.slots[slot] = _UNASKED

    def _work(self, moment: Moment) -> None:
        """Work off one event, or the end of the run."""
        state, event = self._state, moment.event
        if event is not None:
            state.events[event.key.stream] = state.events.get(event.key.stream, 0) + 1
            if state.stopped_by is not None or event.key.stream not in state.plan.streams:
                state.dropped += state.stopped_by is not None
                return
        elif state.stopped_by is not None:
            return
        slots = state.slots.copy()
        self._load(moment, slots)
        self._count(moment)
        part = "end" if event is None else event.key.stream
        self._execute(self._bound(part, event, frozenset(moment.computes)), slots, event)
        if event is not None:
            self._recorder.event_done(event)
        else:
            self._recorder.ended()

    def _load(self, moment: Moment, slots: list[Any]) -> None:
        running = self._demand.running
        for slot, node in moment.absent.items():
            if node not in running:
                slots[slot] = Absent.UPSTREAM
        used = self._used(moment)
        for slot, (node, data) in moment.loads.items():
            if node not in running:
                slots[slot] = from_bytes(data, whole=slot in used)

    def _used(self, moment: Moment) -> set[int]:
        """Give the slots that some node computes with; the others are only written down."""
        steps = self._script.steps(moment.revision).at(moment)
        return {
            slot for step in steps if step.work is not Work.KEEP and self._does(step, moment) for _, slot in step.ins
        }

    def _count(self, moment: Moment) -> None:
        """Count the nodes that are spared the event."""
        absent = set(moment.absent.values())
        for step in self._script.steps(moment.revision).at(moment):
            counted = moment.event is not None or step.work is Work.CALL
            if (
                counted
                and step.work in (Work.CALL, Work.UPDATE)
                and not step.publishes
                and not self._does(step, moment)
            ):
                self._state.counts[step.node].reused += step.node not in absent

    def _does(self, step: Step, moment: Moment | None) -> bool:
        """Tell whether a step is done."""
        if step.work is Work.KEEP:
            return True
        if step.publishes or step.work is Work.MISSING:
            return step.node in self._demand.active
        return step.node in self._demand.running or (moment is not None and step.node in moment.computes)

    def _execute(self, segments: Sequence[Sequence[QuickRow]], slots: list[Any], event: Event | None) -> None:
        try:
            for rows in segments:
                execute(rows, slots, event, self._state.on_failure)
        except StopRunError:
            return

    def _bound(self, part: str, event: Event | None, computes: frozenset[str]) -> list[list[QuickRow]]:
        """Give the rows of a part of the run, segment by segment, with those nodes that compute."""
        revision = self._state.revision
        whole = self._rows.get((id(revision), part))
        if whole is None:
            whole = self._rows[id(revision), part] = self._bind(part, event)
        found = self._rows.get((id(revision), part, computes))
        if found is None:
            found = [[row for row in rows if self._is_done(row[-1].step, computes)] for rows in whole]
            self._rows[id(revision), part, computes] = found
        return found

    def _is_done(self, step: Step, computes: frozenset[str]) -> bool:
        at_once = step.publishes or step.work in (Work.KEEP, Work.MISSING) or step.node in self._demand.running
        return at_once or step.node in computes

    def _bind(self, part: str, event: Event | None) -> list[list[QuickRow]]:
        """Bind the steps of nodes that do anything at all; the others are not even made."""
        bound: list[list[QuickRow]] = []
        for number, segment in enumerate(self._state.plan.segments):
            if number not in self._state.tables:
                self._state.tables[number] = bind(self._working(segment), self._state, {})
            tables = self._state.tables[number]
            rows = tables.begin if part == "begin" else tables.end if part == "end" else tables.events.get(part, ())
            bound.append(list(rows))
        return bound

    def _working(self, segment: Segment) -> Segment:
        return replace(
            segment,
            begin=tuple(step for step in segment.begin if self._may(step)),
            events={s: tuple(step for step in steps if self._may(step)) for s, steps in segment.events.items()},
            end=tuple(step for step in segment.end if self._may(step)),
        )

    def _may(self, step: Step) -> bool:
        return step.work is Work.KEEP or self._demand.works(step.node)
