"""What it took to compute a value: the time of its node, and of all before it."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.reuse_rule import is_kept
from headrace.engine.runtime.run_state import RunState

__all__ = ["Costs"]


class Costs:
    """The time that each node has taken since it was asked last.

    Parameters
    ----------
    state
        The run's state, whose counts have the time.
    """

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._nodes = [name for segment in state.plan.segments for name in segment.nodes]
        self._last = {name: state.counts[name].nanoseconds for name in self._nodes}
        kept = {step.node for step in state.plan.steps() if is_kept(step, state.plan)}
        self._parts = {name: (name, *self._before(name)) for name in kept}

    def _before(self, name: str) -> set[str]:
        """Give the nodes that a node's values are made of."""
        graph = self._state.plan.graph
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for reference in graph.nodes[waiting.pop()].inputs.values():
                before = reference.partition(".")[0]
                if before not in found:
                    found.add(before)
                    waiting.append(before)
        return found

    def measured(self) -> dict[str, float]:
        """Give the nanoseconds that each kept value has cost since the last time."""
        counts = self._state.counts
        spent: dict[str, int] = {}
        for name in self._nodes:
            now = counts[name].nanoseconds
            spent[name] = now - self._last[name]
            self._last[name] = now
        return {name: float(sum(spent[part] for part in parts)) for name, parts in self._parts.items()}

    def total(self) -> int:
        """Give the nanoseconds of the whole run so far."""
        return sum(count.nanoseconds for count in self._state.counts.values())

    def counts(self) -> Iterator[tuple[str, NodeCount]]:
        """Give the counts of each node."""
        return iter((name, self._state.counts[name]) for name in self._nodes)
