"""Which node of a run is at work this moment."""

from __future__ import annotations

from collections.abc import Mapping
from operator import length_hint

from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.plan import Step
from headrace.engine.runtime.run_state import RunState

__all__ = ["at_work"]


def at_work(state: RunState, held: set[int], makers: Mapping[int, str]) -> str | None:
    """Give the node that is at work, as seen from another thread; None if none is, or it is between two.

    The work leaves no notes on its way, which would cost every step something: how far it is shows in what remains
    in its iterator. So a node that has just ended, or is about to find that an input is absent, may be found too; it
    is told from one at work by its counts: it has had as many events as the nodes before it have done.

    Parameters
    ----------
    state
        The run.
    held
        Slots of values that hold for the rest of the run.
    makers
        Slot to the node that fills it.
    """
    place = state.at
    if place is None:
        return None
    rows, steps = place
    number = len(rows) - length_hint(steps) - 1
    if not 0 <= number < len(rows):
        return None
    count, row = rows[number][4], rows[number][5]
    node = row.step.node
    if state.counts.get(node) is not count:  # a tap, or work that is not counted
        return None
    return node if _is_given(count, row.step, state.counts, held, makers) else None


def _is_given(
    count: NodeCount, step: Step, counts: Mapping[str, NodeCount], held: set[int], makers: Mapping[int, str]
) -> bool:
    """Tell whether every node before this one has done an event that this one has not had."""
    before = [counts.get(makers[slot]) for _, slot in step.ins if slot not in held and slot in makers]
    return all(one is None or one.out > count.entered for one in before)
