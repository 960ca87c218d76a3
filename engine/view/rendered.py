"""What a picture of a graph shows, as plain data: every picture and listing is made from this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Rendered", "RenderedEdge", "RenderedFault", "RenderedNode", "Role"]

Role: TypeAlias = Literal["source", "step", "sink", "missing"]


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
        ``source``, ``step``, ``sink``, or ``missing``: named by an input, but not in the graph.
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

    @property
    def broken(self) -> bool:
        """Whether it must be shown as wrong."""
        return bool(self.faults) or not self.known

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it, in words; also where no check was made."""
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
    """

    name: str
    description: str = ""
    nodes: tuple[RenderedNode, ...] = ()
    edges: tuple[RenderedEdge, ...] = ()
    faults: tuple[RenderedFault, ...] = ()

    @property
    def fault_count(self) -> int:
        """Number of faults, those of nodes included; what only the picture found counts where no check was made."""
        checked = len(self.faults) + sum(len(node.faults) for node in self.nodes)
        return checked or sum(len(node.problems) for node in self.nodes)
