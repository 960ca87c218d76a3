"""When a slot may be emptied: a value lives until its last consumer has run, and no longer."""

from __future__ import annotations

from dataclasses import replace

from headrace.engine.runtime.plan import Plan, Segment, Step

__all__ = ["freed"]


def freed(plan: Plan) -> tuple[Segment, ...]:
    """Give the segments with, on each step, the slots whose last use it is.

    Events of a stream pass through the steps of all segments in order, so liveness is worked out across them.
    What a step publishes holds for the rest of the run and is never freed.
    """
    held = {slot for step in plan.steps() if step.publishes for _, slot in step.outs}
    last = {stream: _last_uses([s.events.get(stream, ()) for s in plan.segments], held) for stream in plan.streams}
    at_end = _last_uses([segment.end for segment in plan.segments], held)
    return tuple(
        replace(
            segment,
            events={stream: _with_frees(steps, last[stream], number) for stream, steps in segment.events.items()},
            end=_with_frees(segment.end, at_end, number),
        )
        for number, segment in enumerate(plan.segments)
    )


def _touched(step: Step) -> list[int]:
    return [slot for _, slot in (*step.ins, *step.outs, *step.value_outs)]


def _last_uses(lists: list[tuple[Step, ...]], held: set[int]) -> dict[tuple[int, int], list[int]]:
    """Give (segment number, step number) to the slots used there for the last time."""
    last: dict[int, tuple[int, int]] = {}
    for segment, steps in enumerate(lists):
        for number, step in enumerate(steps):
            last.update((slot, (segment, number)) for slot in _touched(step) if slot not in held)
    frees: dict[tuple[int, int], list[int]] = {}
    for slot, place in last.items():
        frees.setdefault(place, []).append(slot)
    return frees


def _with_frees(steps: tuple[Step, ...], last: dict[tuple[int, int], list[int]], segment: int) -> tuple[Step, ...]:
    return tuple(
        replace(step, frees=tuple(sorted(last.get((segment, number), ())))) for number, step in enumerate(steps)
    )
