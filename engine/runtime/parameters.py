"""Parameter sets: immutable, numbered snapshots of every parameter of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.engine.model.constraints import convert, plain
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType

__all__ = ["ParameterSet"]


@dataclass(frozen=True, slots=True, eq=False)
class ParameterSet:
    """Every parameter of every node, defaults included, under a revision number.

    Attributes
    ----------
    revision
        Its number, from 1.
    values
        Node to parameter to value, in the declared type and unit.
    """

    revision: int
    values: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, graph: Graph, types: Mapping[str, NodeType], revision: int = 1) -> ParameterSet:
        """Give the parameter set that a checked graph starts with.

        Raises
        ------
        UsageError
            If a value does not fit its parameter.
        """
        return cls(revision, {name: _resolved(node.parameters, types[name]) for name, node in graph.nodes.items()})

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Give the values as plain data."""
        return {node: {name: plain(value) for name, value in values.items()} for node, values in self.values.items()}


def _resolved(given: Mapping[str, Any], node_type: NodeType) -> dict[str, Any]:
    return {
        name: convert(given[name], parameter.annotation) if name in given else parameter.default
        for name, parameter in node_type.parameters.items()
    }
