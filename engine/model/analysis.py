"""What a graph means: the type of each node, how often each output exists, on which stream each node runs.

The facts are derived once, in topological order, and tolerate faults: what can't be known is left out, so that
the check, the compiler and the pictures of an unfinished graph all stand on the same ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from headrace.engine.model.graph import Graph, Node, split_reference
from headrace.engine.model.node_type import NO_DEFAULT, NodeType, OutputPort
from headrace.engine.model.ports import Cadence

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Analysis", "Link", "analyse", "given_or_default"]


class Link(NamedTuple):
    """One connection between two nodes: from an output to an input."""

    output: str
    input: str


class Origin(NamedTuple):
    """Where an input's value comes from."""

    node: str
    output: str


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The derived facts of one graph.

    Attributes
    ----------
    types
        Node to node type; nodes of unknown type are left out.
    cadence
        Node to output to cadence; outputs whose cadence can't be known are left out.
    stream
        Node to the stream on whose events it runs. None: it runs once per run (at its start for ``run``, at its
        end for ``final``), or it is a sink, whose inputs are kept each on its own.
    order
        The nodes, each after its inputs; equal ranks stand as in the graph. Nodes of a cycle stand as in the graph.
    graph
        A `networkx.DiGraph` of node names; each edge has ``links``, a tuple of `Link`.
    origins
        Node to input to the node and output its value comes from; dangling references are left out.
    cycles
        The loops, each as the nodes along it.
    """

    types: Mapping[str, NodeType]
    cadence: Mapping[str, Mapping[str, Cadence]]
    stream: Mapping[str, str | None]
    order: tuple[str, ...]
    graph: nx.DiGraph[str]
    origins: Mapping[str, Mapping[str, Origin]]
    cycles: tuple[tuple[str, ...], ...]

    def cadence_into(self, node: str, port: str) -> Cadence | None:
        """Give the cadence of what flows into an input; None if it can't be known."""
        origin = self.origins[node].get(port)
        return self.cadence[origin.node].get(origin.output) if origin else None

    def stream_into(self, node: str, port: str) -> str | None:
        """Give the stream whose events an input has values for; None if it has them once per run."""
        if self.cadence_into(node, port) is not Cadence.EVENT:
            return None
        return self.stream[self.origins[node][port].node]


def analyse(graph: Graph, registry: Mapping[str, NodeType]) -> Analysis:
    """Derive the facts of a graph.

    Parameters
    ----------
    graph
        The graph, sound or not.
    registry
        Node type name to node type.

    Examples
    --------
    >>> from headrace.engine.model.registry import installed
    >>> from headrace.nodes import average, source
    >>> facts = analyse(Graph("mean").keep(mean=average(source(field="image"))), installed())
    >>> facts.order, facts.stream["mean"], facts.cadence["mean"]["out"]
    (('source', 'mean', 'keep'), 'primary', <Cadence.EVENT: 'event'>)
    """
    types = {name: registry[node.type] for name, node in graph.nodes.items() if node.type in registry}
    origins = {name: dict(_origins(graph, node, types)) for name, node in graph.nodes.items()}
    wires = _wires(origins)
    order, cycles = _ordered(wires, list(graph.nodes))
    facts = Analysis(types, {name: {} for name in order}, dict.fromkeys(order), order, wires, origins, cycles)
    for name in order:
        if name in types:
            _derive(facts, graph.nodes[name], types[name])
    return facts


def given_or_default(node: Node, kind: NodeType, parameter: str) -> Any:
    """Give the value of a parameter as the graph holds it, else its default; None if there is neither."""
    declared = kind.parameters.get(parameter)
    default = None if declared is None or declared.default is NO_DEFAULT else declared.default
    return node.parameters.get(parameter, default)


def _origins(graph: Graph, node: Node, types: Mapping[str, NodeType]) -> Iterator[tuple[str, Origin]]:
    for port, reference in node.inputs.items():
        name, output = split_reference(reference)
        if name not in graph.nodes:
            continue
        found = types[name].output(output) if name in types else None
        yield port, Origin(name, found.name if found else output or "out")


