"""Binding the steps of a plan for one run: parameters, instances and taps become rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from headrace.engine.model.node_type import NodeType
from headrace.engine.model.records import Event
from headrace.engine.runtime import bound_step as bound
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.bound_step import Apply
from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.executor import QuickRow, Row, Tables, quick
from headrace.engine.runtime.plan import Segment, Step, Work
from headrace.engine.runtime.recording import Watching
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.substitute import template_of
from headrace.engine.runtime.taps import Reader

__all__ = ["bind", "rows_of"]


def bind(segment: Segment, state: RunState, taps: Mapping[int, Reader]) -> Tables:
    """Bind the steps of a segment for one run.

    Parameters
    ----------
    segment
        The segment.
    state
        The run's state, which gives parameters, instances and counts.
    taps
        Slot to the tap that wants its values.
    """
    counted = {step.node for steps in segment.events.values() for step in steps if _is_main(step)}
    return Tables(
        rows_of(segment, state, taps),
        {stream: list(_rows(steps, state, taps, None)) for stream, steps in segment.events.items()},
        list(_rows(segment.end, state, taps, counted)),
    )


def rows_of(segment: Segment, state: RunState, taps: Mapping[int, Reader]) -> list[QuickRow]:
    """Bind only what a segment does at the start of a run; see `bind`."""
    counted = {step.node for steps in segment.events.values() for step in steps if _is_main(step)}
    return list(_rows(segment.begin, state, taps, counted))


def _is_main(step: Step) -> bool:
    """Tell whether a step in an event is what its node is counted by."""
    return not step.publishes and step.work is not Work.MISSING


def _rows(
    steps: Sequence[Step], state: RunState, taps: Mapping[int, Reader], apart: set[str] | None
) -> Iterator[QuickRow]:
    """Give the rows of some steps; nodes in ``apart`` are counted by events, and so not here."""
    for step in steps:
        counts = state.apart if apart is not None and step.node in apart else state.counts
        wanted: list[Watching] = [taps[slot] for _, slot in (*step.outs, *step.value_outs) if slot in taps]
        if state.recorder is not None:
            wanted += state.recorder.watchers(step, in_event=apart is None)
        apply, call = _apply(step, state, in_event=apart is None)
        if isinstance(state.plan.graph.nodes[step.node].on_error, dict):
            apply, call = bound.remembered(apply, partial(_remember, state, step.node)), None
        frees = () if wanted else step.frees
        renews = state.slots if step.publishes else None
        yield quick(Row(apply, counts[step.node], step.outs, frees, renews, step, call))
        for number, tap in enumerate(wanted, 1):
            yield quick(Row(tap.emit, NodeCount(), (), step.frees if number == len(wanted) else (), None, step))


def _apply(step: Step, state: RunState, *, in_event: bool) -> tuple[Apply, Callable[[Any], Any] | None]:
    """Give the call of a step, and the bare function where it takes one value and nothing else."""
    kind = state.plan.types[step.node]
    if step.work is Work.KEEP:
        return _kept(step, state, in_event=in_event), None
    if step.work is Work.CALL:
        return _called(step, kind, state, in_event=in_event)
    instance = state.instance(step.node)
    return (_absent if instance is None else _of_instance(step, kind, instance)), None


def _remember(state: RunState, node: str, value: Any) -> None:
    state.templates[node] = template_of(value)


def _absent(slots: list[Any], event: Event | None) -> Any:
    return Absent.UPSTREAM


def _called(
    step: Step, kind: NodeType, state: RunState, *, in_event: bool
) -> tuple[Apply, Callable[[Any], Any] | None]:
    run = state.context(step.node)
    contexts = {name: run for name, context in kind.contexts.items() if context == "run"}
    keywords = {**state.parameters.values[step.node], **contexts}
    call = partial(kind.target, **keywords) if keywords else kind.target
    event_name = _event_name(kind, in_event)
    apply = bound.applied(call, step.ins, event_name)
    if step.publishes and in_event:
        return bound.when_changed(apply, step.ins), None
    bare = event_name is None and [name for name, _ in step.ins] == [None]
    return apply, call if bare else None


def _event_name(kind: NodeType, in_event: bool) -> str | None:
    names = (name for name, context in kind.contexts.items() if context == "event")
    return next(names, None) if in_event else None


def _of_instance(step: Step, kind: NodeType, instance: Any) -> Apply:
    if step.work is Work.BEGIN:
        return bound.held_begin(instance.begin) if hasattr(instance, "begin") else _waiting
    if step.work is Work.MISSING:
        return bound.held_fallback(instance.missing, step.outs[0][1])
    if step.work is Work.FINAL:
        return bound.applied(instance.final, (), None)
    update = bound.applied(instance.update, step.ins, _event_name(kind, True))
    if kind.held:
        return bound.held_update(update)
    return bound.with_value(update, instance.value, step.value_outs) if step.value_outs else update


def _waiting(slots: list[Any], event: Event | None) -> Any:
    return Absent.WAITING


def _kept(step: Step, state: RunState, *, in_event: bool) -> Apply:
    takers = [(slot, state.taker(name or "")) for name, slot in step.ins]
    outputs = {output.slot: output for output in state.plan.outputs}
    apply = bound.kept(takers)
    held = in_event and all(outputs[slot].cadence == "run" for _, slot in step.ins)
    return bound.when_changed(apply, step.ins) if held else apply
