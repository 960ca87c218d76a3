"""A change before it is made: checked whole, and what it will do said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.engine.model.check import check_graph
from headrace.engine.model.constraints import plain
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import GraphError
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.runtime.fate import Fate, Memory, downstream, fates
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan
from headrace.engine.runtime.revision import Revision

__all__ = ["Change", "prepare"]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A change that was checked and can be made.

    Attributes
    ----------
    base
        The revision it starts from.
    plan, parameters
        What will be in force.
    fates
        Node to what becomes of it.
    affected
        Nodes whose values will be others, in the order of the plan.
    """

    base: Revision
    plan: Plan
    parameters: ParameterSet
    fates: Mapping[str, Fate]
    affected: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return all(fate.what == "same" for fate in self.fates.values())

    @property
    def rewired(self) -> bool:
        """Whether nodes or edges change, and not only parameters."""
        return self.plan.graph.to_dict() != self.base.plan.graph.set(self.values).to_dict()

    @property
    def values(self) -> dict[str, Any]:
        """``node.parameter`` to the new value, as plain data."""
        return {f"{fate.node}.{name}": new for fate in self.fates.values() for name, (_, new) in fate.changed.items()}

    def refusals(self) -> list[str]:
        """Say what can't be changed while a run is under way."""
        return [f"{fate.node}: {fate.because}" for fate in self.fates.values() if fate.memory is Memory.REFUSED]

    def to_dict(self) -> dict[str, Any]:
        """Give what the change will do, as plain data."""
        return {
            "base": self.base.number,
            "revision": self.parameters.revision,
            "rewired": self.rewired,
            "nodes": [
                {
                    "node": fate.node,
                    "what": fate.what,
                    "memory": str(fate.memory),
                    "changed": {name: list(pair) for name, pair in fate.changed.items()},
                    "because": fate.because,
                }
                for fate in self.fates.values()
                if fate.what != "same"
            ],
            "affected": list(self.affected),
            "untouched": [name for name in self.plan.graph.nodes if name not in self.affected],
            "refusals": self.refusals(),
        }

    def __str__(self) -> str:
        if self.is_empty:
            return f"nothing changes: this is what revision {self.base.number} has"
        lines = [line for fate in self.fates.values() if fate.what != "same" for line in _said(fate)]
        touched = ", ".join(self.affected) or "none"
        return "\n".join([f"revision {self.parameters.revision}", *lines, f"  other values from: {touched}"])


def _said(fate: Fate) -> list[str]:
    lines = [f"  {fate.node}.{name}: {old!r} -> {new!r}" for name, (old, new) in fate.changed.items()]
    if fate.what in ("added", "removed", "rewired") or not lines:
        lines.insert(0, f"  {fate.node}: {fate.what}")
    if fate.memory is not Memory.NONE:
        lines.append(f"    its state is {fate.memory}" + (f": {fate.because}" if fate.because else ""))
    return lines


def prepare(base: Revision, graph: Graph, registry: Mapping[str, NodeType], number: int | None = None) -> Change:
    """Check a graph that is to take over, and compile it; nothing is changed yet.

    Parameters
    ----------
    base
        The revision in force.
    graph
        The graph as it shall be.
    registry
        Node type name to node type.
    number
        The number of the revision to come, if it is not the next one.

    Raises
    ------
    GraphError
        If the graph has faults.
    UsageError
        If a result would become another kind of value, or a node can't be made with its parameters.
    """
    faults = check_graph(graph, registry)
    if faults:
        raise GraphError(graph.name, faults)
    plan = compile_graph(graph, registry, base.plan.fuse)
    parameters = ParameterSet.of(graph, plan.types, max(base.number + 1, number or 0))
    found = fates(base.plan, base.parameters, plan, parameters)
    _refuse_other_kinds(base.plan, plan)
    _try_out(plan, parameters, found)
    changed = [name for name, fate in found.items() if _gives_others(fate, base.plan, plan)]
    return Change(base, plan, parameters, found, downstream(plan, changed))


def _gives_others(fate: Fate, old: Plan, new: Plan) -> bool:
    """Tell whether a node may give other values than before: a sink gives none, and a cache policy changes none."""
    if fate.what in ("same", "removed") or new.types[fate.node].keeps:
        return False
    if fate.what != "changed" or fate.changed:
        return True
    return bool(old.graph.nodes[fate.node].on_error != new.graph.nodes[fate.node].on_error)


def _refuse_other_kinds(old: Plan, new: Plan) -> None:
    """Refuse a result that would become another kind of value: a stream of documents keeps its fields."""
    former = {output.name: output for output in old.outputs}
    for output in new.outputs:
        was = former.get(output.name)
        if was is not None and (was.types, was.cadence, was.stream) != (output.types, output.cadence, output.stream):
            kinds = " | ".join(kind.name for kind in was.types), " | ".join(kind.name for kind in output.types)
            problem = (
                f"result {output.name!r} is {kinds[0]} per {was.cadence} and would become {kinds[1]} per "
                f"{output.cadence}; a result keeps its kind while a pipeline runs: keep it under another name"
            )
            raise UsageError(problem)


def _try_out(plan: Plan, parameters: ParameterSet, found: Mapping[str, Fate]) -> None:
    """Make each node that begins anew once, so that parameters it refuses are found before anything changes."""
    for name, fate in found.items():
        if fate.what in ("same", "removed") or fate.memory is Memory.KEPT:
            continue
        kind = plan.types[name]
        if not kind.stateful or kind.init_contexts:
            continue
        try:
            kind.target(**parameters.values[name])
        except (Exception, SystemExit) as error:
            given = ", ".join(f"{key}={plain(value)!r}" for key, value in parameters.values[name].items())
            problem = f"node {name!r} ({kind.name}) can't be made with {given}: {type(error).__name__}: {error}"
            raise UsageError(problem) from error
