"""The graph check: every fault of a graph at once, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.engine.model.analysis import analyse
from headrace.engine.model.checks.cadence import check_cadence
from headrace.engine.model.checks.common_keys import check_common_keys
from headrace.engine.model.checks.names import check_names
from headrace.engine.model.checks.parameters import check_parameters
from headrace.engine.model.checks.ports import check_ports
from headrace.engine.model.checks.runs import check_runs
from headrace.engine.model.checks.subject import Check, Subject
from headrace.engine.model.checks.use import check_use
from headrace.engine.model.faults import Fault, GraphError
from headrace.engine.model.graph import Graph
from headrace.engine.model.graph_file import FATAL
from headrace.engine.model.registry import types_for
from headrace.engine.model.yaml_reader import read_with_types

if TYPE_CHECKING:
    from headrace.engine.model.node_type import NodeType

__all__ = ["check", "check_graph", "require_sound"]

_CHECKS: tuple[Check, ...] = (
    check_runs,
    check_names,
    check_parameters,
    check_common_keys,
    check_ports,
    check_cadence,
    check_use,
)


def check(path_or_graph: str | Path | Graph, *, trust: bool = False) -> list[Fault]:
    """Give all faults of a graph; an empty list if it can run.

    Parameters
    ----------
    path_or_graph
        A graph file, or a graph.
    trust
        Whether the local Python files that the graph names may be run, to know their node types.

    Raises
    ------
    NotReachableError
        If there is no such file.
    RegistryError
        If the installed node types can't be loaded.

    Examples
    --------
    >>> from headrace.nodes import average, source
    >>> check(Graph("mean").keep(mean=average(source(field="image"))))
    []
    """
    if isinstance(path_or_graph, Graph):
        return check_graph(path_or_graph, types_for(path_or_graph, trust=trust))
    graph, registry = read_with_types(path_or_graph, trust=trust)
    return check_graph(graph, registry)


def check_graph(graph: Graph, registry: Mapping[str, NodeType] | None = None) -> list[Fault]:
    """Give all faults of a graph that was read or built: those found on reading, and those of its meaning.

    Parameters
    ----------
    graph
        The graph.
    registry
        The node types; by default those of the installed packages, and those that the graph was built with.
    """
    faults = list(graph.faults)
    if not any(fault.code in FATAL for fault in faults):
        registry = types_for(graph) if registry is None else registry
        subject = Subject(graph, registry, analyse(graph, registry))
        faults += [fault for find in _CHECKS for fault in find(subject)]
    file = place.file if (place := graph.where()) else ""
    return sorted(faults, key=lambda fault: _order(fault, file))


def _order(fault: Fault, file: str) -> tuple[bool, str, int, int, str]:
    """Sort by place: the graph's own file first, then those it extends; what has no place comes last."""
    where = fault.where
    if where is None:
        return (True, "\uffff", 0, 0, fault.code)
    return (where.file != file, where.file, where.line, where.column, fault.code)


def require_sound(graph: Graph, registry: Mapping[str, NodeType] | None = None) -> None:
    """Refuse a graph that has faults.

    Raises
    ------
    GraphError
        With every fault, if there is any.
    """
    faults = check_graph(graph, registry)
    if faults:
        raise GraphError(graph.name, faults)
