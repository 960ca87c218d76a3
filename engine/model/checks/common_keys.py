"""The keys that every node has: ``on_error``, ``cache`` and ``note``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import Node
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.places import VALUE
from headrace.engine.model.yaml_tree import shown

__all__ = ["CACHE", "ON_ERROR", "check_common_keys"]

ON_ERROR = ("skip", "stop", "substitute")
CACHE = ("auto", "always", "never")
_IMAGES = {"Array", "Stack", "Frame"}


def check_common_keys(subject: Subject) -> Iterator[Fault]:
    """Find wrong values of the keys that every node has."""
    for node in subject.graph.nodes.values():
        yield from _on_error(subject, node)
        if node.cache not in CACHE:
            path = ("nodes", node.name, "cache", VALUE)
            message, hint = f"{node.name}: 'cache' is {shown(node.cache)}", nearest(node.cache, CACHE)
            yield subject.fault("HR312", message, *path, expected="auto, always or never", hint=hint)
        if not isinstance(node.note, str):
            message = f"{node.name}: 'note' is {shown(node.note)}"
            yield subject.fault("HR313", message, "nodes", node.name, "note", VALUE, expected="text")


def _on_error(subject: Subject, node: Node) -> Iterator[Fault]:
    given, path = node.on_error, ("nodes", node.name, "on_error", VALUE)
    if isinstance(given, dict) and set(given) == {"substitute"}:
        kind = subject.facts.types.get(node.name)
        expected = _substitute(kind, given["substitute"]) if kind else None
        if expected is not None:
            message = f"{node.name}: the substitute is {shown(given['substitute'])}"
            yield subject.fault("HR311", message, *path, expected=expected)
    elif given not in ("skip", "stop"):
        hint = nearest(given, ON_ERROR) if isinstance(given, str) and given != "substitute" else ""
        message = f"{node.name}: 'on_error' is {shown(given)}"
        yield subject.fault("HR310", message, *path, expected="skip, stop or {substitute: value}", hint=hint)


def _substitute(kind: NodeType, value: Any) -> str | None:
    """Give what would be right, or None if the value is."""
    if len(kind.outputs) != 1:
        count = "several outputs" if kind.outputs else "no output"
        return f"skip or stop: {kind.name} has {count}, for which nothing can stand in"
    names = {port_type.name for port_type in kind.outputs[0].types}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    scalar = isinstance(value, int | float | str)
    if "Table" in names or not names:
        return None
    if names & _IMAGES:
        return None if number else "a number, which fills the image"
    if names & {"Scalar", "Value"}:
        return None if scalar or value is None else "a number, text, true or false"
    return f"skip or stop: nothing can stand in for {' or '.join(sorted(names))}"
