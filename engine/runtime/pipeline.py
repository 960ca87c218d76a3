"""A plan made live: a chain of stream nodes that records are pushed through."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter_ns
from typing import Any

from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.runtime.adoption import adopt
from headrace.engine.runtime.chain import Chain
from headrace.engine.runtime.change import Change
from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.message import Message
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan
from headrace.engine.runtime.receiver import Receiver
from headrace.engine.runtime.recording import Recording
from headrace.engine.runtime.revision import Revision
from headrace.engine.runtime.revisions import Revisions
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.streams import StreamLibrary
from headrace.engine.runtime.taps import Reader

__all__ = ["Pipeline"]

_log = logging.getLogger(__name__)


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
    keeping
        Makes what keeps the values of a run; None to keep none.
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
        self.keeping: Callable[[RunState], Recording | None] | None = None
        self._receiver = receiver
        self._lock = threading.RLock()
        self._states: dict[str, RunState] = {}
        self._ending: RunState | None = None
        self._chain = Chain(runtime)
        self._chain.build(plan)
        self.source = self._chain.head

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the pipeline in a notebook, by the graph in force."""
        from headrace.engine.model.display import mime_bundle

        return mime_bundle("graph", self.plan.graph)

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.revisions.current.plan

    @property
    def parameters(self) -> ParameterSet:
        """The parameters in force."""
        return self.revisions.current.parameters

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
        if self.keeping is None:
            return self._chain.send(Message(run, state, state.slots))
        recorder = state.recorder = self.keeping(state)
        answer = self._chain.send(Message(run, state, state.slots))
        if recorder is not None:
            recorder.begun()
        return answer

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
        if key.stream not in state.events:
            state.descriptors[key.stream] = event.descriptor
        state.events[key.stream] = state.events.get(key.stream, 0) + 1
        if state.stopped_by is not None or key.stream not in self.plan.streams:
            state.dropped += state.stopped_by is not None
            state.working_on = None
            return None
        message = Message(event, state, state.slots.copy())
        now = perf_counter_ns()
        sampled = state.samples.begin(state.counts, now) if now >= state.samples.due else None
        try:
            answer = self._chain.send(message, key)
            if state.recorder is not None:
                state.recorder.event_done(event)
            return answer
        except BaseException:
            _abandon(state)
            raise
        finally:
            message.let_go()
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
            answer = self._chain.send(message)
            if state.recorder is not None:
                state.recorder.ended()
            return answer
        finally:
            message.let_go()
            state.receiver.run_ended(state.summary(end))
            self._ending = None

    def _in_force(self) -> Revision:
        """Give the revision in force, with the streams made for its plan."""
        revision = self.revisions.current
        self._chain.build(revision.plan)
        return revision

    def _adopt(self, state: RunState, key: EventKey | None) -> None:
        """Put a run under the revision in force, from an event on."""
        revision = self._in_force()
        if state.revision is revision:
            return
        adopt(state, revision, self._chain.taps.by_slot)
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

    def abandon(self, reason: str, within: float = 2.0) -> bool:
        """End every run that is still open now, without what nodes do at the end of a run.

        Parameters
        ----------
        reason
            Why, for the stop document.
        within
            Seconds in which the event that another thread has in hand must be done.

        Returns
        -------
        Whether they could be ended.
        """
        if not self._lock.acquire(timeout=within):
            return False
        try:
            for run, state in list(self._states.items()):
                del self._states[run]
                state.receiver.run_ended(state.summary(RunEnd(run, None, reason=reason)))
        finally:
            self._lock.release()
        return True

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
            stream = self._chain.taps.stream(port, self._in_force().plan)
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
            self._chain.taps.probe(probes, plan)
            for state in self._states.values():
                state.tables.clear()
                for probe in probes.values() if state.plan is plan else ():
                    probe.emit(state.slots, None)


def _abandon(state: RunState) -> None:
    """Keep nothing more of a run that was broken off within an event: nobody knows what its nodes remember."""
    state.dropped += 1  # the event itself: not all nodes had it
    if state.recorder is not None:
        state.recorder.abandon()
