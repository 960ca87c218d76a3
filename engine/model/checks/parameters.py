"""Parameters: unknown, missing, of the wrong type, out of range, in the wrong unit, not understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.constraints import ConstraintError, choices, convert, find_expression
from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import Node
from headrace.engine.model.node_type import NodeType, Parameter
from headrace.engine.model.places import VALUE
from headrace.engine.model.type_text import type_text
from headrace.engine.model.yaml_tree import shown

__all__ = ["check_parameters"]

_CODES = {"type": "HR303", "range": "HR304", "unit": "HR305", "choice": "HR306"}
_COMMON = ("type", "in", "on_error", "cache", "note")
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def check_parameters(subject: Subject) -> Iterator[Fault]:
    """Find what is wrong with the parameters of every node of known type."""
    for node in subject.graph.nodes.values():
        kind = subject.facts.types.get(node.name)
        if kind is None:
            continue
        yield from _unknown(subject, node, kind)
        yield from _missing(subject, node, kind)
        wrong = [fault for name in node.parameters for fault in _value(subject, node, kind, name)]
        yield from wrong or _together(subject, node, kind)


def _unknown(subject: Subject, node: Node, kind: NodeType) -> Iterator[Fault]:
    for name in node.parameters:
        if name in kind.parameters:
            continue
        message = f"{node.name}: {kind.name} has no parameter {name!r}"
        yield subject.fault("HR301", message, "nodes", node.name, name, hint=_advice(name, kind))


def _advice(name: str, kind: NodeType) -> str:
    ports = [port.name for port in kind.inputs if not port.variadic]
    if name in ports:
        return f"{name!r} is an input: write 'in: {{{name}: …}}'"
    close = nearest(name, [*kind.parameters, *_COMMON])
    listed = f"its parameters are {', '.join(kind.parameters)}" if kind.parameters else "it has none"
    return close or listed


def _missing(subject: Subject, node: Node, kind: NodeType) -> Iterator[Fault]:
    close = [nearest(name, kind.parameters) for name in node.parameters if name not in kind.parameters]
    for name, parameter in kind.parameters.items():
        misspelt = f"did you mean {name!r}?" in close
        if parameter.required and name not in node.parameters and not misspelt:
            message = f"{node.name}: {kind.name} needs the parameter {name!r}"
            yield subject.fault("HR302", message, "nodes", node.name, expected=type_text(parameter.annotation))


def _value(subject: Subject, node: Node, kind: NodeType, name: str) -> Iterator[Fault]:
    parameter = kind.parameters.get(name)
    if parameter is None:
        return
    value, path = node.parameters[name], ("nodes", node.name, name, VALUE)
    try:
        convert(value, parameter.annotation)
    except ConstraintError as error:
        message = f"{node.name}: {name!r} is {_cut(error.got)}"
        hint = _mended(value, parameter)
        yield subject.fault(_CODES[error.violation], message, *path, expected=error.expected, hint=hint)
    else:
        yield from _expression(subject, node, parameter, value)


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"


def _mended(value: Any, parameter: Parameter) -> str:
    """Give the hint for a value that is nearly right."""
    if not isinstance(value, str):
        return ""
    word = _TRUTHS.get(value.lower())
    if word and _takes(word == "true", parameter):
        return f"write {word}"
    try:
        number = float(value)
    except ValueError:
        return nearest(value, [str(choice) for choice in choices(parameter.annotation)])
    mended = int(number) if value.strip("+-").isdigit() else number
    return "take the quotes away" if _takes(mended, parameter) else ""


def _takes(value: Any, parameter: Parameter) -> bool:
    try:
        convert(value, parameter.annotation)
    except ConstraintError:
        return False
    return True


def _expression(subject: Subject, node: Node, parameter: Parameter, text: Any) -> Iterator[Fault]:
    mark = find_expression(parameter.annotation)
    if mark is None or not isinstance(text, str):
        return
    path = ("nodes", node.name, parameter.name, VALUE)
    shape = mark.check(text, None)
    names = [name for name in mark.check(text, [*node.inputs, *mark.names]) if name not in shape]
    for code, problems in (("HR307", shape), ("HR308", names)):
        for problem in problems:
            yield subject.fault(code, f"{node.name}: {parameter.name!r} is {shown(text)}: {problem}", *path)


def _together(subject: Subject, node: Node, kind: NodeType) -> Iterator[Fault]:
    """Ask the node type whether its parameters go together, once each is right by itself."""
    if kind.problems_of is None or any(name not in kind.parameters for name in node.parameters):
        return
    if any(parameter.required and name not in node.parameters for name, parameter in kind.parameters.items()):
        return
    settings = {
        name: convert(node.parameters[name], parameter.annotation) if name in node.parameters else parameter.default
        for name, parameter in kind.parameters.items()
    }
    for problem in kind.problems_of(settings):
        yield subject.fault("HR309", f"{node.name}: {problem}", "nodes", node.name)
