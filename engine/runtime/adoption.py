"""A run goes over from one revision to the next, between two of its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.arrivals import joined
from headrace.engine.runtime.binding import rows_of
from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.executor import StopRunError, execute
from headrace.engine.runtime.fate import Fate, Memory, fates
from headrace.engine.runtime.plan import Plan, Step, Work
from headrace.engine.runtime.revision import Revision
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.taps import Reader

__all__ = ["adopt"]


def adopt(state: RunState, revision: Revision, taps: Mapping[int, Reader]) -> None:
    """Put a run under a revision.

    Nodes that are the same keep what they remember, and what they held for the run. A node whose changed parameters
    are all ``keep`` is told of them; one that resets begins anew. What is known per run and has changed is computed
    again, and what was made of it.

    Parameters
    ----------
    state
        The run's state.
    revision
        The revision.
    taps
        Slot (of the revision's plan) to the tap that wants its values.
    """
    found = fates(state.plan, state.parameters, revision.plan, revision.parameters)
    _keep_instances(state, found, revision)
    fresh = _fresh(revision.plan, found)
    state.slots = _slots(state, revision.plan, fresh)
    state.templates = {name: made for name, made in state.templates.items() if found[name].what == "same"}
    state.joined |= joined(state.plan, revision.plan, state.events, state.counts)
    for name in revision.plan.graph.nodes:
        state.counts.setdefault(name, NodeCount())
        state.apart.setdefault(name, NodeCount())
    state.plan, state.parameters, state.revision = revision.plan, revision.parameters, revision
    state.tables.clear()
    _begin(state, fresh, taps)


def _keep_instances(state: RunState, found: Mapping[str, Fate], revision: Revision) -> None:
    """Let instances go that begin anew, and tell the others of their new parameters."""
    for name, instance in list(state.instances.items()):
        fate = found[name]
        if instance is None or fate.memory is not Memory.KEPT:
            del state.instances[name]
        elif fate.changed:
            _tell(state, name, {key: revision.parameters.values[name][key] for key in fate.changed})


def _tell(state: RunState, name: str, changed: Mapping[str, Any]) -> None:
    """Tell an instance of its new parameters; one that can't take them begins anew, and that is no secret."""
    try:
        state.instances[name].change(**changed)
    except (Exception, SystemExit) as error:
        del state.instances[name]
        state.note_failure(Step(name, Work.BEGIN), [], None, error)


def _fresh(plan: Plan, found: Mapping[str, Fate]) -> set[str]:
    """Give the nodes whose value for the run must be made again: changed ones, and what is made of these."""
    origin = {slot: node for (node, _), slot in plan.slots.items()}
    fresh: set[str] = set()
    for step in (step for segment in plan.segments for step in segment.begin if step.publishes):
        fate = found[step.node]
        held_on = fate.memory is Memory.KEPT or (fate.what == "changed" and not fate.changed)
        if (fate.what != "same" and not held_on) or any(origin[slot] in fresh for _, slot in step.ins):
            fresh.add(step.node)
    return fresh


def _slots(state: RunState, plan: Plan, fresh: set[str]) -> list[Any]:
    """Give the run's slots as the plan numbers them, with what is still held."""
    slots: list[Any] = [Absent.WAITING] * (plan.size + 1)
    for place, slot in plan.slots.items():
        if place in state.plan.slots and place[0] not in fresh:
            slots[slot] = state.slots[state.plan.slots[place]]
    return slots


def _begin(state: RunState, fresh: set[str], taps: Mapping[int, Reader]) -> None:
    """Do again what is done at the start of a run, as far as it is asked for."""
    origin = {slot: node for (node, _), slot in state.plan.slots.items()}
    for segment in state.plan.segments if fresh else ():
        steps = tuple(step for given in segment.begin if (step := _only(given, fresh, origin)) is not None)
        rows = rows_of(replace(segment, begin=steps), state, taps)
        try:
            execute(rows, state.slots, None, state.on_failure)
        except StopRunError:
            return


def _only(step: Step, fresh: set[str], origin: Mapping[int, str]) -> Step | None:
    if step.work is Work.KEEP:
        ins = tuple((name, slot) for name, slot in step.ins if origin[slot] in fresh)
        return replace(step, ins=ins) if ins else None
    return step if step.node in fresh else None
