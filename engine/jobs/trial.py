"""One event through a graph, to see what each node makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headrace.engine.documents.assembler import Record
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.sources import Readable, stored_runs
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import Event, EventKey, RunEnd
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.plan import Plan

__all__ = ["NodeTrial", "Trial", "try_event"]


@dataclass(slots=True)
class NodeTrial:
    """What one node made of the event.

    Attributes
    ----------
    node, node_type
        The node.
    values
        Output to its value; outputs without a value are left out.
    why_not
        Why there is no value, in words; empty if there is one.
    seconds
        Time spent in the node on this event.
    failure
        The dead letter, if it failed.
    """

    node: str
    node_type: str
    values: dict[str, Any] = field(default_factory=dict)
    why_not: str = ""
    seconds: float = 0.0
    failure: DeadLetter | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One event through a graph.

    Attributes
    ----------
    event
        The event.
    before
        How many events of the run were worked on before it, so that nodes that remember are as they would be.
    nodes
        What each node made of it, in the order of the plan.
    """

    event: EventKey
    before: int
    nodes: list[NodeTrial]


_WORDS = {
    Absent.WAITING: "waits for a value that is held for the run",
    Absent.FILTERED: "left this event out",
    Absent.FAILED: "failed",
    Absent.UPSTREAM: "has no input: a node before it gave nothing",
}


class _Look:
    """Keeps what is in a slot."""

    def __init__(self) -> None:
        self.slot = -1
        self.value: Any = None

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        """Look."""
        self.value = slots[self.slot]
        return Absent.UNCHANGED


def try_event(
    graph: Graph | str | Path,
    source: Readable,
    event: str | int = 1,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - it is the word of the command line too
    alone: bool = False,
    trust: bool = False,
    lookup: str | Path | None = None,
) -> Trial:
    """Send one event of a stored run through a graph.

    Parameters
    ----------
    graph, set, trust, lookup
        See `headrace.run`.
    source
        The run.
    event
        ``stream/number``; or a number, of the stream that the graph reads; negative ones count from the last event.
    alone
        Whether nodes that remember see only this event; otherwise those before it are worked on first.

    Raises
    ------
    GraphError
        If the graph has faults.
    UsageError
        If there is no such event, or the source is not one run.
    NotReachableError
        If there is nothing at an address.
    """
    with Job(graph, set=set, trust=trust, lookup=lookup) as job:
        runs = stored_runs(source, job.assets)
        if len(runs) != 1:
            problem = f"expected one run, found {len(runs)}; name one, such as STORE/-1"
            raise UsageError(problem)
        records = list(runs[0].records())
        wanted = _wanted(records, event, job.pipeline.plan)
        return _tried(job, records, wanted, alone=alone)


def _wanted(records: list[Record], event: str | int, plan: Plan) -> EventKey:
    """Find the event that is meant."""
    stream, _, number = str(event).rpartition("/")
    keys = [record.key for record in records if isinstance(record, Event)]
    stream = stream or next((key.stream for key in keys if key.stream in plan.needed), "primary")
    numbers = [key.seq_num for key in keys if key.stream == stream]
    try:
        seq_num = int(number)
        seq_num = numbers[seq_num] if seq_num < 0 else seq_num
    except (ValueError, IndexError):
        seq_num = -1
    if seq_num not in numbers:
        streams = {key.stream: key.seq_num for key in keys}
        there = ", ".join(f"{name}/1 to {name}/{last}" for name, last in streams.items()) or "none"
        problem = f"the run has no event {event!r}; it has {there}"
        raise UsageError(problem)
    return next(key for key in keys if (key.stream, key.seq_num) == (stream, seq_num))


def _before(records: list[Record], wanted: EventKey, plan: Plan, *, alone: bool) -> Iterator[Record]:
    """Give what comes before the event; of its own stream nothing, if it is tried alone."""
    for record in records:
        if isinstance(record, Event):
            if record.key == wanted:
                return
            if alone and record.key.stream == wanted.stream:
                continue
        if not isinstance(record, RunEnd):
            yield record


def _tried(job: Job, records: list[Record], wanted: EventKey, *, alone: bool) -> Trial:
    plan = job.pipeline.plan
    remembers = any(kind.stateful and not kind.held for kind in plan.types.values())
    before = 0
    for record in _before(records, wanted, plan, alone=alone or not remembers):
        job.feed(record)
        before += isinstance(record, Event) and record.key.stream == wanted.stream
    looks = {f"{node}.{port}": _Look() for node, port in plan.slots}
    job.pipeline.probe(looks)
    spent = {name: count.nanoseconds for name, count in job.pipeline.counts(wanted.run).items()}
    job.feed(next(record for record in records if isinstance(record, Event) and record.key == wanted))
    counts = job.pipeline.counts(wanted.run)
    state = next(state for state in job.pipeline.under_way if state.run.uid == wanted.run)
    failures = {name: letter for name, (letter, _) in state.last_failures.items() if letter.event == wanted}
    nodes = [_of_node(name, plan, looks, failures) for segment in plan.segments for name in segment.nodes]
    for node in nodes:
        node.seconds = (counts[node.node].nanoseconds - spent.get(node.node, 0)) * 1e-9
    return Trial(wanted, before, [node for node in nodes if not plan.types[node.node].keeps])


def _of_node(name: str, plan: Plan, looks: Mapping[str, _Look], failures: Mapping[str, DeadLetter]) -> NodeTrial:
    kind = plan.types[name]
    at_events = _giving(plan)
    found = NodeTrial(name, kind.name, failure=failures.get(name))
    for port in kind.outputs:
        value = looks[f"{name}.{port.name}"].value
        if value.__class__ is Absent:
            found.why_not = found.why_not or (_WORDS.get(value, "") if name in at_events else "")
        elif value is not None:
            found.values[port.name] = value
    if found.failure is not None:
        found.why_not = found.failure.error
    elif not found.values and not found.why_not:
        found.why_not = "gives something at the end of the run only" if kind.outputs else "gives nothing"
    return found


def _giving(plan: Plan) -> set[str]:
    """Give the nodes that may fill a slot before the run ends."""
    early = [steps for segment in plan.segments for steps in (segment.begin, *segment.events.values())]
    return {step.node for steps in early for step in steps if step.outs or step.value_outs}
