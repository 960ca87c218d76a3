"""A graph as an SVG picture, with a layout of its own: nothing else needs to be installed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from headrace.engine.view.layered import arrange
from headrace.engine.view.palette import FAULT, Paint, paint_of, paints
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.svg_box import box_of
from headrace.engine.view.svg_lines import DASHES, INK, draw_lines, forward_edges
from headrace.engine.view.svg_text import element, line_width, text, wrapped

__all__ = ["to_svg"]

_MARGIN = 24.0
_STYLE = (
    "text{font-family:'Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif}"
    ".halo{paint-order:stroke;stroke:#ffffff;stroke-width:4px;stroke-linejoin:round}"
)
_MEANING = {"event": "each event", "run": "known once per run", "final": "at the end of the run"}


def to_svg(rendered: Rendered) -> str:
    """Draw a graph as an SVG picture on a light background.

    Values flow downward. Each box is a node with its type and parameters, coloured by the family of its type.
    Dashed lines carry what is known once per run, dotted lines what comes at its end. Faults stand in red at
    their node.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> to_svg(Rendered("mean", nodes=(RenderedNode("n1", "a<b", "average"),))).count("a&lt;b")
    2
    """
    boxes = {node.id: box_of(node) for node in rendered.nodes}
    layout = arrange({name: (box.width, box.height) for name, box in boxes.items()}, forward_edges(rendered))
    lines, words = draw_lines(rendered, layout, boxes)
    chosen = paints(rendered)
    drawn = [boxes[node.id].draw(*layout.boxes[node.id], paint_of(node, chosen)) for node in rendered.nodes]
    inside = max(layout.width + (50 if any(edge.back for edge in rendered.edges) else 0), 440.0)
    header, header_height = _header(rendered, inside)
    legend, legend_height = _legend(rendered, chosen, inside)
    shift = _MARGIN + (inside - layout.width) / 2
    top = _MARGIN + header_height
    parts = [
        element("title", escape(rendered.name or "graph")),
        *([element("desc", escape(rendered.description))] if rendered.description else []),
        element("style", _STYLE),
        element("defs", _arrow("arrow", INK) + _arrow("wrong", FAULT.line)),
        element("rect", width="100%", height="100%", fill="#ffffff"),
        element("g", header, transform=f"translate({_MARGIN} {_MARGIN})") if header else "",
        element("g", "\n".join([*lines, *drawn, *words]) or " ", transform=f"translate({shift:.1f} {top:.1f})"),
        element("g", legend, transform=f"translate({_MARGIN} {top + layout.height + 34:.1f})") if legend else "",
    ]
    size = inside + 2 * _MARGIN, top + layout.height + legend_height + _MARGIN
    return _page("\n".join(part for part in parts if part), *size)


def _page(content: str, width: float, height: float) -> str:
    view = f"0 0 {width:.0f} {height:.0f}"
    size = {"width": round(width), "height": round(height)}
    page = element("svg", f"\n{content}\n", xmlns="http://www.w3.org/2000/svg", **size, viewBox=view, role="img")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{page}\n'


def _arrow(name: str, colour: str) -> str:
    head = element("path", d="M 0 0.5 L 9 4.5 L 0 8.5 z", fill=colour)
    size = {"markerWidth": 9, "markerHeight": 9, "refX": 8, "refY": 4.5}
    return element("marker", head, id=name, **size, orient="auto", markerUnits="userSpaceOnUse")


def _header(rendered: Rendered, width: float) -> tuple[str, float]:
    parts, y = [], 14.0
    if rendered.name:
        parts.append(text(wrapped(rendered.name, 18, width, most=1)[0], 0, y, 18, "#111111", font_weight="bold"))
        y += 22
    for line in wrapped(rendered.description, 12.5, width):
        parts.append(text(line, 0, y, 12.5, "#444444"))
        y += 17
    for fault in rendered.faults:
        for line in wrapped(f"✗ {fault}", 12, width):
            parts.append(text(line, 0, y, 12, FAULT.line))
            y += 16
    return "".join(parts), y + 8 if parts else 0.0


def _legend(rendered: Rendered, chosen: Mapping[str, Paint], width: float) -> tuple[str, float]:
    items = [(_swatch(paint), name) for name, paint in chosen.items()]
    cadences = {edge.cadence for edge in rendered.edges}
    items += [(_sample(DASHES.get(name, "")), words) for name, words in _MEANING.items() if name in cadences]
    if rendered.fault_count:
        items.append((_swatch(FAULT), "wrong"))
    parts, x, y = [], 0.0, 0.0
    for sample, words in items:
        needed = 30 + line_width(words, 11) + 14
        if x and x + needed > width:
            x, y = 0.0, y + 20
        label = text(words, 30, 4, 11, "#444444")
        parts.append(element("g", sample + label, transform=f"translate({x:.1f} {y:.1f})"))
        x += needed
    return "".join(parts), y + 40 if parts else 0.0


def _swatch(paint: Paint) -> str:
    return element("rect", x=2, y=-6, width=20, height=12, rx=3, fill=paint.fill, stroke=paint.line, stroke_width=1.5)


def _sample(dash: str) -> str:
    dashed = {"stroke_dasharray": dash} if dash else {}
    return element("path", d="M 0 0 L 24 0", stroke=INK, stroke_width=1.5, **dashed)
