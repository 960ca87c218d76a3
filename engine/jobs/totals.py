"""What was done over all runs of a service: sums that never go back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from headrace.engine.jobs.status import RunStatus

__all__ = ["NodeTotal", "Totals"]


@dataclass(slots=True)
class NodeTotal:
    """What a node did in all runs."""

    out: int = 0
    filtered: int = 0
    failed: int = 0
    dropped: int = 0
    seconds: float = 0.0

    def at_least(self, other: NodeTotal) -> NodeTotal:
        """Give the larger of each number."""
        return NodeTotal(*(max(getattr(self, name), getattr(other, name)) for name in self.__slots__))


@dataclass(slots=True)
class Totals:
    """Sums over runs.

    Attributes
    ----------
    nodes
        Graph and node to what was done.
    events, lost
        Graph to events that came in, and that never came.
    """

    nodes: dict[tuple[str, str], NodeTotal] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def add(self, graph: str, run: RunStatus) -> None:
        """Add a run."""
        self.events[graph] += sum(run.events.values())
        self.lost[graph] += sum(run.lost.values())
        for node in run.nodes:
            total = self.nodes.setdefault((graph, node.name), NodeTotal())
            total.out += node.out
            total.filtered += node.filtered
            total.failed += node.failed
            total.dropped += node.dropped
            total.seconds += node.seconds

    def at_least(self, now: Totals) -> Totals:
        """Give the larger of each sum here and there: a run that is ending is in neither list for a moment."""
        nodes = {key: one.at_least(self.nodes.get(key, NodeTotal())) for key, one in now.nodes.items()}
        return Totals({**self.nodes, **nodes}, self.events | now.events, self.lost | now.lost)

    def plus(self, runs: Mapping[str, tuple[RunStatus, ...]]) -> Totals:
        """Give these sums with further runs added, by graph."""
        copied = {
            key: NodeTotal(one.out, one.filtered, one.failed, one.dropped, one.seconds)
            for key, one in self.nodes.items()
        }
        more = Totals(copied, Counter(self.events), Counter(self.lost))
        for graph, several in runs.items():
            for run in several:
                more.add(graph, run)
        return more
