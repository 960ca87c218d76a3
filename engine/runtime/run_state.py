"""What the runtime keeps of one run: instances of stateful nodes, held values, counts, failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.arrivals import Joined
from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.dead_letters import DeadLetter, Given, describe, error_text, trace_of
from headrace.engine.runtime.executor import QuickRow, Row, StopRunError, Tables
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan, Step, Work
from headrace.engine.runtime.receiver import Receiver, RunSummary
from headrace.engine.runtime.recording import Recording
from headrace.engine.runtime.revision import Revision
from headrace.engine.runtime.samples import Samples
from headrace.engine.runtime.substitute import substitute

__all__ = ["RunState"]


class RunState:
    """The state of one run; runs that are under way at the same time share nothing.

    Not safe for concurrent use: the pipeline gives it one message at a time.

    Parameters
    ----------
    revision
        What runs, with what.
    run
        The run.
    receiver
        Takes results and dead letters.
    """

    def __init__(self, revision: Revision, run: RunContext, receiver: Receiver) -> None:
        self.revision = revision
        self.plan: Plan = revision.plan
        self.parameters: ParameterSet = revision.parameters
        self.revisions: list[tuple[Revision, EventKey | None]] = [(revision, None)]
        """Each revision the run was under, and its first event; none for what began with the run, or at its end."""
        self.run = run
        self.receiver = receiver
        self.slots: list[Any] = [Absent.WAITING] * (self.plan.size + 1)  # and one spare
        self.counts = {name: NodeCount() for name in self.plan.graph.nodes}
        self.apart = {name: NodeCount() for name in self.plan.graph.nodes}
        """Counts of work at the run's start and end by nodes that are counted by events."""
        self.events: dict[str, int] = {}
        self.descriptors: dict[str, Mapping[str, Any]] = {}
        """Stream to the descriptor of its first event."""
        self.last_event: EventKey | None = None
        self.dropped = 0
        self.stopped_by: str | None = None
        self.failures = 0
        self.first_failure: DeadLetter | None = None
        self.tables: dict[int, Tables] = {}
        """Segment number to its bound steps, for the pipeline."""
        self.templates: dict[str, Any] = {}
        """What is known of the last good value of nodes that have a substitute."""
        self.working_on: EventKey | None = None
        """The event in hand."""
        self.at: tuple[Sequence[QuickRow], Iterator[QuickRow]] | None = None
        """The steps that are being done, and the iterator over them."""
        self.samples = Samples()
        self.joined: dict[str, Joined] = {}
        """Nodes that came in, or changed what they read, while the run was under way."""
        self.last_failures: dict[str, tuple[DeadLetter, int]] = {}
        """Node to its last dead letter, and to how many events it had had then."""
        self.instances: dict[str, Any] = {}
        """Node to the run's own instance of its class; None if it could not be made."""
        self.recorder: Recording | None = None
        """Who keeps the values of the run, if anybody does."""

    def instance(self, node: str) -> Any:
        """Give the run's own instance of a stateful node, made on first use; None if it can't be made."""
        if node not in self.instances:
            self.instances[node] = None
            kind = self.plan.types[node]
            run = self.context(node)
            contexts = {name: run for name, context in kind.init_contexts.items() if context == "run"}
            try:
                self.instances[node] = kind.target(**self.parameters.values[node], **contexts)
            except (Exception, SystemExit) as error:
                self.note_failure(Step(node, Work.BEGIN), [], None, error)
        return self.instances[node]

    def context(self, node: str) -> RunContext:
        """Give the run as a node sees it."""
        return self.run if self.recorder is None else self.recorder.context(node)

    def taker(self, name: str) -> Callable[[Event | None, Any], None]:
        """Give the function that hands over one of the graph's results."""
        output = next(output for output in self.plan.outputs if output.name == name)
        receiver, run = self.receiver, self.run

        def take(event: Event | None, value: Any) -> None:
            receiver.value(run, output, event, value, self.parameters)

        return take

    def on_failure(self, row: Row, slots: list[Any], event: Event | None, error: Exception | SystemExit) -> Any:
        """Take note of a failure, and give what stands in for the value.

        Raises
        ------
        StopRunError
            If the node's failure is to end the run.
        """
        self.note_failure(row.step, slots, event, error)
        node = self.plan.graph.nodes[row.step.node]
        if node.on_error == "stop":
            self.stopped_by = node.name
            raise StopRunError
        if isinstance(node.on_error, dict) and row.step.work in (Work.CALL, Work.UPDATE):
            return substitute(node.on_error["substitute"], self.plan.types[node.name], self.templates.get(node.name))
        return Absent.FAILED

    def note_failure(self, step: Step, slots: list[Any], event: Event | None, error: Exception | SystemExit) -> None:
        """Count a failure and write its dead letter."""
        self.counts[step.node].failed += 1
        if self.recorder is not None:
            self.recorder.failed(step.node)
        given = Given(self._given(step, slots), event, self.run, self.plan, self.parameters)
        letter = self._letter(step, given, event, error)
        self.failures += 1
        self.first_failure = self.first_failure or letter
        self.last_failures[step.node] = (letter, self.counts[step.node].entered)
        try:
            self.receiver.dead_letter(self.run, letter)
        finally:
            given.let_go()

    def _given(self, step: Step, slots: list[Any]) -> dict[str, Any]:
        """Give input ports and what was in them."""
        ports = [port.name for port in self.plan.types[step.node].inputs if not port.variadic]
        names = [name or ports[number] for number, (name, _) in enumerate(step.ins)]
        return {name: slots[slot] for name, (_, slot) in zip(names, step.ins, strict=True)}

    def _letter(self, step: Step, given: Given, event: Event | None, error: Exception | SystemExit) -> DeadLetter:
        kind = self.plan.types[step.node]
        at_begin = step.work is Work.BEGIN or (step.work is Work.CALL and step.publishes)
        return DeadLetter(
            graph=self.plan.graph.name,
            node=step.node,
            node_type=kind.name,
            run=self.run.uid,
            event=event.key if event else None,
            time=event.time if event else None,
            phase="event" if event else "begin" if at_begin else "end",
            revision=self.parameters.revision,
            inputs={name: describe(value) for name, value in given.values.items()},
            error=error_text(error),
            trace=trace_of(error),
            given=given,
        )

    def summary(self, end: RunEnd) -> RunSummary:
        """Give the summary of the run."""
        seconds = {
            name: (count.nanoseconds + self.apart[name].nanoseconds) * 1e-9 for name, count in self.counts.items()
        }
        return RunSummary(
            run=self.run,
            end=end,
            counts={name: count.to_dict() for name, count in self.counts.items()},
            seconds=seconds,
            failures=self.failures,
            first_failure=self.first_failure,
            events=dict(self.events),
            dropped=self.dropped,
            stopped_by=self.stopped_by,
            revisions=tuple(self.revisions),
            latency=self.samples.latency(),
            descriptors=dict(self.descriptors),
            unseen=tuple(sorted(self.plan.needed - set(self.events))) if self.events else (),
        )