def _wires(origins: Mapping[str, Mapping[str, Origin]]) -> nx.DiGraph[str]:
    import networkx as nx

    wires: nx.DiGraph[str] = nx.DiGraph()
    wires.add_nodes_from(origins)
    for name, inputs in origins.items():
        for port, origin in inputs.items():
            links = wires.get_edge_data(origin.node, name, {}).get("links", ())
            wires.add_edge(origin.node, name, links=(*links, Link(origin.output, port)))
    return wires


def _ordered(wires: nx.DiGraph[str], names: list[str]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Give the topological order, and the loops that stand in its way (one for each knot)."""
    import networkx as nx

    rank = {name: number for number, name in enumerate(names)}
    if nx.is_directed_acyclic_graph(wires):
        return tuple(nx.lexicographical_topological_sort(wires, key=rank.__getitem__)), ()
    knots = nx.condensation(wires)
    order: list[str] = []
    cycles: list[tuple[str, ...]] = []
    first = {knot: min(rank[name] for name in knots.nodes[knot]["members"]) for knot in knots}
    for knot in nx.lexicographical_topological_sort(knots, key=first.__getitem__):
        members = sorted(knots.nodes[knot]["members"], key=rank.__getitem__)
        order += members
        if len(members) > 1 or wires.has_edge(members[0], members[0]):
            cycles.append(_loop(wires.subgraph(members), members[0]))
    return tuple(order), tuple(cycles)


def _loop(knot: Any, start: str) -> tuple[str, ...]:
    """Give the shortest loop through one node of a knot."""
    import networkx as nx

    if knot.has_edge(start, start):
        return (start,)
    paths = [nx.shortest_path(knot, after, start) for after in sorted(knot.successors(start))]
    return (start, *min(paths, key=len)[:-1])


def _derive(facts: Analysis, node: Node, kind: NodeType) -> None:
    stream: str | None
    if kind.is_source:
        cadences, stream = _of_source(node, kind)
    elif kind.keeps:
        cadences, stream = {}, None
    elif kind.stateful:
        cadences = {port.name: port.cadence for port in kind.outputs if port.cadence is not None}
        stream = _shared_stream(facts, node)
    else:
        cadence = _meet([facts.cadence_into(node.name, port) for port in node.inputs])
        cadences = {port.name: cadence for port in kind.outputs} if cadence else {}
        stream = _shared_stream(facts, node) if cadence is Cadence.EVENT else None
    facts.cadence[node.name].update(cadences)  # type: ignore[attr-defined]
    facts.stream[node.name] = stream  # type: ignore[index]


def _of_source(node: Node, kind: NodeType) -> tuple[dict[str, Cadence], str | None]:
    otherwise = Cadence.RUN if kind.held else Cadence.EVENT
    settings = {name: given_or_default(node, kind, name) for name in kind.parameters}
    if kind.cadence_of is not None:
        try:
            otherwise = Cadence(kind.cadence_of(settings))
        except Exception:
            otherwise = Cadence.RUN if kind.held else Cadence.EVENT
    stream = settings.get("stream")
    runs_on_events = isinstance(stream, str) and (kind.held or otherwise is Cadence.EVENT)
    cadences = {port.name: _of_output(port, otherwise) for port in kind.outputs}
    return cadences, stream if runs_on_events else None


def _of_output(port: OutputPort, otherwise: Cadence) -> Cadence:
    return Cadence.FINAL if port.method == "final" and port.cadence is Cadence.FINAL else otherwise


def _meet(cadences: Iterable[Cadence | None]) -> Cadence | None:
    """Give the cadence at which values of several cadences exist together; None if it can't be known."""
    present = list(cadences)
    for cadence in (Cadence.FINAL, Cadence.EVENT):
        if cadence in present:
            return cadence
    return None if None in present else Cadence.RUN


def _shared_stream(facts: Analysis, node: Node) -> str | None:
    streams = (facts.stream_into(node.name, port) for port in node.inputs)
    return next((stream for stream in streams if stream is not None), None)
