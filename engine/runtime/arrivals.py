"""What nodes that read events from a stream are given, so that what went through them can be checked against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.plan import Plan, Work

__all__ = ["Joined", "arrivals", "joined"]


class Joined(NamedTuple):
    """Where the counts stood when a node came into a run that was under way."""

    events: Mapping[str, int]
    """Stream to the number of its events that had come."""
    entered: int
    """Events that the node had had before, if it was in the graph before."""


def arrivals(plan: Plan) -> dict[str, str]:
    """Give the stream of each node that is given every event of a stream."""
    return {
        step.node: stream
        for segment in plan.segments
        for stream, steps in segment.events.items()
        for step in steps
        if step.work is Work.CALL and not step.ins and not step.publishes
    }


def joined(old: Plan, new: Plan, events: Mapping[str, int], counts: Mapping[str, NodeCount]) -> dict[str, Joined]:
    """Give where the counts stand, for each node that reads a stream in a new plan and did not in the old one."""
    before = arrivals(old)
    return {
        name: Joined(dict(events), counts[name].entered if name in counts else 0)
        for name, stream in arrivals(new).items()
        if before.get(name) != stream
    }
