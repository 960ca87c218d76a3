"""The numbers of a run under way, read from outside while it works: consistent, and without holding it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from headrace.engine.model.records import EventKey
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.arrivals import Joined, arrivals
from headrace.engine.runtime.plan import Plan, Step
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.whereabouts import at_work

__all__ = ["NodeNumbers", "RunNumbers", "numbers_of", "waiting_for"]

_TRIES = 20
_FROM_THE_START = Joined({}, 0)
_Count: TypeAlias = tuple[int, int, int, int]
"""Out, filtered, failed, nanoseconds."""


@dataclass(frozen=True, slots=True)
class NodeNumbers:
    """What one node did so far; ``given`` is the sum of the five after it.

    Attributes
    ----------
    given
        Events that it was given: for which all its inputs were there. A node that reads events from a stream is
        given every event of that stream.
    out, filtered, failed
        Those that it did, left out, and failed on.
    dropped
        Those that came after a node's failure had stopped the run.
    queued
        Those that it has, or is about to have, in hand.
    nanoseconds
        Time spent in it.
    working
        Whether it is at work this moment.
    """

    given: int
    out: int
    filtered: int
    failed: int
    dropped: int
    queued: int
    nanoseconds: int
    working: bool

    @property
    def done(self) -> int:
        """Events it is done with."""
        return self.out + self.filtered + self.failed


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """What became of a run so far.

    Attributes
    ----------
    graph, order
        The graph, and its nodes in its own order.
    events
        Stream to the number of its events that came in.
    dropped
        Events that came after a node's failure had stopped the run.
    working_on
        The event that is being worked on.
    nodes
        Node to its numbers.
    """

    graph: str
    order: tuple[str, ...]
    events: Mapping[str, int]
    dropped: int
    working_on: EventKey | None
    nodes: Mapping[str, NodeNumbers]


def numbers_of(state: RunState) -> RunNumbers:
    """Read the numbers of a run, from any thread.

    They are read until two readings in a row agree, so that all are of the same moment. The work is never held up;
    a run that is too fast for that gives the last reading.
    """
    held, makers = _slots(state.plan)
    reading = _read(state)
    for _ in range(_TRIES):
        working = at_work(state, held, makers)
        again = _read(state)
        if again == reading:
            break
        reading = again
    plan, events, dropped, working_on, counts = reading
    reads = arrivals(plan)
    nodes = {}
    for name, count in counts.items():
        open_ones = _open(count, reads.get(name), events, state.joined.get(name, _FROM_THE_START))
        nodes[name] = _node(count, open_ones, idle=working_on is None, works=name == working)
    return RunNumbers(plan.graph.name, tuple(plan.graph.nodes), events, dropped, working_on, nodes)


def _read(state: RunState) -> Any:
    counts = {
        name: (count.out, count.filtered, count.failed, count.nanoseconds) for name, count in list(state.counts.items())
    }
    return state.plan, dict(state.events), state.dropped, state.working_on, counts


def _open(count: _Count, stream: str | None, events: Mapping[str, int], since: Joined) -> int | None:
    """Give how many events a node was given and has not done; None where that can't be told from outside."""
    if stream is None:
        return None
    out, filtered, failed, _ = count
    came = events.get(stream, 0) - since.events.get(stream, 0)
    return max(0, came - (out + filtered + failed - since.entered))


def _node(count: _Count, open_ones: int | None, *, idle: bool, works: bool) -> NodeNumbers:
    out, filtered, failed, nanoseconds = count
    queued, dropped = int(works), 0
    if open_ones is not None:
        queued = 0 if idle else min(1, open_ones)
        dropped = open_ones - queued
    given = out + filtered + failed + dropped + queued
    return NodeNumbers(given, out, filtered, failed, dropped, queued, nanoseconds, works)


def _slots(plan: Plan) -> tuple[set[int], dict[int, str]]:
    """Give the slots whose values hold for the rest of the run, and the node that fills each slot."""
    held = {slot for step in plan.steps() if step.publishes for _, slot in step.outs}
    return held, {slot: node for (node, _), slot in plan.slots.items()}


def waiting_for(state: RunState) -> dict[str, str]:
    """Give the nodes that wait for a value which has not come in this run, and whose value that is.

    A node that waits for one that waits itself is said to wait for the first in the row.
    """
    plan, slots = state.plan, state.slots
    held, makers = _slots(plan)
    waits: dict[str, str] = {}
    for step in plan.steps():
        for slot in _missing(step, held, slots):
            waits.setdefault(step.node, makers[slot])
    return {node: _first(node, waits) for node in waits}


def _missing(step: Step, held: set[int], slots: list[Any]) -> list[int]:
    return [slot for _, slot in step.ins if slot in held and slot < len(slots) and slots[slot] is Absent.WAITING]


def _first(node: str, waits: Mapping[str, str]) -> str:
    seen = {node}
    while (awaited := waits[node]) in waits and awaited not in seen:
        seen.add(awaited)
        node = awaited
    return awaited
