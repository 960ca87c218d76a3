"""Laying the plan on the picture of its graph: which nodes are worked together, in which steps, over which slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from headrace.engine.runtime.plan import Plan, Segment, Step, Work
from headrace.engine.view.printable import printable
from headrace.engine.view.rendered import Rendered, RenderedSegment

__all__ = ["with_plan"]

_DOES: Mapping[Work, str] = {
    Work.CALL: "",
    Work.UPDATE: ".update",
    Work.BEGIN: ".begin",
    Work.MISSING: ".missing",
    Work.FINAL: ".final",
    Work.KEEP: "",
}


def with_plan(rendered: Rendered, plan: Plan) -> Rendered:
    """Give a picture with the segments of a plan.

    Parameters
    ----------
    rendered
        The picture of the plan's graph.
    plan
        The compiled graph. With ``fuse="stateless"``, what can be spread over workers stands apart.
    """
    ids = {node.name: node.id for node in rendered.nodes}
    segments = tuple(_segment(number, segment, ids) for number, segment in enumerate(plan.segments, 1))
    return replace(rendered, segments=segments)


def _segment(number: int, segment: Segment, ids: Mapping[str, str]) -> RenderedSegment:
    names = [printable(name) for name in segment.nodes]
    return RenderedSegment(
        number=number,
        placement="in order" if segment.stateful else "anywhere",
        nodes=tuple(ids[name] for name in names if name in ids),
        steps=tuple(_lines(segment)),
    )


def _lines(segment: Segment) -> Iterator[str]:
    parts = [("at the start", segment.begin)]
    parts += [(f"each event of {printable(stream)}", steps) for stream, steps in segment.events.items()]
    parts += [("at the end", segment.end)]
    for when, steps in parts:
        yield from (f"{when}: {_step(step)}" for step in steps)


def _step(step: Step) -> str:
    """Spell one step out.

    Examples
    --------
    >>> _step(Step("mean", Work.CALL, ins=((None, 0),), outs=((None, 3),), frees=(0,)))
    'mean(#0) → #3, then #0 is free'
    """
    given = ", ".join(f"#{slot}" for _, slot in step.ins)
    slots = [slot for _, slot in (*step.outs, *step.value_outs)]
    into = f" → {', '.join(f'#{slot}' for slot in slots)}" if slots else ""
    held = ", held for the run" if step.publishes else ""
    frees = ", ".join(f"#{slot}" for slot in step.frees)
    after = f", then {frees} {'is' if len(step.frees) == 1 else 'are'} free" if frees else ""
    return f"{printable(step.node)}{_DOES[step.work]}({given}){into}{held}{after}"
