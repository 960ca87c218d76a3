"""How graphs, jobs and results show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Protocol

from headrace.engine.model.graph import Graph
from headrace.engine.view.folding import fold, foldable
from headrace.engine.view.page import paragraph, table
from headrace.engine.view.recorded import recorded
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.rendering import render
from headrace.engine.view.results import Drawable
from headrace.engine.view.svg import to_svg
from headrace.engine.view.svg_text import element
from headrace.engine.view.tally import run_line
from headrace.engine.view.text import to_text

__all__ = ["graph", "job", "result"]


class HasGraph(Protocol):
    """Something that works by a graph: a job, a pipeline."""

    @property
    def graph(self) -> Graph:
        """The graph."""


def graph(thing: Graph) -> dict[str, str]:
    """Show a graph, sound or not: as text, and as an SVG picture.

    Examples
    --------
    >>> sorted(graph(Graph("mean")))
    ['image/svg+xml', 'text/plain']
    """
    from headrace.engine.model.check import check_graph

    rendered = render(thing, check_graph(thing))
    return {"text/plain": to_text(rendered), "image/svg+xml": _picture(rendered)}


def job(thing: HasGraph) -> dict[str, str]:
    """Show a job by its graph."""
    return graph(thing.graph)


def result(thing: Drawable) -> dict[str, str]:
    """Show a result: the verdict, what there is, and the graph with what each node did."""
    return {"text/html": "".join(_result(thing))}


def _result(thing: Drawable) -> Iterator[str]:
    start, stop = thing.start, thing.stop
    rendered = recorded(start, stop)
    yield element("div", f"<b>{escape(str(start.get('analysis_stage', 'run')))}</b>" + _verdict(rendered, start, stop))
    yield table(_streams(thing), ("stream", "port type", "given", "events"), numbers=(3,))
    if rendered is not None:
        summary = "<summary>graph, with what each node did</summary>"
        yield element("details", summary + _picture(rendered).partition("?>")[2])


def _verdict(rendered: Rendered | None, start: Mapping[str, Any], stop: Mapping[str, Any] | None) -> str:
    if rendered is not None:
        return paragraph(run_line(rendered.run))
    status = stop.get("exit_status", "") if stop else "not ended"
    return paragraph(f"run {str(start.get('uid', ''))[:8]}: {status}")


def _streams(thing: Drawable) -> Iterator[tuple[str, ...]]:
    counts = (thing.stop or {}).get("num_events") or {}
    for name in thing.streams:
        about = thing.outputs.get(name, {})
        yield name, str(about.get("port_type", "")), str(about.get("cadence", "")), str(counts.get(name, ""))


def _picture(rendered: Rendered) -> str:
    return to_svg(fold(rendered) if foldable(rendered) else rendered)
