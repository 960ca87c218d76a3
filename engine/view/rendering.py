"""From a graph to what its pictures show. Unfinished and broken graphs are rendered too, as far as they go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import NamedTuple

from headrace.engine.model.analysis import Analysis, analyse
from headrace.engine.model.description import summary
from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import Graph, split_reference
from headrace.engine.model.node_type import NodeType, OutputPort
from headrace.engine.model.registry import types_for
from headrace.engine.view.printable import printable, shown
from headrace.engine.view.rendered import Rendered, RenderedEdge, RenderedFault, RenderedNode, Role

__all__ = ["render"]


def render(graph: Graph, faults: Iterable[Fault] = (), registry: Mapping[str, NodeType] | None = None) -> Rendered:
    """Make plain data of all that a picture of a graph shows.

    What is missing or wrong is shown as such: a node of unknown type, a reference to a node that is not there, a
    loop. Text that comes from the graph is made printable, so no name can break a picture or a terminal.

    Parameters
    ----------
    graph
        The graph, sound or not.
    faults
        What the check found; each is shown at its node. Those found on reading are added.
    registry
        Node type name to node type; by default those installed, and those that the graph was built with.

    Examples
    --------
    >>> from headrace.nodes import average, source
    >>> picture = render(Graph("mean").keep(mean=average(source(field="image"))))
    >>> [(node.id, node.name, node.cadence) for node in picture.nodes]
    [('n1', 'source', 'event'), ('n2', 'mean', 'event'), ('n3', 'keep', '')]
    >>> picture.edges[1].type
    'Frame'
    """
    registry = types_for(graph) if registry is None else registry
    facts = analyse(graph, registry)
    known = list(dict.fromkeys([*faults, *graph.faults]))
    missing = _missing(graph)
    ids = {name: f"n{number}" for number, name in enumerate([*missing, *facts.order], 1)}
    ghosts = [RenderedNode(ids[name], printable(name), role="missing", known=False) for name in missing]
    nodes = [_node(graph, name, ids[name], facts, known) for name in facts.order]
    edges = [_edge(wire, ids, facts) for wire in _wires(graph, facts)]
    loose = [fault for fault in known if fault.node not in graph.nodes]
    return Rendered(
        printable(graph.name),
        printable(graph.description),
        (*ghosts, *nodes),
        tuple(_labelled(edges, [*ghosts, *nodes])),
        tuple(map(_fault, loose)),
    )


class _Wire(NamedTuple):
    source: str
    output: str | None
    target: str
    input: str


def _missing(graph: Graph) -> list[str]:
    """Give the names that inputs refer to and that are no nodes."""
    names = [split_reference(ref)[0] for node in graph.nodes.values() for ref in node.inputs.values()]
    return [name for name in dict.fromkeys(names) if name not in graph.nodes]


def _wires(graph: Graph, facts: Analysis) -> Iterator[_Wire]:
    for name in facts.order:
        for port, reference in graph.nodes[name].inputs.items():
            source, output = split_reference(reference)
            yield _Wire(source, output, name, port)


def _fault(fault: Fault) -> RenderedFault:
    return RenderedFault(printable(fault.code), printable(fault.message), printable(fault.hint))


def _node(graph: Graph, name: str, ident: str, facts: Analysis, faults: Iterable[Fault]) -> RenderedNode:
    node, kind = graph.nodes[name], facts.types.get(name)
    first = kind.output(None) if kind else None
    cadence = facts.cadence[node.name].get(first.name, "") if first else ""
    return RenderedNode(
        id=ident,
        name=printable(node.name),
        type=printable(node.type),
        family=printable(kind.family) if kind else "",
        role=_role(kind),
        known=kind is not None,
        parameters=tuple(_parameter(key, value, kind) for key, value in node.parameters.items()),
        outputs=tuple((printable(port.name), _types(port)) for port in kind.outputs) if kind else (),
        cadence=str(cadence),
        stream=printable(facts.stream[node.name] or ""),
        note=printable(node.note),
        faults=tuple(_fault(fault) for fault in faults if fault.node == node.name),
        docs=printable(summary(kind)) if kind else "",
        place=_place(graph, name),
        on_error=shown(node.on_error),
    )


def _place(graph: Graph, name: str) -> str:
    """Say where a node is written; only the end of the path, since a picture may leave the house."""
    where = graph.where("nodes", name)
    return printable(f"{PurePath(where.file).name}:{where.line}") if where and where.line else ""


def _role(kind: NodeType | None) -> Role:
    if kind is None:
        return "step"
    return "source" if kind.is_source else "sink" if kind.keeps else "step"


def _types(port: OutputPort | None) -> str:
    return " | ".join(kind.name for kind in port.types) if port else ""


def _parameter(name: str, value: object, kind: NodeType | None) -> tuple[str, str]:
    declared = kind.parameters.get(name) if kind else None
    unit = declared.unit if declared and not isinstance(value, str | None | bool) else None
    return printable(name), shown(value) + (f" {unit}" if unit else "")


def _edge(wire: _Wire, ids: Mapping[str, str], facts: Analysis) -> RenderedEdge:
    kind, taker = facts.types.get(wire.source), facts.types.get(wire.target)
    port = kind.output(wire.output) if kind else None
    given = wire.source in facts.origins and (kind is None or port is not None)
    taken = taker is None or taker.input(wire.input) is not None
    return RenderedEdge(
        source=ids[wire.source],
        target=ids[wire.target],
        output=printable(port.name if port else wire.output or "out"),
        input=printable(wire.input),
        type=_types(port),
        cadence=str(facts.cadence.get(wire.source, {}).get(port.name, "")) if port else "",
        sound=given and taken and not _in_loop(wire, facts),
        back=_goes_back(wire, facts),
        always=port is not None and port.method != "value",
    )


def _in_loop(wire: _Wire, facts: Analysis) -> bool:
    """Tell whether a connection is one of a loop that the analysis spelt out, or closes another."""
    pairs = [pair for loop in facts.cycles for pair in zip(loop, (*loop[1:], loop[0]), strict=True)]
    return (wire.source, wire.target) in pairs or _goes_back(wire, facts)


def _goes_back(wire: _Wire, facts: Analysis) -> bool:
    rank = {name: number for number, name in enumerate(facts.order)}
    return rank.get(wire.source, -1) >= rank[wire.target]


def _labelled(edges: list[RenderedEdge], nodes: list[RenderedNode]) -> Iterator[RenderedEdge]:
    """Label edges: the port type once for each output, the names of ports where there are several."""
    by_id = {node.id: node for node in nodes}
    inputs = {node.id: {edge.input for edge in edges if edge.target == node.id} for node in nodes}
    told: set[tuple[str, str]] = set()
    for edge in edges:
        source, target = by_id[edge.source], by_id[edge.target]
        words = [] if (edge.source, edge.output) in told or edge.type in ("", "Value") else [edge.type]
        told.add((edge.source, edge.output))
        first = source.outputs[0][0] if source.outputs else edge.output
        names = [edge.output] if edge.output != first else []
        if target.role == "sink":
            names += [edge.input] if edge.input not in (source.name, edge.output) else []
        elif len(inputs[edge.target]) > 1:
            names.append(edge.input)
        names = [name for name in dict.fromkeys(names) if name.casefold() not in map(str.casefold, words)]
        yield replace(edge, label=": ".join([*names, *words]))
