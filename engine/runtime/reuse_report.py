"""What a replay took from the cache, what it computed, and how long each would have taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.engine.runtime.cache import Reading
from headrace.engine.runtime.cache_codec import decode
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.reuse_demand import Demand
from headrace.engine.runtime.reuse_record import Recorder, cost_places
from headrace.engine.runtime.reuse_script import Script

__all__ = ["NodeReuse", "Reuse", "reuse_of"]


@dataclass(frozen=True, slots=True)
class NodeReuse:
    """What became of one node.

    Attributes
    ----------
    node
        Its name.
    computed, reused
        Events that it computed, and that it was spared.
    seconds
        How long it took.
    before
        How long it took when the whole run was computed the last time; None if that is not known.
    """

    node: str
    computed: int
    reused: int
    seconds: float
    before: float | None


@dataclass(frozen=True, slots=True)
class Reuse:
    """What became of each node in a replay.

    Attributes
    ----------
    nodes
        The nodes, in the order of the plan; sinks are left out.
    """

    nodes: tuple[NodeReuse, ...]

    @property
    def spared(self) -> float:
        """Seconds that were spared, as far as known."""
        return sum(max(node.before - node.seconds, 0.0) for node in self.nodes if node.before is not None)


def reuse_of(script: Script, demand: Demand, recorder: Recorder, look: Reading, summary: RunSummary) -> Reuse:
    """Say what became of each node."""
    plan = script.moments[-1].revision.plan
    places = cost_places(plan, recorder.lineage.prefixes, summary.run)
    nodes = [name for segment in plan.segments for name in segment.nodes if not plan.types[name].keeps]
    return Reuse(
        tuple(_of(name, summary.counts[name], summary.seconds[name], look.get(places[name])) for name in nodes)
    )


def _of(name: str, counts: Mapping[str, int], seconds: float, known: memoryview | None) -> NodeReuse:
    before: Any = decode(known)[0] if known is not None else None
    return NodeReuse(name, counts["in"], counts.get("reused", 0), seconds, before)
