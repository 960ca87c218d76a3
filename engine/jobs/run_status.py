"""The status of one run: under way, or ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.jobs.progress import Finished, announced
from headrace.engine.jobs.rates import Rates, Reading
from headrace.engine.jobs.status import NodeStatus, RunStatus
from headrace.engine.model.one_line import one_line
from headrace.engine.runtime.arrivals import arrivals
from headrace.engine.runtime.numbers import NodeNumbers, RunNumbers, waiting_for
from headrace.engine.runtime.run_state import RunState
from headrace.engine.runtime.samples import quantile

__all__ = ["ended_run", "open_run"]

_LONGEST = 500  # characters of an error that are told


def open_run(state: RunState, numbers: RunNumbers, rates: Rates, taken_in: Mapping[str, Any]) -> RunStatus:
    """Give the status of a run under way.

    Parameters
    ----------
    state
        The run.
    numbers
        What was read of it.
    rates
        Earlier readings.
    taken_in
        What the intake says of the run; empty if there is none.
    """
    events = sum(numbers.events.values())
    rate, _ = rates.since((numbers.graph, state.run.uid), Reading(events))
    waits = waiting_for(state)
    return RunStatus(
        **_described(state.run.start),
        result="",
        state="open",
        reason=f"stopped by {state.stopped_by!r}" if state.stopped_by else "",
        events=numbers.events,
        done=events - numbers.dropped - (numbers.working_on is not None),
        working_on=str(numbers.working_on or ""),
        lost=_counted(taken_in, "missing"),
        repeated=_counted(taken_in, "repeated"),
        overrun=_counted(taken_in, "dropped"),
        dropped=numbers.dropped,
        silent=taken_in.get("silent"),
        failures=state.failures,
        rate=round(rate, 3),
        lag=state.samples.lag,
        revision=state.parameters.revision,
        nodes=tuple(
            _node(name, state, numbers.nodes[name], waits, rates) for name in numbers.order if name in numbers.nodes
        ),
        notes=dict(taken_in.get("notes", {})),
    )


def _node(name: str, state: RunState, numbers: NodeNumbers, waits: Mapping[str, str], rates: Rates) -> NodeStatus:
    graph, run = state.plan.graph.name, state.run.uid
    rate, busy = rates.since((graph, run, name), Reading(numbers.done, numbers.nanoseconds))
    if numbers.working and rate == 0:
        busy = 1.0  # it has not come to the end of an event since
    letter, done_then = state.last_failures.get(name, (None, 0))
    times = state.samples.times(name)
    failing = letter is not None and numbers.done <= done_then
    running = numbers.working or rate > 0
    kind = state.plan.types.get(name)
    return NodeStatus(
        name=name,
        type=kind.name if kind else "",
        state="error" if failing else "waiting" if name in waits else "running" if running else "idle",
        waiting_for=waits.get(name, ""),
        given=numbers.given,
        out=numbers.out,
        filtered=numbers.filtered,
        failed=numbers.failed,
        dropped=numbers.dropped,
        queued=numbers.queued,
        rate=round(rate, 3),
        p50=quantile(times, 0.5),
        p95=quantile(times, 0.95),
        busy=round(min(1.0, max(0.0, busy)), 4),
        seconds=numbers.nanoseconds * 1e-9,
        last_error=letter.error[:_LONGEST] if letter else "",
        last_error_event=str(letter.event) if letter and letter.event else "",
        revision=state.parameters.revision,
    )


def ended_run(finished: Finished) -> RunStatus:
    """Give the status of a run that has ended."""
    summary = finished.summary
    verdict, reason = summary.verdict
    first, _ = summary.revisions[-1] if summary.revisions else (None, None)
    return RunStatus(
        **_described(summary.run.start),
        result=finished.uid,
        state=verdict,
        reason=reason,
        events=dict(summary.events),
        done=sum(summary.events.values()) - summary.dropped,
        working_on="",
        lost=dict(summary.end.lost),
        repeated=dict(summary.end.repeated),
        overrun=dict(summary.end.dropped),
        dropped=summary.dropped,
        silent=None,
        failures=summary.failures,
        rate=0.0,
        lag=None,
        revision=first.number if first is not None else 1,
        nodes=tuple(_ended_node(name, finished) for name in summary.counts),
        places=tuple(finished.places),
        notes=dict(summary.end.notes),
    )


def _ended_node(name: str, finished: Finished) -> NodeStatus:
    summary = finished.summary
    count = summary.counts[name]
    revision = summary.revisions[-1][0] if summary.revisions else None
    kind = revision.plan.types.get(name) if revision else None
    first = summary.first_failure if summary.first_failure and summary.first_failure.node == name else None
    dropped = _dropped(name, finished)
    return NodeStatus(
        name=name,
        type=kind.name if kind else "",
        state="error" if count["failed"] else "idle",
        waiting_for="",
        given=count["in"] + dropped,
        out=count["out"],
        filtered=count["filtered"],
        failed=count["failed"],
        dropped=dropped,
        queued=0,
        rate=0.0,
        p50=None,
        p95=None,
        busy=0.0,
        seconds=summary.seconds.get(name, 0.0),
        last_error=first.error[:_LONGEST] if first else "",
        last_error_event=str(first.event) if first and first.event else "",
        revision=revision.number if revision else 1,
    )


def _dropped(name: str, finished: Finished) -> int:
    """Give how many events a node that reads a stream was not given, since a failure had stopped the run."""
    summary = finished.summary
    if not summary.dropped and summary.stopped_by is None:
        return 0
    stream = arrivals(summary.revisions[-1][0].plan).get(name) if summary.revisions else None
    return 0 if stream is None else max(0, summary.events.get(stream, 0) - summary.counts[name]["in"])


def _counted(taken_in: Mapping[str, Any], what: str) -> dict[str, int]:
    """Give what the intake counted of each stream, where it is any."""
    return {stream: counts[what] for stream, counts in taken_in.get("streams", {}).items() if counts[what]}


def _described(start: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a start document says, as far as it is of the kind that was expected."""
    scan_id, began = start.get("scan_id"), start.get("time")
    return {
        "uid": str(start["uid"]),
        "scan_id": one_line(scan_id, 100)
        if isinstance(scan_id, str)
        else scan_id
        if isinstance(scan_id, int)
        else None,
        "plan_name": one_line(start.get("plan_name", ""), 100),
        "began": float(began) if isinstance(began, int | float) else None,
        "announced": announced(start),
    }
