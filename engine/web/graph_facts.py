"""A graph as its page needs it: nodes with look, documentation and parameters as a form; edges with their ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.model.constraints import plain
from headrace.engine.model.description import describe
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.view.icons import icon
from headrace.engine.view.palette import paint_of, paints
from headrace.engine.view.rendered import Rendered, RenderedNode
from headrace.engine.view.rendering import render

__all__ = ["GraphFacts"]


class GraphFacts:
    """Describes graphs; what is said of a node type is made once.

    Parameters
    ----------
    read_only
        Whether nothing can be changed.
    """

    def __init__(self, *, read_only: bool = False) -> None:
        self._read_only = read_only
        self._described: dict[int, dict[str, Any]] = {}

    def of(self, graph: Graph, types: Mapping[str, NodeType]) -> dict[str, Any]:
        """Describe a graph.

        Parameters
        ----------
        graph
            The graph.
        types
            The type of each of its nodes, as far as known.
        """
        rendered = render(graph, (), {kind.name: kind for kind in types.values()} or None)
        where = graph.where()
        names = {node.id: node.name for node in rendered.nodes}
        return {
            "name": rendered.name,
            "description": rendered.description,
            "file": str(where.file) if where else "",
            "read_only": self._read_only,
            "nodes": [self._node(node, rendered, graph, types) for node in rendered.nodes],
            "edges": [
                {
                    "from": names[edge.source],
                    "output": edge.output,
                    "to": names[edge.target],
                    "input": edge.input,
                    "type": edge.type,
                    "cadence": edge.cadence,
                    "label": edge.label,
                }
                for edge in rendered.edges
            ],
        }

    def _node(
        self, node: RenderedNode, rendered: Rendered, graph: Graph, types: Mapping[str, NodeType]
    ) -> dict[str, Any]:
        paint = paint_of(node, paints(rendered))
        kind, written = types.get(node.name), graph.nodes.get(node.name)
        about: dict[str, Any] = (
            self._type(kind) if kind is not None else {"doc": "", "parameters": [], "outputs": [], "inputs": []}
        )
        given = written.parameters if written is not None else {}
        return {
            "name": node.name,
            "type": node.type,
            "family": node.family,
            "role": node.role,
            "summary": node.docs,
            "doc": about["doc"],
            "note": node.note,
            "on_error": node.on_error,
            "cadence": node.cadence,
            "stream": node.stream,
            "place": node.place,
            "faults": list(node.problems),
            "paint": {
                "line": paint.line,
                "fill": paint.fill,
                "dark_line": paint.dark.line,
                "dark_fill": paint.dark.fill,
            },
            "icon": icon(node.family),
            "stateful": bool(kind and kind.stateful),
            "inputs": [[port, reference] for port, reference in (written.inputs.items() if written else ())],
            "outputs": about["outputs"],
            "parameters": [
                {**one, "given": one["name"] in given, "value": plain(given.get(one["name"], one["default"]))}
                for one in about["parameters"]
            ],
        }

    def _type(self, kind: NodeType) -> dict[str, Any]:
        found = self._described.get(id(kind))
        if found is None:
            found = self._described[id(kind)] = describe(kind)
        return found
