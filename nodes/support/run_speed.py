"""How fast a motor moved, from all events of a run that has ended."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from headrace.engine.model.errors import UsageError
from headrace.engine.model.records import RecordedRun, RunContext
from headrace.nodes.support.binning import as_key
from headrace.nodes.support.document_names import document_names
from headrace.nodes.support.expression import ExpressionError, compile_expression
from headrace.nodes.support.lookup import not_there

__all__ = ["fast_events", "stored_run"]


def stored_run(run: RunContext | None) -> RecordedRun:
    """Give the whole run, to be read once more.

    Raises
    ------
    UsageError
        If there is no run, or it is still being taken.
    """
    found = run.find_run(run.uid) if run is not None else None
    if found is None:
        problem = (
            "the speed over the whole run is asked for ('mode: run'), but the run can't be read as a whole: it is "
            "live, or not in a store; use 'mode: causal' or 'adaptive', or run the graph on the stored run"
        )
        raise UsageError(problem)
    if getattr(found, "stop", found) is None:
        problem = (
            "the speed over the whole run is asked for ('mode: run'), but the run has no stop document yet; wait for "
            "its end, or use 'mode: causal' or 'adaptive'"
        )
        raise UsageError(problem)
    return found


def fast_events(
    run: RecordedRun, stream: str, field: str, where: str | None, fraction: float, floor: float
) -> frozenset[int]:
    """Give the numbers of the events at which a motor moved forward fast enough.

    Parameters
    ----------
    run, stream, field
        Where the motor's positions are.
    where
        Which events count, by an expression of their documents; None: all.
    fraction, floor
        An event is fast if its central difference is above `fraction` times their median. All are if none is above
        `floor`.

    Raises
    ------
    DocumentError
        If there is no such field.
    UsageError
        If a position is no number, or the expression gives neither true nor false.
    """
    counted = list(_positions(run, stream, field, where))
    if len(counted) < 2:
        return frozenset()
    numbers, positions = zip(*counted, strict=True)
    steps = np.gradient(np.array(positions, dtype=np.float64))
    fast = steps > fraction * np.median(steps) if steps.max() > floor else np.ones(steps.shape, dtype=bool)
    return frozenset(np.array(numbers)[fast].tolist())


def _positions(run: RecordedRun, stream: str, field: str, where: str | None) -> Iterator[tuple[int, float]]:
    counts = compile_expression(where) if where is not None else None
    context = RunContext(run.start)
    for event in run.events(stream):
        if counts is not None:
            passes = counts(document_names(event, context))
            if not isinstance(passes, bool):
                problem = f"expression {where!r} gave {passes!r}; expected true or false"
                raise ExpressionError(problem)
            if not passes:
                continue
        if field not in event.data:
            raise not_there(field, f"stream {stream!r}", event.data)
        position = float(as_key(event.data[field], field))
        if not np.isnan(position):
            yield event.key.seq_num, position
