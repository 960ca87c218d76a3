"""Which graphs can be said with calls of node functions, and how each node is said."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from headrace.engine.model.graph import Graph, Node, split_reference
from headrace.engine.model.node import NodeFunction
from headrace.engine.model.node_type import NodeType

__all__ = ["home", "plain_sinks", "sayable", "unnamed"]


def home(kind: NodeType) -> str | None:
    """Give the module to import a node type from: the nearest package that has it; None if there is none."""
    module = kind.target.__module__
    package = module.rpartition(".")[0]
    for name in (package, module):
        found = getattr(sys.modules.get(name), kind.name, None)
        if isinstance(found, NodeFunction) and found.node_type is kind and not name.startswith("headrace_local_"):
            return name
    return None


def sayable(graph: Graph, types: Mapping[str, NodeType], order: Mapping[str, int]) -> bool:
    """Tell whether calls of node functions build exactly this graph.

    Parameters
    ----------
    graph
        The graph.
    types
        Node to node type, as far as known.
    order
        Node to its rank in an order in which each node stands after its inputs.
    """
    return all(
        name in types
        and home(types[name]) is not None
        and _good_call(node, types[name])
        and all(_good_reference(reference, types, order, name) for reference in node.inputs.values())
        for name, node in graph.nodes.items()
    )


def _good_call(node: Node, kind: NodeType) -> bool:
    """Tell whether a call takes these inputs and parameters, and adds a node rather than computing."""
    known = all(name in kind.parameters for name in node.parameters)
    ports = all(kind.input(port) is not None and port not in node.parameters for port in node.inputs)
    common = isinstance(node.note, str) and isinstance(node.cache, str) and node.on_error is not None
    return known and ports and common and bool(kind.is_source or node.inputs) and node.name != ""


def _good_reference(reference: str, types: Mapping[str, NodeType], order: Mapping[str, int], consumer: str) -> bool:
    """Tell whether a port can be handed on, and comes out as this reference again."""
    name, output = split_reference(reference)
    if name not in types or order[name] >= order[consumer]:
        return False
    if output is None:
        return not reference.endswith(".")
    first = types[name].outputs[:1]
    return types[name].output(output) is not None and first[0].name != output and output.isidentifier()


def plain_sinks(graph: Graph, types: Mapping[str, NodeType]) -> list[Node]:
    """Give the nodes that `Graph.keep` writes: sinks without keys of their own, to which nothing refers."""
    used = {split_reference(given)[0] for node in graph.nodes.values() for given in node.inputs.values()}
    return [
        node
        for name, node in graph.nodes.items()
        if node.type == "sink"
        and types[name].keeps
        and not _has_common_keys(node)
        and not node.parameters
        and node.inputs
        and name not in used
    ]


def _has_common_keys(node: Node) -> bool:
    return (node.on_error, node.cache, node.note) != ("skip", "auto", "")


def unnamed(graph: Graph, sinks: list[Node]) -> set[str]:
    """Give the nodes that get their names by themselves: as they are kept by the first sink, or after their type.

    Parameters
    ----------
    graph
        A graph that can be said with calls.
    sinks
        The nodes that `Graph.keep` writes, in its order.
    """
    kept = [(node.name, port, reference) for node in sinks for port, reference in node.inputs.items()]
    free = set()
    for name, node in graph.nodes.items():
        if _has_common_keys(node):
            continue
        as_results = [(sink, port) for sink, port, reference in kept if reference == name]
        by_type = not as_results and name == node.type and name != "keep"
        as_kept = bool(sinks) and as_results == [(sinks[0].name, name)]
        if by_type or as_kept:
            free.add(name)
    return free
