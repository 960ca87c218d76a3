"""Growing a graph from ports written in Python, and changing its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from headrace.engine.model.constraints import plain
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import Location, nearest
from headrace.engine.model.graph import Graph, Node
from headrace.engine.model.places import VALUE, Places
from headrace.engine.model.wiring import NodeCall, Port, call_of, caller, output_of

__all__ = ["extended", "with_parameters"]


def extended(graph: Graph, ports: Mapping[str, Any], sink: str | None) -> Graph:
    """Give the graph with all nodes that the ports need, and a sink that keeps them if one is named."""
    for name, port in ports.items():
        if not isinstance(port, Port):
            problem = f"{name} must be a port, got {type(port).__name__}; call node functions on ports"
            raise UsageError(problem)
    if sink is not None:
        _refuse_taken(graph, ports, sink)
    calls = list(graph.calls)
    calls += [call for call in _upstream(ports.values()) if call not in calls]
    wishes = {id(call_of(port)): name for name, port in ports.items() if sink and output_of(port) is None}
    _name(calls, wishes, set(graph.nodes) - {call.name for call in graph.calls if call.name}, sink)
    nodes: dict[str, Node] = {**graph.nodes}
    nodes.update({_named(call): _node(call) for call in calls if _named(call) not in graph.nodes})
    places = {**graph.places, **_places(calls, graph)}
    if sink is not None:
        nodes[sink] = _sink(graph.nodes.get(sink), sink, ports)
        places.update(_sink_places(sink, ports))
    return replace(graph, nodes=nodes, places=places, calls=tuple(calls))


def _refuse_taken(graph: Graph, ports: Mapping[str, Any], sink: str) -> None:
    present = graph.nodes.get(sink)
    if present is None:
        return
    if present.type != "sink":
        problem = f"{sink!r} is a node of type {present.type!r} already; keep results under another name"
        raise UsageError(problem)
    for name in ports:
        if name in present.inputs:
            problem = f"{sink!r} keeps a result {name!r} already; give this one another name"
            raise UsageError(problem)


def _upstream(ports: Iterable[Port]) -> Iterator[NodeCall]:
    """Give the nodes that ports need, each after its inputs."""
    seen: set[int] = set()
    stack = [(call_of(port), False) for port in reversed(list(ports))]
    while stack:
        call, inputs_done = stack.pop()
        if id(call) in seen:
            continue
        if inputs_done:
            seen.add(id(call))
            yield call
        else:
            stack.append((call, True))
            stack += [(call_of(port), False) for port in reversed(call.inputs.values())]


def _name(calls: list[NodeCall], wishes: Mapping[int, str], taken: set[str], sink: str | None) -> None:
    """Name the nodes: as they were named, as they are kept, or after their type."""
    names = [call.name for call in calls if call.name]
    for name in names:
        if names.count(name) > 1 or name in taken:
            problem = f"two nodes are named {name!r}; give one of them another name with named(…)"
            raise UsageError(problem)
    used = {*names, *taken, *([sink] if sink else ["keep"])}
    for call in calls:
        wish = wishes.get(id(call))
        if call.name is None and wish is not None and wish not in used:
            call.name = wish
            used.add(wish)
    for call in calls:
        if call.name is None:
            call.name = _free(call.node_type.name, used)
            used.add(call.name)


def _free(name: str, used: set[str]) -> str:
    number = 1
    candidate = name
    while candidate in used:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _named(call: NodeCall) -> str:
    return call.name or call.node_type.name


def _reference(port: Port) -> str:
    output, first = output_of(port), call_of(port).node_type.outputs[:1]
    plain_one = output is None or (first and first[0].name == output)
    return _named(call_of(port)) if plain_one else f"{_named(call_of(port))}.{output}"


def _node(call: NodeCall) -> Node:
    inputs = {name: _reference(port) for name, port in call.inputs.items()}
    return Node(_named(call), call.node_type.name, inputs, call.parameters, **call.common)


def _places(calls: Iterable[NodeCall], graph: Graph) -> Places:
    """Give the line of each new node: that of the call that wrote it."""
    new = (call for call in calls if call not in graph.calls)
    return {("nodes", _named(call)): call.where for call in new if call.where}


def _sink(present: Node | None, name: str, ports: Mapping[str, Port]) -> Node:
    kept = {key: _reference(port) for key, port in ports.items()}
    return replace(present, inputs={**present.inputs, **kept}) if present else Node(name, "sink", kept)


def _sink_places(name: str, ports: Iterable[str]) -> Places:
    where = caller()
    if where is None:
        return {}
    return {("nodes", name): where, **{("nodes", name, "in", port): where for port in ports}}


def with_parameters(graph: Graph, changes: Mapping[str, Any]) -> Graph:
    """Give the graph with parameters changed; whether the values are right is for the check to say."""
    nodes, places = dict(graph.nodes), dict(graph.places)
    for key, value in changes.items():
        name, _, parameter = key.partition(".")
        if not parameter:
            problem = f"expected NODE.PARAMETER, got {key!r}; for example 'peaks.percentile'"
            raise UsageError(problem)
        if name not in nodes:
            hint = nearest(name, nodes)
            problem = f"{key!r}: graph {graph.name!r} has no node {name!r}" + (f"; {hint}" if hint else "")
            raise UsageError(problem)
        nodes[name] = replace(nodes[name], parameters={**nodes[name].parameters, parameter: plain(value)})
        places[("nodes", name, parameter)] = Location(f"--set {key}", 0)
        places.pop(("nodes", name, parameter, VALUE), None)
    return replace(graph, nodes=nodes, places=places)
