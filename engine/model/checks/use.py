"""Use: graphs that do nothing, and nodes whose values nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import split_reference

__all__ = ["check_use"]


_LOSING = frozenset({"HR109", "HR123", "HR125", "HR126", "HR402"})
"""Faults of reading by which inputs got lost, so that nobody knows what is used."""


def check_use(subject: Subject) -> Iterator[Fault]:
    """Find what the graph computes for nobody."""
    nodes, types = subject.graph.nodes, subject.facts.types
    if not nodes:
        if not any(fault.code in ("HR121", "HR122") for fault in subject.graph.faults):
            yield subject.fault("HR501", "the graph has no nodes", "nodes", hint="add nodes under 'nodes:'")
        return
    for name, kind in types.items():
        if kind.keeps and not nodes[name].inputs and not subject.has(name, "HR125", "HR402"):
            hint = "name what to keep: 'in: [peaks, tracks]'"
            yield subject.fault("HR504", f"{name}: the sink keeps nothing", "nodes", name, hint=hint)
    unknown = len(types) < len(nodes)
    if any(kind.keeps or not kind.outputs for kind in types.values()):
        if not any(fault.code in _LOSING for fault in subject.graph.faults):
            yield from _unused(subject)
    elif not unknown:
        hint = "add 'keep: {type: sink, in: [...]}' with what you want to have"
        yield subject.fault("HR502", "the graph keeps nothing: it has no sink", "nodes", hint=hint)


def _unused(subject: Subject) -> Iterator[Fault]:
    meant = _meant_by_misspelt(subject)
    for name, kind in subject.facts.types.items():
        if kind.outputs and not any(subject.facts.graph.successors(name)) and name not in meant:
            message = f"{name}: nobody uses what it gives"
            hint = "keep it in a sink, or take the node out"
            yield subject.fault("HR503", message, "nodes", name, hint=hint)


def _meant_by_misspelt(subject: Subject) -> set[str]:
    """Give the nodes that a reference to no node, or an input put among the parameters, probably means."""
    nodes = subject.graph.nodes
    meant: set[str] = set()
    for node in nodes.values():
        for reference in node.inputs.values():
            name = split_reference(reference)[0]
            if reference in nodes:
                meant.add(reference)
            elif name not in nodes:
                others = [other for other in nodes if other != node.name]
                meant.update(other for other in others if nearest(name, others) == f"did you mean {other!r}?")
        kind = subject.facts.types.get(node.name)
        names = {port.name for port in kind.inputs} if kind else set[str]()
        meant |= {str(value) for name, value in node.parameters.items() if name in names}
    return meant
