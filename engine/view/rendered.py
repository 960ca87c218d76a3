"""What a picture of a graph shows, as plain data: every picture and listing is made from this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Rendered",
    "RenderedEdge",
    "RenderedFault",
    "RenderedNode",
    "RenderedRun",
    "RenderedSegment",
    "Role",
    "Tally",
]

_MOST_FAULTS = 3

Role: TypeAlias = Literal["source", "step", "sink", "missing", "group"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What one node did in a run.

    Attributes
    ----------
    given, out, filtered, failed
        Events that came to it, that it gave on, that it left out, and that failed in it.
    seconds, share
        Time spent in it, and its part of the time spent in all nodes (0 to 1).
    p95
        Time in seconds within which 95 of 100 events were done; None if that was not recorded.
    slowest
        Whether no other node took longer.
    """

    given: int = 0
    out: int = 0
    filtered: int = 0
    failed: int = 0
    seconds: float = 0.0
    share: float = 0.0
    p95: float | None = None
    slowest: bool = False


@dataclass(frozen=True, slots=True)
class RenderedRun:
    """The run that is laid on a graph.

    Attributes
    ----------
    uid, raw_uid
        Of the result run, and of the raw run it was made of.
    verdict, reason
        How it ended.
    seconds
        Time spent in all nodes.
    facts
        What else is worth a line: events that came, were lost, repeated or dropped, each as name and number.
    """

    uid: str
    raw_uid: str = ""
    verdict: str = ""
    reason: str = ""
    seconds: float = 0.0
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedSegment:
    """Nodes whose work is done together.

    Attributes
    ----------
    number
        Its place in the order of work, from 1.
    placement
        ``in order`` if it sees each event in turn at one place, ``anywhere`` if events can be spread over workers.
    nodes
        Ids of its nodes.
    steps
        A line for each piece of work: when, what, from which slots into which, and which slots are free after it.
    """

    number: int
    placement: str
    nodes: tuple[str, ...]
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedFault:
    """One thing that is wrong.

    Attributes
    ----------
    code, message, hint
        As in the check's fault.
    """

    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.message}".strip() + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class RenderedNode:
    """One node, in printable text.

    Attributes
    ----------
    id
        Short and safe in every format (``n1``); a name may be anything.
    name, type, family
        Its name in the graph, its node type, and the type's family; "" if not known.
    role
        ``source``, ``step``, ``sink``; ``missing``: named by an input, but not in the graph; ``group``: several nodes
        drawn as one.
    known
        Whether its node type is known.
    parameters
        Name and value with unit, such as ``("diameter", "11 px")``.
    outputs
        Names of its outputs with their port types, such as ``("out", "Table")``.
    cadence
        How often its first output exists: ``run``, ``event``, ``final``, or "" if that can't be known.
    stream
        The stream on whose events it runs, or "".
    note
        The remark that stands at it.
    faults
        What is wrong with it.
    docs
        What its node type does, in a line.
    place
        Where it is written, as ``file:line``; "" if it was not read from a file.
    on_error
        What happens to an event that fails in it.
    tally
        What it did in the run that is laid on the graph; None without one.
    members
        Names of the nodes that a group stands for.
    """

    id: str
    name: str
    type: str = ""
    family: str = ""
    role: Role = "step"
    known: bool = True
    parameters: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    cadence: str = ""
    stream: str = ""
    note: str = ""
    faults: tuple[RenderedFault, ...] = ()
    docs: str = ""
    place: str = ""
    on_error: str = ""
    tally: Tally | None = None
    members: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it must be shown as wrong."""
        return bool(self.faults) or not self.known

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it, in words; also where no check was made."""
        if self.role == "group" and len(self.faults) > _MOST_FAULTS:
            more = f"and {len(self.faults) - _MOST_FAULTS} more"
            return (*(str(fault) for fault in self.faults[:_MOST_FAULTS]), more)
        if self.faults or self.known:
            return tuple(str(fault) for fault in self.faults)
        return ("not in the graph",) if self.role == "missing" else ("unknown node type",)


@dataclass(frozen=True, slots=True)
class RenderedEdge:
    """One connection from an output to an input.

    Attributes
    ----------
    source, target
        Ids of the nodes.
    output, input
        Names of the ports.
    type, cadence
        Port type of what flows, and how often it does; "" if not known.
    label
        What is worth writing at the edge in a picture; "" where it is obvious.
    sound
        Whether the connection can exist: both ports do, and it is no part of a loop.
    back
        Whether it closes a loop, against the order of the nodes.
    always
        Whether there is a value for each event that its node gives on; what shows the state so far may come less often.
    count
        How many values went along it in the run that is laid on the graph; None if that is not known.
    """

    source: str
    target: str
    output: str
    input: str
    type: str = ""
    cadence: str = ""
    label: str = ""
    sound: bool = True
    back: bool = False
    always: bool = True
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A graph ready to be shown.

    Attributes
    ----------
    name, description
        Of the graph.
    nodes
        Each after its inputs, as far as there are no loops.
    edges
        In the order of their targets.
    faults
        What is wrong with the graph as a whole.
    run
        The run that is laid on it; None without one.
    segments
        What is worked together, in order; empty where the plan is not shown.
    """

    name: str
    description: str = ""
    nodes: tuple[RenderedNode, ...] = ()
    edges: tuple[RenderedEdge, ...] = ()
    faults: tuple[RenderedFault, ...] = ()
    run: RenderedRun | None = None
    segments: tuple[RenderedSegment, ...] = ()

    @property
    def fault_count(self) -> int:
        """Number of faults, those of nodes included; what only the picture found counts where no check was made."""
        checked = len(self.faults) + sum(len(node.faults) for node in self.nodes)
        return checked or sum(len(node.problems) for node in self.nodes)
