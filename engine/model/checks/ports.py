"""Ports: inputs that are missing, unknown or too many, and values of a kind that an input doesn't take."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.engine.model.checks.names import NAME, NAME_EXPECTED
from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import Node
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.places import VALUE
from headrace.engine.model.ports import PortType, fits
from headrace.engine.model.records import DEAD_LETTERS
from headrace.engine.model.yaml_tree import shown

__all__ = ["check_ports"]


def check_ports(subject: Subject) -> Iterator[Fault]:
    """Find what is wrong with the inputs of every node of known type."""
    for name, kind in subject.facts.types.items():
        node = subject.graph.nodes[name]
        yield from _missing(subject, node, kind)
        yield from _too_many(subject, node, kind)
        for port in node.inputs:
            if not _is_extra(port, kind):
                yield from _unknown(subject, node, kind, port)
                yield from _unfit(subject, node, kind, port)
    yield from _results(subject)


def _missing(subject: Subject, node: Node, kind: NodeType) -> Iterator[Fault]:
    if subject.has(node.name, "HR125", "HR402"):
        return
    ports = [port.name for port in kind.inputs]
    close = [nearest(name, ports) for name in node.inputs if kind.input(name) is None]
    for port in kind.inputs:
        meant = f"did you mean {port.name!r}?" in close or port.name in node.parameters
        if port.required and port.name not in node.inputs and not meant:
            message = f"{node.name}: the input {port.name!r} of {kind.name} is missing"
            hint = f"write 'in: {{{port.name}: …}}'" if len(ports) > 1 else "write 'in: …'"
            yield subject.fault("HR401", message, "nodes", node.name, expected=_either(port.types), hint=hint)


def _is_extra(port: str, kind: NodeType) -> bool:
    """Tell whether an input only has a number, because a list is longer than the inputs of the node type."""
    return port.isdigit() and kind.input(port) is None


def _too_many(subject: Subject, node: Node, kind: NodeType) -> Iterator[Fault]:
    extra = [port for port in node.inputs if _is_extra(port, kind)]
    if extra:
        names = ", ".join(port.name for port in kind.inputs)
        expected = f"{names}, and no more" if names else "no input"
        message = f"{node.name}: too many inputs are given to {kind.name}, {len(node.inputs)}"
        yield subject.fault("HR403", message, "nodes", node.name, "in", extra[0], VALUE, expected=expected)


def _unknown(subject: Subject, node: Node, kind: NodeType, port: str) -> Iterator[Fault]:
    path = ("nodes", node.name, "in", port)
    names = [one.name for one in kind.inputs if not one.variadic]
    if kind.input(port) is None:
        listed = ", ".join(names) or "none"
        hint = nearest(port, names) or f"its inputs are {listed}"
        yield subject.fault("HR206", f"{node.name}: {kind.name} has no input {port!r}", *path, hint=hint)
    elif port not in names and port in {*kind.parameters, *kind.contexts, *(["self"] if kind.stateful else [])}:
        message = f"{node.name}: an input of {kind.name} can't be called {port!r}, which means something else there"
        yield subject.fault("HR206", message, *path, hint="give it another name: 'in: {name: node}'")


def _unfit(subject: Subject, node: Node, kind: NodeType, port: str) -> Iterator[Fault]:
    wanted, origin = kind.input(port), subject.facts.origins[node.name].get(port)
    if wanted is None or origin is None or origin.node not in subject.facts.types:
        return
    given = subject.facts.types[origin.node].output(origin.output)
    if given is None or not given.types or not wanted.types:
        return
    if not any(fits(one, other) for one in given.types for other in wanted.types):
        reference = node.inputs[port]
        message = f"{node.name}: input {port!r} gets {_either(given.types)} from {reference!r}"
        path = ("nodes", node.name, "in", port, VALUE)
        yield subject.fault("HR404", message, *path, expected=_either(wanted.types))


def _either(types: tuple[PortType, ...]) -> str:
    return " or ".join(kind.name for kind in types)


def _results(subject: Subject) -> Iterator[Fault]:
    """Find results that have no proper name, or that of another."""
    taken: dict[str, str] = {}
    for name, kind in subject.facts.types.items():
        if not kind.keeps:
            continue
        for port in subject.graph.nodes[name].inputs:
            path = ("nodes", name, "in", port)
            if not NAME.fullmatch(port):
                message = f"{name}: a result can't be called {shown(port)}"
                yield subject.fault("HR210", message, *path, expected=NAME_EXPECTED)
            elif port == DEAD_LETTERS:
                message = f"{name}: a result can't be called {port!r}, which is the stream that lists failures"
                yield subject.fault("HR210", message, *path, hint="give it another name: 'in: {name: node}'")
            elif port in taken:
                hint = "give it another name: 'in: {name: node}'"
                message = f"{name}: {taken[port]!r} keeps a result {port!r} already"
                yield subject.fault("HR209", message, *path, hint=hint)
            taken.setdefault(port, name)
