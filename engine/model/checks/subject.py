"""What is checked: a graph, its node types and the facts derived from both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from headrace.engine.model.analysis import Analysis
from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType

__all__ = ["Check", "Subject"]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A graph under the check.

    Attributes
    ----------
    graph, registry, facts
        The graph, the node types there are, and what follows from both.
    """

    graph: Graph
    registry: Mapping[str, NodeType]
    facts: Analysis

    def fault(self, code: str, message: str, *path: str, expected: str = "", hint: str = "") -> Fault:
        """Give a fault at the place of a path; its node is the second part of the path."""
        node = path[1] if len(path) > 1 else None
        return Fault(code, message, self.graph.where(*path), node, expected, hint)

    def has(self, node: str, *codes: str) -> bool:
        """Tell whether reading the graph found one of these faults with a node already."""
        return any(fault.node == node and fault.code in codes for fault in self.graph.faults)


Check: TypeAlias = Callable[[Subject], Iterator[Fault]]
