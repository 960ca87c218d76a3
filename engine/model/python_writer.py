"""Writing a graph as Python that builds it: node functions called on ports.

What can't be said that way (an unknown node type, an input that is missing, a loop) is written as plain `Node`
data instead, so that every graph can be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from headrace.engine.model.analysis import analyse
from headrace.engine.model.graph import Graph, Node, split_reference
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.python_calls import home, plain_sinks, sayable, unnamed
from headrace.engine.model.python_text import call, import_lines, keywords, literal, variable
from headrace.engine.model.registry import Registry, types_for

__all__ = ["to_python"]


def to_python(graph: Graph, registry: Registry | None = None) -> str:
    """Write a graph as a Python program that has it in the variable ``graph``.

    Parameters
    ----------
    graph
        The graph.
    registry
        The node types; by default those of the installed packages, and those that the graph was built with.

    Raises
    ------
    UsageError
        If a parameter holds what is no plain data.

    Examples
    --------
    >>> from headrace.nodes import average, source
    >>> print(to_python(Graph("mean").keep(mean=average(source(field="image")))), end="")
    from headrace import Graph
    from headrace.nodes import average, source
    <BLANKLINE>
    source_ = source(field="image")
    mean = average(source_)
    <BLANKLINE>
    graph = Graph("mean").keep(mean=mean)
    """
    facts = analyse(graph, types_for(graph, registry))
    order = {name: rank for rank, name in enumerate(facts.order)}
    if facts.cycles or not sayable(graph, facts.types, order):
        return _as_data(graph)
    return _Script(graph, facts.types, facts.order).text()


def _head(graph: Graph) -> list[str]:
    """Give the arguments of ``Graph(…)`` besides its nodes."""
    described = [f"description={literal(graph.description)}"] if graph.description else []
    files = [f"python={literal(graph.python)}"] if graph.python else []
    runs = [f"{key}={literal(value)}" for key, value in (("when", graph.when), ("intake", graph.intake)) if value]
    return [literal(graph.name), *described, *files, *runs]


def _as_data(graph: Graph) -> str:
    nodes = [f"        {literal(name)}: {_node_as_data(node)},\n" for name, node in graph.nodes.items()]
    arguments = [*_head(graph), "nodes={\n" + "".join(nodes) + "    }"] if nodes else _head(graph)
    lines = ["from headrace import Graph"]
    lines += ["from headrace.engine.model.graph import Node"] if nodes else []
    return "\n".join([*lines, "", f"graph = {call('Graph', arguments)}", ""])


def _node_as_data(node: Node) -> str:
    arguments = [literal(node.name), literal(node.type)]
    arguments += [f"inputs={literal(node.inputs)}"] if node.inputs else []
    arguments += [f"parameters={literal(node.parameters)}"] if node.parameters else []
    return f"Node({', '.join([*arguments, *_common(node)])})"


def _common(node: Node) -> list[str]:
    given = {"on_error": (node.on_error, "skip"), "cache": (node.cache, "auto"), "note": (node.note, "")}
    return [f"{key}={literal(value)}" for key, (value, default) in given.items() if value != default]


class _Script:
    """The program that builds one graph."""

    def __init__(self, graph: Graph, types: Mapping[str, NodeType], order: tuple[str, ...]) -> None:
        self.graph, self.types = graph, types
        nodes = [graph.nodes[name] for name in order]
        self.sinks = plain_sinks(graph, types)
        self.written = [node for node in nodes if node not in self.sinks]
        self.unnamed = unnamed(graph, self.sinks)
        self.homes = {types[node.name].name: home(types[node.name]) or "" for node in self.written}
        taken = {"Graph", "named", "graph", *self.homes}
        self.variables = {node.name: variable(node.name, taken) for node in self.written}

    def text(self) -> str:
        names = {"Graph", *(["named"] if any(node.name not in self.unnamed for node in self.written) else [])}
        imports = import_lines({**dict.fromkeys(names, "headrace"), **self.homes})
        lines = [self._assignment(node) for node in self.written]
        return "\n".join([*imports, "", *lines, *([""] if lines else []), self._graph(), ""])

    def _assignment(self, node: Node) -> str:
        before = f"{self.variables[node.name]} = "
        line = call(self.types[node.name].name, self._arguments(node), before)
        if node.name in self.unnamed:
            return before + line
        return before + call("named", [literal(node.name), line, *_common(node)], before)

    def _arguments(self, node: Node) -> list[str]:
        """Give ports by position as far as they go, the other ports and the parameters by name."""
        kind, ports = self.types[node.name], {port: self._port(given) for port, given in node.inputs.items()}
        by_position = []
        for port in kind.inputs:
            if port.variadic or port.name not in ports:
                break
            by_position.append(ports.pop(port.name))
        parameters = {name: literal(value) for name, value in node.parameters.items()}
        return [*by_position, *keywords({**ports, **parameters})]

    def _port(self, reference: str) -> str:
        name, output = split_reference(reference)
        return f"{self.variables[name]}.{output}" if output else self.variables[name]

    def _graph(self) -> str:
        text = "graph = " + call("Graph", _head(self.graph))
        for method, arguments in self._growth():
            last = text.rpartition("\n")[2]
            text += call(method, arguments, last)
        return text

    def _growth(self) -> Iterator[tuple[str, list[str]]]:
        for sink in self.sinks:
            name = [] if sink.name == "keep" else [literal(sink.name)]
            kept = {port: self._port(reference) for port, reference in sink.inputs.items()}
            yield ".keep", [*name, *keywords(kept)]
        reached = self._needed(reference for sink in self.sinks for reference in sink.inputs.values())
        used = {split_reference(given)[0] for node in self.written for given in node.inputs.values()}
        loose = [self.variables[n.name] for n in self.written if n.name not in reached and n.name not in used]
        if loose:
            yield ".add", loose

    def _needed(self, references: Iterator[str]) -> set[str]:
        """Give the nodes that references need, those upstream included."""
        needed: set[str] = set()
        stack = [split_reference(reference)[0] for reference in references]
        while stack:
            name = stack.pop()
            if name not in needed:
                needed.add(name)
                stack += [split_reference(given)[0] for given in self.graph.nodes[name].inputs.values()]
        return needed
