"""A graph as a Mermaid flowchart, which code forges and notebooks draw."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.engine.view.palette import FAULT, paint_of, paints
from headrace.engine.view.rendered import Rendered, RenderedEdge, RenderedNode
from headrace.engine.view.tally import did, took

__all__ = ["to_mermaid"]

_SHAPES = {
    "source": ('(["', '"])'),
    "step": ('["', '"]'),
    "sink": ('[/"', '"/]'),
    "missing": ('{{"', '"}}'),
    "group": ('[["', '"]]'),
}
_SAFE = set(" _-.,()/+")


def to_mermaid(rendered: Rendered) -> str:
    """Write a graph as a Mermaid flowchart.

    Dashed lines carry what is known once per run, red is wrong. Text is escaped, so that any name is just text.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> print(to_mermaid(Rendered("mean", nodes=(RenderedNode("n1", 'a "b"', "average", "frames"),))))
    flowchart TD
      n1["<b>a #34;b#34;</b><br/>average"]
      style n1 fill:#deedf5,stroke:#0072b2,color:#111111
    """
    chosen = paints(rendered)
    lines = ["flowchart TD", *map(_node, rendered.nodes)]
    if rendered.faults:
        lines.append('  faults["' + "<br/>".join(_text(f"✗ {fault}") for fault in rendered.faults) + '"]')
        lines.append(f"  style faults fill:{FAULT.fill},stroke:{FAULT.line},color:{FAULT.line}")
    lines += [*_frames(rendered), *map(_edge, rendered.edges)]
    for node in rendered.nodes:
        paint = paint_of(node, chosen)
        lines.append(f"  style {node.id} fill:{paint.fill},stroke:{paint.line},color:#111111")
    return "\n".join([*lines, *_marks(rendered)])


def _text(text: str) -> str:
    """Escape all but letters, digits and a few marks that mean nothing to Mermaid, as ``#code;``."""
    return "".join(char if char.isalnum() or char in _SAFE else f"#{ord(char)};" for char in text)


def _node(node: RenderedNode) -> str:
    opening, closing = _SHAPES[node.role]
    settings = [f"{_text(name)} {_text(value)}" for name, value in node.parameters]
    wrong = [_text(f"✗ {problem}") for problem in node.problems]
    tally = node.tally
    failed = [f"✗ {tally.failed} failed"] if tally and tally.failed else []
    counts = map(_text, [did(tally), *failed, took(tally)]) if tally else ()
    lines = [f"<b>{_text(node.name)}</b>", *([_text(node.type)] if node.type else []), *settings, *wrong, *counts]
    return f"  {node.id}{opening}{'<br/>'.join(lines)}{closing}"


def _frames(rendered: Rendered) -> Iterator[str]:
    for segment in rendered.segments:
        yield f'  subgraph segment{segment.number}["{_text(f"segment {segment.number}, {segment.placement}")}"]'
        yield from (f"    {node}" for node in segment.nodes)
        yield "  end"


def _edge(edge: RenderedEdge) -> str:
    arrow = "-.->" if edge.cadence == "run" else "-->"
    words = ", ".join(word for word in (edge.label, "" if edge.count is None else str(edge.count)) if word)
    label = f'|"{_text(words)}"|' if words else ""
    return f"  {edge.source} {arrow}{label} {edge.target}"


def _marks(rendered: Rendered) -> Iterator[str]:
    for number, edge in enumerate(rendered.edges):
        if not edge.sound:
            yield f"  linkStyle {number} stroke:{FAULT.line},stroke-width:2px"
