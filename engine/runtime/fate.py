"""What becomes of each node, and of what it remembers, when one revision takes over from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headrace.engine.model.constraints import plain
from headrace.engine.model.graph import Node
from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan

__all__ = ["Fate", "Memory", "downstream", "fates"]


class Memory(StrEnum):
    """What becomes of what a node remembers."""

    NONE = "none"
    """It remembers nothing."""
    KEPT = "kept"
    """It goes on with it."""
    RESET = "reset"
    """It begins anew."""
    REFUSED = "refused"
    """It can't take the change while a run is under way."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one node.

    Attributes
    ----------
    node
        Its name.
    what
        ``same``, ``changed`` (parameters or what to do on errors), ``rewired`` (other inputs or another node type),
        ``added`` or ``removed``.
    memory
        What becomes of what it remembers.
    changed
        Parameter to its former and its new value, as plain data.
    because
        Why it is reset or refused, in words; empty otherwise.
    """

    node: str
    what: str
    memory: Memory
    changed: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    because: str = ""


def fates(old: Plan, before: ParameterSet, new: Plan, after: ParameterSet) -> dict[str, Fate]:
    """Compare two revisions node by node.

    Parameters
    ----------
    old, before
        The plan and the parameters in force.
    new, after
        Those that take over.
    """
    found = {name: _fate(name, old, before, new, after) for name in new.graph.nodes}
    gone = {name: Fate(name, "removed", Memory.NONE) for name in old.graph.nodes if name not in new.graph.nodes}
    return {**found, **gone}


def _fate(name: str, old: Plan, before: ParameterSet, new: Plan, after: ParameterSet) -> Fate:
    kind = new.types[name]
    if name not in old.graph.nodes:
        return Fate(name, "added", Memory.NONE)
    was, now = old.graph.nodes[name], new.graph.nodes[name]
    if old.types[name].target is not kind.target:
        return _anew(name, kind, f"it is a {kind.name} now, and was a {old.types[name].name}")
    if _feeds(old, was) != _feeds(new, now) and not kind.keeps:
        return _anew(name, kind, "its inputs are others now")
    changed = _changed(before.values[name], after.values[name])
    if not changed:
        same = (was.on_error, was.cache, was.inputs) == (now.on_error, now.cache, now.inputs)
        return Fate(name, "same" if same else "changed", _of(kind, Memory.KEPT))
    return Fate(name, "changed", *_remembered(kind, changed))


def _feeds(plan: Plan, node: Node) -> dict[str, tuple[str, str]]:
    """Give port to (node, output) that feeds it, so that ``mean`` and ``mean.out`` are the same."""
    found = {}
    for port, reference in node.inputs.items():
        origin, _, output = reference.partition(".")
        declared = plan.types[origin].output(output or None)
        found[port] = (origin, declared.name if declared else output)
    return found


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (plain(before[name]), plain(after[name])) for name in after}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def _remembered(kind: NodeType, changed: Mapping[str, Any]) -> tuple[Memory, Mapping[str, Any], str]:
    """Give what becomes of a node's memory: the gravest of what its changed parameters say."""
    if not kind.stateful:
        return Memory.NONE, changed, ""
    says = {name: kind.parameters[name].on_change for name in changed}
    if refusing := _named(says, "refuse"):
        return Memory.REFUSED, changed, f"{refusing} can't change while a run is under way"
    if resetting := _named(says, "reset"):
        return Memory.RESET, changed, f"what it has collected was made with another {resetting}"
    return Memory.KEPT, changed, ""


def _named(says: Mapping[str, str], word: str) -> str:
    return ", ".join(name for name, said in says.items() if said == word)


def _anew(name: str, kind: NodeType, because: str) -> Fate:
    return Fate(name, "rewired", _of(kind, Memory.RESET), {}, because if kind.stateful else "")


def _of(kind: NodeType, memory: Memory) -> Memory:
    return memory if kind.stateful else Memory.NONE


def downstream(plan: Plan, nodes: Iterable[str]) -> tuple[str, ...]:
    """Give the nodes whose values depend on some nodes, these included, in the order of the plan."""
    reached = set(nodes)
    for name in (name for segment in plan.segments for name in segment.nodes):
        origins = {reference.partition(".")[0] for reference in plan.graph.nodes[name].inputs.values()}
        if origins & reached:
            reached.add(name)
    return tuple(name for segment in plan.segments for name in segment.nodes if name in reached)
