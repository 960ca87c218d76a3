"""Checking a graph from Python."""

from __future__ import annotations

from pathlib import Path

from headrace.engine.jobs.graphs import open_graph
from headrace.engine.model.check import check_graph
from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import Graph

__all__ = ["check"]


def check(graph: Graph | str | Path, *, trust: bool = False) -> list[Fault]:
    """Find all that is wrong with a graph.

    Parameters
    ----------
    graph
        A graph, a graph file, or the name of a ready graph.
    trust
        Whether to run the Python files that the graph names; without it, their node types are unknown.

    Returns
    -------
    The faults, in the order of the file; none if the graph can run.

    Raises
    ------
    NotReachableError
        If there is no such graph.
    """
    opened, registry = open_graph(graph, trust=trust)
    return check_graph(opened, registry)
