"""From what a user names as a graph to a checked graph and its node types."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from headrace.engine.model import graph_file
from headrace.engine.model.check import check_graph
from headrace.engine.model.errors import NotReachableError
from headrace.engine.model.faults import GraphError, nearest
from headrace.engine.model.graph import Graph
from headrace.engine.model.registry import Registry, types_for
from headrace.engine.model.yaml_reader import read_with_types

__all__ = ["open_graph", "ready_graphs", "sound_graph"]


def ready_graphs() -> list[str]:
    """Give the names of the graphs that come with headrace."""
    return sorted(name for name, _ in graph_file.ready_graphs())


def open_graph(graph: Graph | str | Path, *, trust: bool = False) -> tuple[Graph, Registry]:
    """Give a graph and the node types it may use; a broken graph is given too, with its faults.

    Parameters
    ----------
    graph
        A graph, a graph file, or the name of a ready graph (``crystal_mapping``).
    trust
        Whether to run the Python files that the graph names.

    Raises
    ------
    NotReachableError
        If there is no such file, nor a ready graph of that name.
    """
    if isinstance(graph, Graph):
        return graph, types_for(graph, trust=trust)
    if Path(graph).is_file():
        return read_with_types(graph, trust=trust)
    name = str(graph).replace("-", "_")
    if name in ready_graphs():
        with as_file(files(graph_file.READY_GRAPHS) / f"{name}.yaml") as path:
            return read_with_types(path, trust=trust)
    hint = nearest(name, ready_graphs())
    problem = (
        f"no graph file {str(graph)!r}, nor a ready graph of that name; "
        f"{hint or 'ready graphs are ' + ', '.join(ready_graphs())}"
    )
    raise NotReachableError(problem)


def sound_graph(
    graph: Graph | str | Path, changes: Mapping[str, Any], *, trust: bool = False
) -> tuple[Graph, Registry]:
    """Give a graph that can run, with its node types.

    Parameters
    ----------
    graph, trust
        See `open_graph`.
    changes
        ``{"node.parameter": value}``: parameters to use instead of the graph's.

    Raises
    ------
    GraphError
        If the graph has faults, or does with these changes.
    UsageError
        If a change names no node.
    NotReachableError
        If there is no such graph.
    """
    opened, registry = open_graph(graph, trust=trust)
    faults = check_graph(opened, registry)
    if not faults and changes:
        opened = opened.set(changes)
        faults = check_graph(opened, registry)
    if faults:
        raise GraphError(opened.name, faults)
    return opened, registry
