"""Numbers as Prometheus text: counters that never go back, gauges for what comes and goes.

Labels are graph, node and the like, never runs or events: their number would grow for ever. So the counters of a
node run over all runs that the service has had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from headrace.engine.jobs.status import GraphStatus, SourceStatus, Status
from headrace.engine.jobs.totals import Totals

__all__ = ["metrics_text"]

MOST_SERIES = 20_000
"""Lines that are written at most; a graph of thousands of nodes must not fill the disk of whoever collects them."""
_LONGEST = 200

_Sample: TypeAlias = tuple[Mapping[str, str], float]
_Metric: TypeAlias = tuple[str, str, str, Iterable[_Sample]]
"""Name, kind, help, samples."""


def metrics_text(status: Status, totals: Totals) -> str:
    """Write the numbers.

    Parameters
    ----------
    status
        How things are now.
    totals
        What was done over all runs.
    """
    lines: list[str] = []
    left_out = 0
    for name, kind, text, samples in _metrics(status, totals):
        written = [_line(f"headrace_{name}", labels, value) for labels, value in samples]
        if len(lines) + len(written) > MOST_SERIES:
            left_out += len(written)
        elif written:
            lines += [f"# HELP headrace_{name} {text}", f"# TYPE headrace_{name} {kind}", *written]
    if left_out:
        lines += [
            "# HELP headrace_left_out_series Series that would be too many.",
            "# TYPE headrace_left_out_series gauge",
        ]
        lines.append(f"headrace_left_out_series {left_out}")
    return "\n".join(lines) + "\n"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:.17g}" if inside else f"{name} {value:.17g}"


def _escaped(text: str) -> str:
    r"""Write a label's value so that nothing in it ends it.

    Examples
    --------
    >>> _escaped('a"b')
    'a\\"b'
    """
    plain = "".join(one if one.isprintable() and one != "\\" else one.encode("unicode_escape").decode() for one in text)
    if len(plain) > _LONGEST:  # what was different before it was cut must be so afterwards
        plain = f"{plain[: _LONGEST - 17]}~{hashlib.sha256(plain.encode()).hexdigest()[:16]}"
    return plain.replace("\\", "\\\\").replace('"', '\\"')


def _metrics(status: Status, totals: Totals) -> Iterator[_Metric]:
    about = {"version": status.version, "host": status.host}
    yield "info", "gauge", "Version and place; always 1.", [(about, 1)]
    yield "start_time_seconds", "gauge", "When the service began.", [({}, status.since)]
    yield "memory_bytes", "gauge", "Resident memory of the process.", [({}, status.memory)]
    yield from _of_nodes(totals)
    yield from _of_runs(status, totals)
    yield from _now(status.graphs)
    if status.source is not None:
        yield from _of_source(status.source)


_OUTCOMES = ("out", "filtered", "failed", "dropped")


def _of_nodes(totals: Totals) -> Iterator[_Metric]:
    nodes = [({"graph": graph, "node": node}, count) for (graph, node), count in totals.nodes.items()]
    yield (
        "node_events_total",
        "counter",
        "Events a node is done with, by outcome.",
        [({**labels, "outcome": how}, getattr(count, how)) for labels, count in nodes for how in _OUTCOMES],
    )
    yield "node_seconds_total", "counter", "Time spent in a node.", [(labels, count.seconds) for labels, count in nodes]


def _of_runs(status: Status, totals: Totals) -> Iterator[_Metric]:
    counted = ((graph.name, verdict, number) for graph in status.graphs for verdict, number in graph.runs_ended.items())
    ended = [({"graph": graph, "verdict": verdict}, number) for graph, verdict, number in counted]
    yield "runs_ended_total", "counter", "Runs that have ended, by verdict.", ended
    events = [({"graph": graph}, number) for graph, number in totals.events.items()]
    yield "events_total", "counter", "Events of raw runs that came in.", events
    lost = [({"graph": graph}, number) for graph, number in totals.lost.items()]
    yield "events_lost_total", "counter", "Events of raw runs that never came; known when a run ends.", lost


def _now(graphs: Iterable[GraphStatus]) -> Iterator[_Metric]:
    found = list(graphs)
    runs = [({"graph": graph.name}, len(graph.open)) for graph in found]
    yield "runs_open", "gauge", "Runs under way.", runs
    revisions = [({"graph": graph.name}, graph.revision) for graph in found]
    yield "revision", "gauge", "Number of the parameter set in force.", revisions
    newest = [(graph.name, graph.open[-1]) for graph in found if graph.open]
    lag = [({"graph": name}, run.lag) for name, run in newest if run.lag is not None]
    yield "lag_seconds", "gauge", "Time of an event to the end of the work on it, newest run.", lag
    nodes = [({"graph": name, "node": node.name}, node) for name, run in newest for node in run.nodes]
    yield "node_busy_ratio", "gauge", "Share of the time at work, newest run.", [(at, node.busy) for at, node in nodes]
    queued = [(at, node.queued) for at, node in nodes]
    yield "node_queued_events", "gauge", "Events in hand, newest run.", queued
    quantiles = [
        ({**at, "quantile": name}, value)
        for at, node in nodes
        for name, value in (("0.5", node.p50), ("0.95", node.p95))
        if value is not None
    ]
    yield "node_event_seconds", "gauge", "Seconds per event, quantiles of a sample, newest run.", quantiles


def _of_source(source: SourceStatus) -> Iterator[_Metric]:
    yield "source_connected", "gauge", "Whether the proxy is there.", [({}, source.connected)]
    yield "source_documents_total", "counter", "Documents that were decoded.", [({}, source.received)]
    yield "source_refused_total", "counter", "Messages that were no plain documents.", [({}, source.refused)]
    yield "source_reconnects_total", "counter", "How often the proxy came back.", [({}, source.reconnects)]
    for name, kind, text, what in _QUEUE:
        values = [({"graphs": " ".join(queue.graphs)}, getattr(queue, what)) for queue in source.queues]
        yield name, kind, text, [(labels, value) for labels, value in values if value is not None]


_QUEUE = (
    ("queue_waiting_documents", "gauge", "Documents that wait for work, in memory.", "waiting"),
    ("queue_waiting_bytes", "gauge", "Bytes of these.", "waiting_bytes"),
    ("queue_limit_bytes", "gauge", "The bound of these.", "max_bytes"),
    ("queue_oldest_seconds", "gauge", "How long the oldest of these has waited.", "oldest_age"),
    ("queue_spilled_documents", "gauge", "Documents that wait on the disk.", "spilled"),
    ("queue_dropped_events_total", "counter", "Events given up because too much waited.", "dropped"),
    ("queue_discarded_documents_total", "counter", "Documents given up at the end of the service.", "discarded"),
    ("documents_not_understood_total", "counter", "Documents that could not be understood.", "passed_over"),
)
