"""A plan made live: a chain of stream nodes that records are pushed through."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Any

from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.runtime.adoption import adopt
from headrace.engine.runtime.binding import bind
from headrace.engine.runtime.change import Change
from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.executor import StopRunError, Tables, execute
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan, Segment
from headrace.engine.runtime.receiver import Receiver
from headrace.engine.runtime.revision import Revision
from headrace.engine.runtime.revisions import Revisions
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.streams import StreamLibrary, segment_class, stream_base, takes_metadata
from headrace.engine.runtime.taps import Reader, Taps

__all__ = ["Message", "Pipeline"]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Message:
    """What travels through the stream: one record, with every value made of it so far.

    All values of an event travel together, so two branches of a graph can't get out of step.
    """

    record: RunContext | Event | RunEnd | None
    state: RunState
    slots: list[Any]


class Pipeline:
    """A running graph.

    One record is worked on at a time: `feed` may be called from several threads, and they take turns.

    Parameters
    ----------
    plan
        The compiled graph.
    receiver
        Takes results, dead letters and summaries.
    runtime
        The stream library to build on: ``"streamz"``, ``"rapidz"`` or a ``Stream`` class.
    registry
        The node types that a changed graph may use; by default those that the plan uses.
    first
        The revision to begin with, if it is not the first of the plan with the graph's own parameters.

    Attributes
    ----------
    source
        The stream at the head of the chain; its nodes can be followed through ``downstreams``.
    revisions
        What is in force, and what was.
    unknown
        Events and ends of runs that never began here.
    """

    def __init__(
        self,
        plan: Plan,
        receiver: Receiver,
        runtime: StreamLibrary | type = "streamz",
        registry: Mapping[str, NodeType] | None = None,
        first: Revision | None = None,
    ) -> None:
        first = first or Revision(plan, ParameterSet.of(plan.graph, plan.types), time.time())
        self.revisions = Revisions(first, plan.types if registry is None else registry)
        self.unknown = 0
        self._receiver = receiver
        self._lock = threading.RLock()
        self._states: dict[str, RunState] = {}
        self._ending: RunState | None = None
        self._built: Plan | None = None
        self._chain: list[Any] = []
        self._base = stream_base(runtime)
        self._takes_metadata = takes_metadata(self._base)
        self._taps = Taps(self._base, takes_metadata=self._takes_metadata)
        self._node_class = segment_class(self._base)
        self.source = self._node_class(stream_name="documents")
        self.source.work = _pass_on
        self._build(plan)

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.revisions.current.plan

    @property
    def parameters(self) -> ParameterSet:
        """The parameters in force."""
        return self.revisions.current.parameters

    def _build(self, plan: Plan) -> None:
        """Make the streams for a plan; as long as its segments have the same nodes, the streams stay the same."""
        self._built = plan
        self._taps.number(plan)
        if [node.name for node in self._chain] != [_stream_name(segment) for segment in plan.segments]:
            self._chain_up(plan.segments)
        for number, (node, segment) in enumerate(zip(self._chain, plan.segments, strict=True)):
            node.work = _Worker(self, segment, number)

    def _chain_up(self, segments: Sequence[Segment]) -> None:
        """Hang a new chain of streams on the head; what users attached to the head itself stays."""
        if self._chain:
            self.source.downstreams.discard(self._chain[0])
        self.source.following, self._chain = None, []
        previous = self.source
        for segment in segments:
            node = self._node_class(upstream=previous, stream_name=_stream_name(segment))
            previous.following = previous = node
            self._chain.append(node)

    def feed(self, record: RunContext | Event | RunEnd) -> Any:
        """Push a record through the graph.

        Returns
        -------
        What the stream's ``emit`` returns: None, or something to await if the stream is asynchronous.
        """
        with self._lock:
            if isinstance(record, Event):
                return self._feed_event(record)
            if isinstance(record, RunContext):
                return self._feed_start(record)
            return self._feed_end(record)

    def _feed_start(self, run: RunContext) -> Any:
        if run.uid in self._states:
            _log.warning("run %s began twice; the second beginning is ignored", run.uid)
            return None
        revision = self._in_force()
        self._receiver.run_started(run, revision.plan, revision.parameters)
        state = RunState(revision, run, self._receiver)
        self._states[run.uid] = state
        return self._emit(Message(run, state, state.slots))

    def _feed_event(self, event: Event) -> Any:
        key = event.key
        state = self._states.get(key.run)
        if state is None:
            self.unknown += 1
            return None
        if self.revisions.waiting:
            self.revisions.reach(key)
        if state.revision is not self.revisions.current:
            self._adopt(state, key)
        state.working_on = key  # before it is counted, so that whoever reads the numbers meanwhile finds it in hand
        state.last_event = key
        state.events[key.stream] = state.events.get(key.stream, 0) + 1
        if state.stopped_by is not None or key.stream not in self.plan.streams:
            state.dropped += state.stopped_by is not None
            state.working_on = None
            return None
        message = Message(event, state, state.slots.copy())
        now = perf_counter_ns()
        sampled = state.samples.begin(state.counts, now) if now >= state.samples.due else None
        try:
            return self._emit(message, key)
        finally:
            _empty(message)
            state.working_on = None
            if sampled is not None:
                state.samples.end(sampled, event.time)

    def _feed_end(self, end: RunEnd) -> Any:
        state = self._states.pop(end.run, None)
        if state is None:
            self.unknown += 1
            return None
        if self.revisions.waiting:
            self.revisions.leave(end.run)
        if state.revision is not self.revisions.current:
            self._adopt(state, None)
        self._ending = state
        message = Message(end, state, state.slots.copy())
        try:
            return self._emit(message)
        finally:
            _empty(message)
            state.receiver.run_ended(state.summary(end))
            self._ending = None

    def _in_force(self) -> Revision:
        """Give the revision in force, with the streams made for its plan."""
        revision = self.revisions.current
        if revision.plan is not self._built:
            self._build(revision.plan)
        return revision

    def _adopt(self, state: RunState, key: EventKey | None) -> None:
        """Put a run under the revision in force, from an event on."""
        revision = self._in_force()
        if state.revision is revision:
            return
        adopt(state, revision, self._taps.by_slot)
        state.revisions.append((revision, key))
        state.receiver.revised(state.run, revision, key)

    def hand_over(self, run: str, to: Pipeline, supersedes: str) -> bool:
        """Give a run to another pipeline, which goes on with it, if both are at the same event.

        Parameters
        ----------
        run
            The run; it must be under way here.
        to
            The pipeline that has worked on it too, and is at an earlier event, the same event, or done with it.
        supersedes
            Why the run's result there ends here, in words.

        Returns
        -------
        Whether it was given. If not, this pipeline is behind.
        """
        with to._lock:
            mine, theirs = self._states[run], to._states.get(run)
            if theirs is None or theirs.last_event != mine.last_event:
                return False
            del self._states[run]
            to._in_force()
            mine.tables.clear()
            to._states[run] = mine
            theirs.receiver.run_ended(replace(theirs.summary(RunEnd(run, None)), superseded=supersedes))
            return True

    def history_of(self, run: str) -> tuple[tuple[Revision, EventKey | None], ...]:
        """Give the revisions that a run under way was under so far, each with its first event."""
        state = self._states.get(run)
        return tuple(state.revisions) if state is not None else ()

    def plan_change(self, change: Mapping[str, Any] | Graph) -> Change:
        """Say what a change would do, and change nothing.

        Parameters
        ----------
        change
            ``{"node.parameter": value}``, or the graph as it shall be.

        Raises
        ------
        GraphError
            If the graph would have faults.
        UsageError
            If a key names no node, or a result would become another kind of value.
        """
        return self.revisions.plan(self._wanted(change))

    def set(self, change: Mapping[str, Any] | Graph, *, author: str = "", at: EventKey | None = None) -> Revision:
        """Change parameters, or nodes and edges, between two events: all at once, or nothing.

        Returns at once; the work on an event that is under way ends as it began. May be called from any thread.

        Parameters
        ----------
        change
            ``{"node.parameter": value}``, or the graph as it shall be.
        author
            Who wants it.
        at
            The event from which on the change holds; None for the next one, whichever it is. With an empty ``run``,
            the first run that reaches it. See `end_of` too.

        Returns
        -------
        The revision that holds from then on; the one in force if nothing changes.

        Raises
        ------
        GraphError
            If the graph would have faults.
        UsageError
            If a key names no node, a node refuses while a run is under way, or another change waits for its event.
        """
        return self.revisions.make(self._wanted(change), author=author, at=at, busy=bool(self._states))

    def undo(self, *, author: str = "") -> Revision:
        """Take the last change back: a new revision with the graph as it was before. Can be repeated.

        Raises
        ------
        UsageError
            If there is nothing to undo, or a node refuses while a run is under way.
        """
        if self.revisions.forget_waiting():
            return self.revisions.current
        graph, number = self.revisions.undone()
        return self.revisions.make(graph, author=author, busy=bool(self._states), undoes=number)

    def _wanted(self, change: Mapping[str, Any] | Graph) -> Graph:
        return change if isinstance(change, Graph) else self.revisions.made[-1].plan.graph.set(change)

    def _emit(self, message: Message, key: EventKey | None = None) -> Any:
        metadata = {"metadata": [{"event": key}]} if key is not None and self._takes_metadata else {}
        if self.source.loop is None:
            # Not through `emit`: that would tell streamz that this thread may not wait, and a tap with a buffer
            # behind it could then not hold us back.
            return self.source.update(message, **metadata)
        return self.source.emit(message, **metadata)

    def end(self, run: str) -> None:
        """End a run, if it is still open, as one whose stop document never came."""
        with self._lock:
            if run in self._states:
                self.feed(RunEnd(run, None))

    def close(self) -> None:
        """End every run that is still open, as one whose stop document never came."""
        with self._lock:
            for run in list(self._states):
                self.end(run)

    @property
    def under_way(self) -> list[RunState]:
        """The runs under way, the oldest first. Read them from any thread, but let only the pipeline change them."""
        ending = self._ending
        return [*self._states.values()] if ending is None else [*self._states.values(), ending]

    def stopped(self, run: str) -> bool:
        """Tell whether a node's failure has stopped a run that is under way."""
        state = self._states.get(run)
        return state is not None and state.stopped_by is not None

    def done(self, run: str) -> int:
        """Give how many events of a run that is under way have been worked on."""
        state = self._states.get(run)
        return sum(state.events.values()) if state is not None else 0

    def counts(self, run: str) -> Mapping[str, NodeCount]:
        """Give the counts of a run that is under way, by node; empty if there is no such run."""
        state = self._states.get(run)
        return {} if state is None else state.counts

    def tap(self, port: str) -> Any:
        """Give the values of a port as an ordinary stream.

        Parameters
        ----------
        port
            ``node``, or ``node.port`` where a node has several outputs.

        Returns
        -------
        A ``Stream`` of the library the pipeline is built on; each value carries ``{"event": EventKey}`` as metadata
        where the library has that. Keep a reference to what you attach, as with any stream.

        Raises
        ------
        UsageError
            If there is no such port.
        """
        with self._lock:
            stream = self._taps.stream(port, self._in_force().plan)
            for state in self._states.values():
                state.tables.clear()
        return stream

    def probe(self, probes: Mapping[str, Reader]) -> None:
        """Show the values of some ports to probes, in place of those there were; an empty mapping takes them away.

        What is held for a run is shown at once. Waits until the work on the event under way is done.

        Parameters
        ----------
        probes
            ``node.port`` to what is shown its slot; ports that are not there are passed over.
        """
        with self._lock:
            plan = self._in_force().plan
            self._taps.probe(probes, plan)
            for state in self._states.values():
                state.tables.clear()
                for probe in probes.values() if state.plan is plan else ():
                    probe.emit(state.slots, None)

    def tables(self, state: RunState, segment: Segment, number: int) -> Tables:
        """Give the bound steps of a segment for a run."""
        if number not in state.tables:
            state.tables[number] = bind(segment, state, self._taps.by_slot)
        return state.tables[number]


def _stream_name(segment: Segment) -> str:
    return " ".join(segment.nodes)


def _pass_on(message: Message) -> None:
    """Do nothing: the head of the chain has no work."""


class _Worker:
    """Does the work of one segment on a message."""

    __slots__ = ("_number", "_pipeline", "_segment")

    def __init__(self, pipeline: Pipeline, segment: Segment, number: int) -> None:
        self._pipeline = pipeline
        self._segment = segment
        self._number = number

    def __call__(self, message: Message) -> None:
        state, record = message.state, message.record
        if state.stopped_by is not None:
            return
        tables = state.tables.get(self._number) or self._pipeline.tables(state, self._segment, self._number)
        event = None
        if isinstance(record, Event):
            event = record
            rows = tables.events.get(record.key.stream, ())
        else:
            rows = tables.begin if isinstance(record, RunContext) else tables.end
        try:
            execute(rows, message.slots, event, state.on_failure)
        except StopRunError:
            return


def _empty(message: Message) -> None:
    """Let go of every value: streams keep the last message they saw."""
    message.slots.clear()
    message.record = None
