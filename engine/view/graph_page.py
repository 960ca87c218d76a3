"""A graph as an HTML page of its own: the picture, to move and zoom, and all that is known of each node."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from headrace.engine.view.page import page, paragraph, table
from headrace.engine.view.rendered import Rendered, RenderedNode
from headrace.engine.view.svg import to_svg
from headrace.engine.view.svg_text import element
from headrace.engine.view.tally import did, run_line, took

__all__ = ["SCRIPT", "graph_panes", "to_html"]

SCRIPT = "graph.js"
"""The script that a page with a graph needs."""
_OFTEN = {"run": "once per run", "event": "each event", "final": "at the end of the run"}
_TOOLS = (
    '<div class="tools"><input type="search" placeholder="find a node" aria-label="find a node">'
    '<button type="button">zoom in</button><button type="button">zoom out</button>'
    '<button type="button">show all</button><span class="soft">click a node to see more; scroll to zoom</span></div>'
)


def to_html(rendered: Rendered, folded: Rendered | None = None) -> str:
    """Write a page with a graph. Nothing in it is fetched from elsewhere; it can be sent to anyone.

    Without scripts the picture stands still, and what is known of the nodes stands below it.

    Parameters
    ----------
    rendered
        The graph.
    folded
        The same, folded; shown first, with a switch.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> to_html(Rendered("mean", nodes=(RenderedNode("n1", "<script>", "average"),))).count("<script>")
    1
    """
    head = [element("h1", escape(rendered.name or "graph")), paragraph(rendered.description)]
    head += [paragraph(run_line(rendered.run), "soft")]
    head += [paragraph(f"✗ {fault}", "wrong") for fault in rendered.faults]
    plan = _plan(rendered)
    return page(rendered.name or "graph", [*head, *graph_panes(rendered, folded), *plan], script=SCRIPT)


def graph_panes(rendered: Rendered, folded: Rendered | None = None) -> Iterator[str]:
    """Give the picture of a graph as a part of a page; of a folded one, both pictures and a switch."""
    if folded is None or len(folded.nodes) == len(rendered.nodes):
        yield f'<div class="whole">{_TOOLS}{_graph(rendered)}</div>'
        return
    for name, words, checked in (("folded", "folded", " checked"), ("whole", "every node", "")):
        label = f'<label for="pick-{name}">{words}</label>'
        yield f'<input class="pick" type="radio" name="pick" id="pick-{name}"{checked}>{label}'
    yield f'<div class="pane pane-folded">{_TOOLS}{_graph(folded)}</div>'
    yield f'<div class="pane pane-whole">{_TOOLS}{_graph(rendered)}</div>'


def _graph(rendered: Rendered) -> str:
    picture = to_svg(rendered, heading=False).partition("?>")[2].strip()
    cards = "".join(_card(node, rendered) for node in rendered.nodes)
    return f'<div class="graph plain"><div class="canvas">{picture}</div><div class="side">{cards}</div></div>'


def _card(node: RenderedNode, rendered: Rendered) -> str:
    """Write all that is known of a node."""
    names = {other.id: other.name for other in rendered.nodes}
    given = [(edge.input, f"{names[edge.source]}.{edge.output}") for edge in rendered.edges if edge.target == node.id]
    often = _OFTEN.get(node.cadence, "") + (f", stream {node.stream}" if node.stream else "")
    facts = [("given", often), ("written at", node.place), ("on error", node.on_error if node.role != "sink" else "")]
    parts = [
        f"<h3>{escape(node.name)} <span class='soft'>{escape(node.type)}</span></h3>",
        *(paragraph(f"✗ {problem}", "wrong") for problem in node.problems),
        paragraph(node.docs),
        paragraph(node.note, "soft"),
        *_done(node),
        table([row for row in facts if row[1]]),
        table(node.parameters, ("parameter", "value")),
        table(given, ("input", "from")),
        table(node.outputs, ("output", "port type")),
        paragraph(f"Stands for {', '.join(node.members)}." if node.members else "", "soft"),
    ]
    return element("article", "".join(parts), class_="node", data_node=node.id)


def _done(node: RenderedNode) -> Iterator[str]:
    if node.tally:
        yield paragraph(f"{did(node.tally)}; {took(node.tally)}")
        yield paragraph(f"✗ {node.tally.failed} failed" if node.tally.failed else "", "wrong")


def _plan(rendered: Rendered) -> Iterator[str]:
    names = {node.id: node.name for node in rendered.nodes}
    if rendered.segments:
        yield "<h2>Plan</h2>"
        yield paragraph("Nodes of a segment are worked together. #3 is a slot: it holds one value until it is free.")
    for segment in rendered.segments:
        inside = ", ".join(names[node] for node in segment.nodes)
        yield f"<h3>Segment {segment.number}, {escape(segment.placement)}: {escape(inside)}</h3>"
        yield element("pre", escape("\n".join(segment.steps)))
