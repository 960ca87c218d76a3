"""Laying a finished run on the picture of its graph: what came to each node, what it gave on, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from headrace.engine.view.printable import printable
from headrace.engine.view.rendered import Rendered, RenderedEdge, RenderedNode, RenderedRun, Tally

__all__ = ["with_run"]


def with_run(rendered: Rendered, start: Mapping[str, Any], stop: Mapping[str, Any] | None) -> Rendered:
    """Give a picture with the counts and times of a run.

    Parameters
    ----------
    rendered
        The picture of the run's graph, or of one that has nodes of the same names.
    start, stop
        The documents of a result run; ``stop`` is None if it never ended, and then there are no counts.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> stop = {"exit_status": "success", "headrace": {"nodes": {"mean": {"in": 5, "out": 4, "failed": 1}}}}
    >>> with_run(Rendered("g", nodes=(RenderedNode("n1", "mean"),)), {"uid": "a"}, stop).nodes[0].tally.failed
    1
    """
    about = _mapping((stop or {}).get("headrace"))
    seconds = {name: _number(value) for name, value in _mapping(about.get("seconds")).items()}
    total = sum(seconds.values())
    most = max(seconds.values(), default=0.0)
    tallies = {
        printable(name): _tally(_mapping(count), seconds.get(name, 0.0), total, most, _p95(about, name))
        for name, count in _mapping(about.get("nodes")).items()
    }
    nodes = tuple(replace(node, tally=tallies.get(node.name)) for node in rendered.nodes)
    return replace(
        rendered, nodes=nodes, edges=tuple(_counted(rendered.edges, nodes)), run=_run(start, stop, about, total)
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _p95(about: Mapping[str, Any], node: str) -> float | None:
    """Give a recorded 95th percentile: ``latency`` holds for each node its percentiles, in seconds."""
    value = _mapping(_mapping(about.get("latency")).get(node)).get("p95")
    return float(value) if isinstance(value, int | float) else None


def _tally(count: Mapping[str, Any], seconds: float, total: float, most: float, p95: float | None) -> Tally:
    given, out, filtered, failed = (int(_number(count.get(word))) for word in ("in", "out", "filtered", "failed"))
    share = seconds / total if total else 0.0
    return Tally(given, out, filtered, failed, seconds, share, p95, slowest=bool(most) and seconds == most)


def _counted(edges: tuple[RenderedEdge, ...], nodes: tuple[RenderedNode, ...]) -> Iterator[RenderedEdge]:
    tallies = {node.id: node.tally for node in nodes}
    for edge in edges:
        tally = tallies.get(edge.source)
        yield replace(edge, count=tally.out if tally and edge.cadence == "event" and edge.always else None)


def _run(
    start: Mapping[str, Any], stop: Mapping[str, Any] | None, about: Mapping[str, Any], seconds: float
) -> RenderedRun:
    return RenderedRun(
        uid=printable(start.get("uid", "")),
        raw_uid=printable(start.get("raw_uid", "")),
        verdict=printable(stop.get("exit_status", "")) if stop else "not ended",
        reason=printable(stop.get("reason") or "") if stop else "",
        seconds=seconds,
        facts=tuple(_facts(about)),
    )


def _facts(about: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for word in ("events", "lost", "repeated"):
        pairs = [pair for pair in about.get(word) or () if isinstance(pair, list | tuple) and len(pair) == 2]
        if pairs:
            yield word, printable(", ".join(f"{number} {stream}" for stream, number in pairs))
    for word in ("dropped", "failures"):
        if about.get(word):
            yield word, printable(about[word])
