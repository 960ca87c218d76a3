"""A plan: a checked graph as ordered steps over numbered slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.ports import Cadence, PortType

__all__ = ["Fusing", "Output", "Plan", "Segment", "Step", "Work"]

Fusing: TypeAlias = Literal["all", "stateless", "none"]
"""What a segment holds: every node; runs of stateless nodes apart from stateful ones; or one node each."""


class Work(StrEnum):
    """What a step does."""

    CALL = "call"
    """Calls a function."""
    UPDATE = "update"
    """Gives an event to a class, and asks for its value so far if someone listens."""
    BEGIN = "begin"
    """Asks a held node for the value it knows at run start."""
    MISSING = "missing"
    """Asks a held node what to do with an event that came before its value."""
    FINAL = "final"
    """Asks a class for its answer at the end of the run."""
    KEEP = "keep"
    """Hands values over as results."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One piece of work in a plan.

    Attributes
    ----------
    node, work
        Whose work it is, and what is done.
    ins
        Argument name (None where it goes by position) and the slot it is taken from.
    outs, value_outs
        Field of the result (None for all of it) and the slot it goes into; the latter for what `value` gives.
    frees
        Slots whose last use this is.
    publishes
        Whether the result holds for the rest of the run (a held value, or what was made of one).
    """

    node: str
    work: Work
    ins: tuple[tuple[str | None, int], ...] = ()
    outs: tuple[tuple[int | None, int], ...] = ()
    value_outs: tuple[tuple[int | None, int], ...] = ()
    frees: tuple[int, ...] = ()
    publishes: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """A result of the graph.

    Attributes
    ----------
    name
        Name of the result, which becomes a stream of the result run.
    node, port, slot
        Where it comes from.
    types, cadence
        What flows, and how often.
    stream
        The stream whose events it belongs to; None if it exists once per run.
    sink
        The node that keeps it.
    """

    name: str
    node: str
    port: str
    slot: int
    types: tuple[PortType, ...]
    cadence: Cadence
    stream: str | None
    sink: str


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Consecutive steps that execute together.

    Attributes
    ----------
    nodes
        The nodes it works for, in order.
    stateful
        Whether order matters to it, so that it can't be spread over workers.
    begin, events, end
        Steps at run start, per event of each stream, and at the end of the run.
    """

    nodes: tuple[str, ...]
    stateful: bool
    begin: tuple[Step, ...] = ()
    events: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    end: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A checked graph, compiled.

    Attributes
    ----------
    graph, types
        The graph, and the node type of each of its nodes.
    slots
        ``(node, port)`` to the number of the slot that holds its value.
    segments
        The work, in order.
    outputs
        The results, in the order of the sinks.
    streams
        The streams whose events are used.
    needed
        Those of them that a run must have: a stream whose values are only held for others (a dark) may be missing.
    fuse
        How far consecutive steps were put together.
    """

    graph: Graph
    types: Mapping[str, NodeType]
    slots: Mapping[tuple[str, str], int]
    segments: tuple[Segment, ...]
    outputs: tuple[Output, ...]
    streams: frozenset[str]
    needed: frozenset[str] = frozenset()
    fuse: Fusing = "all"

    @property
    def size(self) -> int:
        """How many slots there are."""
        return len(self.slots)

    def steps(self) -> tuple[Step, ...]:
        """Give every step, segment by segment."""
        return tuple(
            step
            for segment in self.segments
            for steps in (segment.begin, *segment.events.values(), segment.end)
            for step in steps
        )
