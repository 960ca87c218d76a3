"""Names: of the graph, its nodes, their types, and of what inputs refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import Node, split_reference
from headrace.engine.model.places import VALUE
from headrace.engine.model.yaml_tree import shown

__all__ = ["NAME", "NAME_EXPECTED", "check_names"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""What a node or a result may be called."""

_REFERENCE = re.compile(rf"{NAME.pattern}(\.{NAME.pattern})?")
_LONGEST = 100
NAME_EXPECTED = "letters, digits, '_' and '-', beginning with a letter"


def check_names(subject: Subject) -> Iterator[Fault]:
    """Find names that can't be, and names of what isn't there."""
    yield from _graph_name(subject)
    for node in subject.graph.nodes.values():
        yield from _node_name(subject, node.name)
        yield from _type(subject, node)
        for port, reference in node.inputs.items():
            yield from _reference(subject, node, port, reference)


def _graph_name(subject: Subject) -> Iterator[Fault]:
    name = subject.graph.name
    if any(fault.code in ("HR121", "HR122") and "'graph'" in fault.message for fault in subject.graph.faults):
        return
    if not name.strip() or "/" in name or "\\" in name or not name.isprintable() or len(name) > _LONGEST:
        expected = f"one line of at most {_LONGEST} characters, without slashes"
        yield subject.fault("HR208", f"a graph can't be called {shown(name)}", "graph", VALUE, expected=expected)


def _node_name(subject: Subject, name: str) -> Iterator[Fault]:
    where = subject.graph.where("nodes", name)
    no_text = any(fault.code == "HR108" and fault.where == where for fault in subject.graph.faults)
    if not no_text and (not NAME.fullmatch(name) or len(name) > _LONGEST):
        message = f"a node can't be called {shown(name)}"
        yield subject.fault("HR203", message, "nodes", name, expected=NAME_EXPECTED)


def _type(subject: Subject, node: Node) -> Iterator[Fault]:
    if node.type in subject.registry or subject.has(node.name, "HR123", "HR124", "HR126"):
        return
    untrusted = any(fault.code in ("HR140", "HR141") for fault in subject.graph.faults)
    files = ", ".join(subject.graph.python)
    hint = nearest(node.type, subject.registry) or (
        f"it may be in {files}, which was not loaded" if untrusted else "'headrace nodes' lists all node types"
    )
    message = f"{node.name}: unknown node type {shown(node.type)}"
    yield subject.fault("HR201", message, "nodes", node.name, "type", VALUE, hint=hint)


def _reference(subject: Subject, node: Node, port: str, reference: str) -> Iterator[Fault]:
    path = ("nodes", node.name, "in", port, VALUE)
    name, output = split_reference(reference)
    nodes = subject.graph.nodes
    if reference in nodes:
        yield from _output(subject, node, reference, None, path)
    elif not _REFERENCE.fullmatch(reference):
        message = f"{node.name}: input {port!r} is {shown(reference)}"
        yield subject.fault("HR207", message, *path, expected="'node' or 'node.output'")
    elif name not in nodes:
        hint = nearest(name, [other for other in nodes if other != node.name])
        yield subject.fault("HR204", f"{node.name}: there is no node {name!r}", *path, hint=hint)
    else:
        yield from _output(subject, node, name, output, path)


def _output(subject: Subject, node: Node, name: str, output: str | None, path: tuple[str, ...]) -> Iterator[Fault]:
    kind = subject.facts.types.get(name)
    if kind is None:
        return
    outputs = [port.name for port in kind.outputs]
    if not outputs:
        yield subject.fault("HR405", f"{node.name}: the node {name!r} ({kind.name}) gives nothing", *path)
    elif kind.output(output) is None:
        hint = nearest(str(output), outputs) or f"its outputs are {', '.join(outputs)}"
        message = f"{node.name}: the node {name!r} ({kind.name}) has no output {output!r}"
        yield subject.fault("HR205", message, *path, hint=hint)
