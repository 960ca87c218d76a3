"""A stored run as a script: each record with the keys of its values, under the revision that was in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from headrace.engine.model.records import Event, EventKey, RunEnd
from headrace.engine.runtime.lineage import Lineage
from headrace.engine.runtime.lineage_keys import Key
from headrace.engine.runtime.lineage_prefix import is_templated
from headrace.engine.runtime.plan import Plan, Step, Work
from headrace.engine.runtime.revision import Revision

__all__ = ["Moment", "Schedule", "Script", "StepsOf", "is_side_effect", "reached"]

Schedule = Sequence[tuple[Revision, EventKey | None]]
"""Revisions, each with the first event under it; None for one that came when only the end was left."""


@dataclass(slots=True, eq=False)
class Moment:
    """One event of a run, or its end.

    Attributes
    ----------
    event
        The event; None for the end.
    revision
        What is in force.
    keys
        Slot to key.
    computes
        Nodes without memory that have to compute.
    loads
        Slot to its node and what the cache holds for it.
    absent
        Slots of which it is known that they will hold no value.
    """

    event: Event | None
    revision: Revision
    keys: list[Key]
    computes: set[str] = field(default_factory=set)
    loads: dict[int, tuple[str, memoryview]] = field(default_factory=dict)
    absent: dict[int, str] = field(default_factory=dict)


class StepsOf:
    """The steps of a plan, by what they give.

    Parameters
    ----------
    plan
        The plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        segments = plan.segments
        self.begin: list[Step] = [step for segment in segments for step in segment.begin]
        self.end: list[Step] = [step for segment in segments for step in segment.end]
        self.events: dict[str, list[Step]] = {
            stream: [step for segment in segments for step in segment.events.get(stream, ())] for stream in plan.streams
        }
        self.owners: dict[int, str] = {slot: node for (node, _), slot in plan.slots.items()}
        self._templated = {node for node in plan.graph.nodes if is_templated(node, plan)}
        self._makers: dict[str | None, dict[int, Step]] = {
            stream: _makers(steps) for stream, steps in (*self.events.items(), (None, self.end))
        }

    def is_templated(self, node: str) -> bool:
        """Tell whether what stands in for a failed value of a node depends on its last good one."""
        return node in self._templated

    def at(self, moment: Moment) -> list[Step]:
        """Give the steps of a moment."""
        return self.end if moment.event is None else self.events.get(moment.event.key.stream, [])

    def makers(self, moment: Moment) -> Mapping[int, Step]:
        """Give slot to the step that fills it at a moment; what holds for the run is not among them."""
        return self._makers.get(None if moment.event is None else moment.event.key.stream, {})


def _makers(steps: Iterable[Step]) -> dict[int, Step]:
    return {
        slot: step
        for step in steps
        if not step.publishes and step.work is not Work.MISSING
        for _, slot in (*step.outs, *step.value_outs)
    }


def is_side_effect(step: Step, plan: Plan) -> bool:
    """Tell whether a step is there for what it does, not for what it gives: it writes a file, say."""
    return step.work is not Work.KEEP and not plan.types[step.node].outputs


class Script:
    """The moments of a run, from first event to end.

    Parameters
    ----------
    lineage
        Walks through the run; not yet begun.
    events, end
        What the run consists of.
    schedule
        The revisions after the one that it begins with.
    """

    def __init__(self, lineage: Lineage, events: Iterable[Event], end: RunEnd, schedule: Schedule = ()) -> None:
        waiting = list(schedule)
        lineage.begin()
        self.revisions = [lineage.revision, *(revision for revision, _ in schedule)]
        self.moments: list[Moment] = []
        for event in events:
            while waiting and reached(waiting[0][1], event.key):
                lineage.revise(waiting.pop(0)[0])
            self.moments.append(Moment(event, lineage.revision, lineage.event(event)))
        for revision, _ in waiting:
            lineage.revise(revision)
        self.end = end
        self.moments.append(Moment(None, lineage.revision, lineage.end()))
        self._steps: dict[int, StepsOf] = {}

    def steps(self, revision: Revision) -> StepsOf:
        """Give the steps of a revision."""
        if id(revision) not in self._steps:
            self._steps[id(revision)] = StepsOf(revision.plan)
        return self._steps[id(revision)]


def reached(first: EventKey | None, now: EventKey) -> bool:
    """Tell whether an event is the first one of a revision, or one behind it."""
    return first is not None and first.stream == now.stream and now.seq_num >= first.seq_num
