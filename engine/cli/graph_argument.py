"""What GRAPH means on the command line: a file, or the name of a graph that comes with headrace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headrace.engine.model.errors import NotReachableError, UsageError

if TYPE_CHECKING:
    from headrace.engine.model.graph import Graph
    from headrace.engine.model.registry import Registry

__all__ = ["GRAPH_HELP", "read_graph"]

GRAPH_HELP = "GRAPH is a graph file, or the name of a graph that comes with headrace, such as crystal_mapping."


def read_graph(text: str, *, trust: bool) -> tuple[Graph, Registry]:
    """Give a graph, sound or not, and the node types it may use.

    Raises
    ------
    UsageError
        If there is no such graph. On the command line that is wrong use; only sources and destinations are
        unreachable.
    """
    from headrace.engine.jobs.graphs import open_graph

    try:
        return open_graph(text, trust=trust)
    except NotReachableError as error:
        raise UsageError(str(error)) from error
