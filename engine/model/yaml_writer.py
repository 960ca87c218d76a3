"""Writing a graph as a YAML graph file, as a person would: short nodes on one line, one key to a line otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.model.graph import FORMAT_VERSION, Graph, Node
from headrace.engine.model.inputs import port_for
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.registry import Registry, installed
from headrace.engine.model.yaml_text import block_text, flow, scalar

__all__ = ["to_yaml"]

_WIDTH = 100
_WIDEST_NAME = 16


def to_yaml(graph: Graph, registry: Registry | None = None) -> str:
    """Write a graph as YAML; read again, with the same node types, it is equal.

    Parameters
    ----------
    graph
        The graph.
    registry
        The node types that the reader will have; by default those of the installed packages.

    Raises
    ------
    UsageError
        If a parameter holds what is no plain data.

    Examples
    --------
    >>> from headrace.nodes import average, source
    >>> print(to_yaml(Graph("mean").keep(mean=average(source(field="image")))), end="")
    headrace: 1
    graph: mean
    <BLANKLINE>
    nodes:
      source: {type: source, field: image}
      mean:   {type: average, in: source}
      keep:   {type: sink, in: mean}
    """
    registry = installed() if registry is None else registry
    lines = [f"headrace: {FORMAT_VERSION}", f"graph: {block_text(graph.name)}"]
    if graph.description:
        lines.append(f"description: {block_text(graph.description)}")
    if graph.python:
        lines.append(f"python: {flow(list(graph.python))}")
    for key, value in (("when", graph.when), ("intake", graph.intake)):
        lines += _head(key, value) if value else []
    lines += ["", "nodes:"] if graph.nodes else ["", "nodes: {}"]
    width = max((len(name) for name in graph.nodes if len(name) <= _WIDEST_NAME), default=0)
    for name, node in graph.nodes.items():
        lines += _node(scalar(name), _keys(node, registry.get(node.type)), width)
    return "\n".join(lines) + "\n"


def _head(key: str, value: Any) -> list[str]:
    line = f"{key}: {flow(value)}"
    if len(line) <= _WIDTH or not isinstance(value, Mapping):
        return [line]
    return [f"{key}:", *(f"  {scalar(one)}: {flow(item)}" for one, item in value.items())]


def _keys(node: Node, kind: NodeType | None) -> dict[str, Any]:
    """Give the keys of a node as its file has them."""
    keys = node.to_dict()
    if not node.type:
        del keys["type"]
    if node.inputs:
        keys["in"] = _inputs(node.inputs, kind)
    return keys


def _inputs(inputs: Mapping[str, str], kind: NodeType | None) -> Any:
    """Give inputs in the shortest form that reads back as the same."""
    references = list(inputs.values())
    by_position = [port_for(kind, number, reference) for number, reference in enumerate(references)]
    if by_position != list(inputs):
        return dict(inputs)
    if len(references) == 1:
        return references[0]
    variadic = kind is None or kind.variadic is not None
    return references if variadic else dict(inputs)


def _node(name: str, keys: Mapping[str, Any], width: int) -> list[str]:
    line = f"  {name + ':':<{width + 1}} {flow(keys)}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"  {name}:", *(f"    {scalar(key)}: {flow(value)}" for key, value in keys.items())]
