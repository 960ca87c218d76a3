"""What it took to compute a value: the time of its node, and of all before it that is not kept itself."""

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
        inputs = {
            name: {ref.partition(".")[0] for ref in state.plan.graph.nodes[name].inputs.values()} for name in kept
        }
        self._before = self._unkept(inputs, kept)

    def _unkept(self, inputs: dict[str, set[str]], kept: set[str]) -> dict[str, tuple[str, ...]]:
        """Give, for each node whose values are kept, the nodes before it whose are not."""
        graph = self._state.plan.graph
        found: dict[str, tuple[str, ...]] = {}
        for name in kept:
            reached: set[str] = set()
            waiting = list(inputs[name])
            while waiting:
                before = waiting.pop()
                if before not in reached:
                    reached.add(before)
                    waiting += [ref.partition(".")[0] for ref in graph.nodes[before].inputs.values()]
            found[name] = tuple(sorted(reached))
        return found

    def measured(self, stream: str | None) -> dict[str, float]:
        """Give the nanoseconds that each kept value has cost since the last time."""
        counts = self._state.counts
        spent: dict[str, int] = {}
        for name in self._nodes:
            now = counts[name].nanoseconds
            spent[name] = now - self._last[name]
            self._last[name] = now
        return {
            name: float(spent[name] + sum(spent[other] for other in before)) for name, before in self._before.items()
        }

    def total(self) -> int:
        """Give the nanoseconds of the whole run so far."""
        return sum(count.nanoseconds for count in self._state.counts.values())

    def counts(self) -> Iterator[tuple[str, NodeCount]]:
        """Give the counts of each node."""
        return iter((name, self._state.counts[name]) for name in self._nodes)
