"""The loop that runs steps: one try, one clock reading and one count around each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any, TypeAlias

from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.bound_step import Apply, Slots, store
from headrace.engine.runtime.counts import NodeCount
from headrace.engine.runtime.plan import Step

__all__ = ["OnFailure", "QuickRow", "Row", "StopRunError", "Tables", "execute", "quick"]


class StopRunError(Exception):
    """Raised by the failure handler where a node's failure ends the run."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One bound step.

    Attributes
    ----------
    apply, count
        The call, and where it is counted.
    outs
        Fields and slots of its result.
    frees
        Slots to empty afterwards.
    renews
        The run's own slots if the result holds for the rest of the run, else None.
    step
        The step it was made of.
    call
        The function itself where it has one input by position and asks for nothing else, else None.
    """

    apply: Apply
    count: NodeCount
    outs: tuple[tuple[int | None, int], ...]
    frees: tuple[int, ...]
    renews: Slots | None
    step: Step
    call: Callable[[Any], Any] | None = None


QuickRow: TypeAlias = tuple[Callable[[Any], Any] | None, int, int, int, NodeCount, Row]
"""A row as the loop below unpacks it: call, slot in, slot out, slot to empty, count, row."""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The bound steps of one segment for one run.

    Attributes
    ----------
    begin, events, end
        Rows for the start of the run, for an event of each stream, and for the end.
    """

    begin: Sequence[QuickRow]
    events: Mapping[str, Sequence[QuickRow]]
    end: Sequence[QuickRow]


OnFailure: TypeAlias = Callable[[Row, Slots, "Event | None", Exception | SystemExit], Any]


def quick(row: Row) -> QuickRow:
    """Lay a row out flat.

    Most steps take one value, give one value and free at most one slot. The loop does those itself, without a
    further call; it is where the engine's overhead is decided (``bench/overhead.py``). All others go through
    `_general`.
    """
    simple = row.call is not None and len(row.outs) == 1 and row.outs[0][0] is None and row.renews is None
    if not simple or len(row.frees) > 1:
        return (None, -1, -1, -1, row.count, row)
    spare = row.frees[0] if row.frees else -1  # the last slot is nobody's: emptying it does nothing
    return (row.call, row.step.ins[0][1], row.outs[0][1], spare, row.count, row)


def execute(rows: Iterable[QuickRow], slots: Slots, event: Event | None, on_failure: OnFailure) -> None:
    """Run steps in order; a step that fails or leaves an event out is absent for what depends on it, no more.

    Parameters
    ----------
    rows
        The bound steps.
    slots
        The values, which the steps read and write, and one spare slot at the end.
    event
        The event; None at the start and end of a run.
    on_failure
        Takes note of a failure and gives what stands in for the value: `Absent.FAILED` or a substitute.

    Raises
    ------
    StopRunError
        If ``on_failure`` does.
    """
    then = perf_counter_ns()
    for call, slot_in, slot_out, spare, count, row in rows:
        if call is None:
            _general(row, slots, event, on_failure)
        else:
            value = slots[slot_in]
            if value.__class__ is Absent:
                value = Absent.UPSTREAM
            else:
                try:
                    value = call(value)
                    if value is None or value is SKIP:
                        value = _nothing(value, count)
                    else:
                        count.out += 1
                except (Exception, SystemExit) as error:
                    value = on_failure(row, slots, event, error)
            slots[slot_out] = value
            slots[spare] = None
        now = perf_counter_ns()
        count.nanoseconds += now - then
        then = now


def _general(row: Row, slots: Slots, event: Event | None, on_failure: OnFailure) -> None:
    try:
        value = row.apply(slots, event)
        if value is SKIP or (value is None and row.outs):
            value = _nothing(value, row.count)
        elif value.__class__ is not Absent:
            store(slots, row.outs, value)  # inside the try: a node may give fewer values than it declares
            row.count.out += 1
    except (Exception, SystemExit) as error:
        value = on_failure(row, slots, event, error)
        if value.__class__ is not Absent:
            store(slots, row.outs, value)
    if value.__class__ is Absent and value is not Absent.UNCHANGED:
        store(slots, row.outs, value)
    if row.renews is not None and value is not Absent.UNCHANGED:
        for _, slot in row.outs:
            row.renews[slot] = slots[slot]
    for slot in row.frees:
        slots[slot] = None


def _nothing(value: Any, count: NodeCount) -> Any:
    """Count an event that the node left out; refuse None, which is a forgotten return."""
    if value is None:
        problem = "the node gave None where it declares an output; return a value, or SKIP"
        raise TypeError(problem)
    count.filtered += 1
    return Absent.FILTERED
