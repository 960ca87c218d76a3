"""The status of a service as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

__all__ = ["pictured"]

_DAY = 86400.0
"""Seconds; of events that are older it is said when they were taken: nobody is so far behind, a stored run is sent."""
_LONG = 60.0
"""Seconds without a document of a run after which it is said."""
_RARE = ("filtered", "failed", "dropped", "queued")
_COLOURS = {"error": "red", "waiting": "yellow", "running": "green", "fail": "red", "abort": "yellow"}


def pictured(status: Mapping[str, Any]) -> RenderableType:
    """Give the status, as ``/api/status`` has it, as something to print."""
    return Group(*_parts(status))


def _parts(status: Mapping[str, Any]) -> Iterator[RenderableType]:
    lasts = _span(status["now"] - status["since"])
    head = Text(f"headrace {status['version']} on {status['host']}, process {status['pid']}, for {lasts}: ")
    head.append(status["phase"], style="bold")
    head.append(f", {_bytes(status['memory'])} of memory")
    yield head
    if status["source"]:
        yield from _source(status["source"])
    if status["journal"]:
        journal = status["journal"]
        held = f"{_bytes(journal.get('bytes', 0))}, {_number(journal.get('runs', 0), 'run')}"
        yield Text(f"journal {journal.get('folder', '')}: {held}")
        if journal.get("problem"):
            yield Text(f"  {journal['problem']}", style="red")
    for graph in status["graphs"]:
        yield from _graph(graph)


def _source(source: Mapping[str, Any]) -> Iterator[RenderableType]:
    line = Text(f"{source['address']}: ")
    line.append("connected" if source["connected"] else "no proxy", style="green" if source["connected"] else "red")
    line.append(f", {source['received']} documents")
    for what, number in (("refused", source["refused"]), ("reconnected", source["reconnects"])):
        if number:
            line.append(f", {number} {what}", style="red" if what == "refused" else "yellow")
    yield line
    for queue in source["queues"]:
        yield _queue(queue, of_several=len(source["queues"]) > 1)


def _queue(queue: Mapping[str, Any], *, of_several: bool) -> Text:
    whose = f" of {', '.join(queue['graphs'])}" if of_several else ""
    bounds = f"{_bytes(queue['waiting_bytes'])} of {_bytes(queue['max_bytes'])}"
    line = Text(f"  queue{whose}: {queue['waiting']} documents wait, {bounds}")
    if queue["oldest_age"] is not None and queue["oldest_age"] > 1:
        line.append(f", the oldest for {_span(queue['oldest_age'])}", style="yellow")
    for what, number in (("on disk", queue["spilled"]), ("events dropped", queue["dropped"])):
        if number:
            line.append(f", {number} {what}", style="yellow")
    odd = (("passed over", queue["passed_over"]), ("joined too late", queue["unknown_runs"]))
    for what, number in odd:
        if number:
            line.append(f", {number} {what}", style="yellow")
    if queue["discarded"]:
        line.append(f", {queue['discarded']} documents given up", style="red")
    return line


def _graph(graph: Mapping[str, Any]) -> Iterator[RenderableType]:
    line = Text("\n")
    line.append(graph["name"], style="bold")
    line.append(f", revision {graph['revision']}")
    ended = ", ".join(f"{number} {verdict}" for verdict, number in graph["runs_ended"].items())
    line.append(f"; ended: {ended}" if ended else "; no run has ended yet")
    yield line
    for uid, reasons in graph["held"].items():
        yield Text(
            f"run {uid[:8]}: {'; '.join(f'{node} {reason}' for node, reason in reasons.items())}", style="yellow"
        )
    if graph["files"]:
        yield Text(graph["files"], style="yellow")
    for run in graph["open"]:
        yield from _run(run)
    if not graph["open"] and graph["ended"]:
        yield from _run(graph["ended"][0])


def _run(run: Mapping[str, Any]) -> Iterator[RenderableType]:
    name = f"scan {run['scan_id']} ({run['uid'][:8]})" if run["scan_id"] is not None else f"run {run['uid'][:8]}"
    line = Text(f"{name} {run['plan_name']}".rstrip() + ": ")
    line.append(run["state"], style=_COLOURS.get(run["state"], "green"))
    of = f" of {run['announced']}" if run["announced"] else ""
    line.append(f", {run['done']}{of} events")
    if run["state"] == "open":
        line.append(f", {run['rate']:.1f}/s")
    for what, number in _losses(run):
        line.append(f", {number} {what}", style="red")
    if run["lag"] is not None and run["state"] == "open":
        line.append(f", {_span(run['lag'])} behind" if run["lag"] < _DAY else f", taken {_span(run['lag'])} ago")
    if run["silent"] is not None and run["silent"] > _LONG:
        line.append(f", nothing came for {_span(run['silent'])}", style="yellow")
    yield line
    for what, number in run["notes"].items():
        yield Text(f"  {what}: {number}", style="yellow")
    if run["reason"]:
        yield Text(f"  {run['reason']}", style="yellow")
    yield _nodes(run)
    for node in run["nodes"]:
        if node["last_error"]:
            place = f" on {node['last_error_event']}" if node["last_error_event"] else ""
            yield Text(f"  {node['name']}{place}: {node['last_error']}", style="red")


def _losses(run: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    sums = (("lost", run["lost"]), ("repeated", run["repeated"]), ("came too fast", run["overrun"]))
    yield from ((what, sum(counts.values())) for what, counts in sums if sum(counts.values()))
    yield from ((what, run[key]) for what, key in (("dropped", "dropped"), ("failed", "failures")) if run[key])


def _nodes(run: Mapping[str, Any]) -> Table:
    over = run["state"] != "open"
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    now = ("time",) if over else ("rate", "p50", "p95", "busy")
    rare = [key for key in _RARE if any(node[key] for node in run["nodes"])]  # or they would crowd out the others
    for number, column in enumerate(("node", "state", "in", "out", *rare, *now)):
        table.add_column(column, justify="right" if number > 1 else "left", no_wrap=True, overflow="ellipsis")
    for node in run["nodes"]:
        state = f"waiting for {node['waiting_for']}" if node["state"] == "waiting" else node["state"]
        counts = (str(node[key]) if node[key] else "-" for key in rare)
        cells = (str(node["given"]), str(node["out"]), *counts)
        style = _COLOURS.get(node["state"], "dim")
        table.add_row(
            Text(node["name"]), Text(state, style=style), *cells, *([_span(node["seconds"])] if over else _now(node))
        )
    return table


def _now(node: Mapping[str, Any]) -> Iterator[str]:
    """Give what a node does at the moment."""
    yield f"{node['rate']:.1f}/s" if node["rate"] else "-"
    yield from (_span(node[key]) if node[key] is not None else "-" for key in ("p50", "p95"))
    yield f"{node['busy']:.0%}" if node["busy"] else "-"


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _span(seconds: float) -> str:
    """Write a time as people say it.

    Examples
    --------
    >>> _span(0.00012), _span(0.25), _span(12.3), _span(3700), _span(-0.4)
    ('120 us', '250 ms', '12.3 s', '1 h 1 min', '-400 ms')
    """
    if seconds < 0:
        return f"-{_span(-seconds)}"
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _bytes(number: float) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> _bytes(0), _bytes(1500), _bytes(3 << 30)
    ('0 B', '1.5 kB', '3.2 GB')
    """
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
