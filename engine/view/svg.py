"""A graph as an SVG picture, with a layout of its own: nothing else needs to be installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from headrace.engine.view.icons import icon
from headrace.engine.view.layered import arrange
from headrace.engine.view.palette import BUSY, FAULT, Paint, paint_of, paints
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.svg_box import box_of
from headrace.engine.view.svg_lines import DASHES, draw_lines, forward_edges
from headrace.engine.view.svg_segments import draw_segments
from headrace.engine.view.svg_style import BACK, FRAMES, INK, NAME, SOFT, style_sheet
from headrace.engine.view.svg_text import element, line_width, text, wrapped
from headrace.engine.view.tally import run_line

__all__ = ["to_svg"]

_MARGIN = 24.0
_LEAST = 440.0
_PLACED = {"anywhere": "segment that can be spread over workers", "in order": "segment that sees events in order"}
_MEANING = {"event": "each event", "run": "known once per run", "final": "at the end of the run"}


def to_svg(rendered: Rendered, *, heading: bool = True) -> str:
    """Draw a graph as an SVG picture, light, or dark where the viewer prefers that.

    Values flow downward. Each box is a node with its type and parameters, coloured by the family of its type.
    Dashed lines carry what is known once per run, dotted lines what comes at its end. Faults stand in red at
    their node. A group of nodes is a pile. If a run is laid on the graph, each box says what came, what went on and
    what failed, a bar shows its share of the time, and thick lines carried much.

    Parameters
    ----------
    rendered
        The graph.
    heading
        Whether its name, description and faults stand above it.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> to_svg(Rendered("mean", nodes=(RenderedNode("n1", "a<b", "average"),))).count("a&lt;b")
    2
    """
    boxes = {node.id: box_of(node) for node in rendered.nodes}
    layout = arrange({name: (box.width, box.height) for name, box in boxes.items()}, forward_edges(rendered))
    drawn = draw_lines(rendered, layout, boxes)
    chosen = paints(rendered)
    nodes = [boxes[node.id].draw(*layout.boxes[node.id], paint_of(node, chosen)) for node in rendered.nodes]
    ground = draw_segments(rendered, layout.boxes, boxes, drawn.paths)
    inside = max(layout.width + (50 if any(edge.back for edge in rendered.edges) else 0), _LEAST)
    header, header_height = _header(rendered, inside) if heading else ("", 0.0)
    legend, legend_height = _legend(rendered, chosen, inside)
    shift = _MARGIN + (inside - layout.width) / 2
    top = _MARGIN + header_height
    content = "\n".join([*ground, *drawn.lines, *nodes, *drawn.words]) or " "
    parts = [
        element("title", escape(rendered.name or "graph")),
        *([element("desc", escape(rendered.description))] if rendered.description else []),
        element("style", style_sheet()),
        element("rect", width="100%", height="100%", fill=BACK, class_="hr-back"),
        element("g", header, transform=f"translate({_MARGIN} {_MARGIN})") if header else "",
        element("g", content, transform=f"translate({shift:.1f} {top:.1f})"),
        element("g", legend, transform=f"translate({_MARGIN} {top + layout.height + 34:.1f})") if legend else "",
    ]
    size = inside + 2 * _MARGIN, top + layout.height + legend_height + _MARGIN
    return _page("\n".join(part for part in parts if part), *size)


def _page(content: str, width: float, height: float) -> str:
    view = f"0 0 {width:.0f} {height:.0f}"
    size = {"width": round(width), "height": round(height)}
    about = {"xmlns": "http://www.w3.org/2000/svg", **size, "viewBox": view, "role": "img", "class_": "hr-graph"}
    page = element("svg", f"\n{content}\n", **about)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{page}\n'


def _header(rendered: Rendered, width: float) -> tuple[str, float]:
    wrong = FAULT.line, f"hr-word hr-{FAULT.name}"
    lines = [(line, 12.5, 17, SOFT, "hr-soft") for line in wrapped(rendered.description, 12.5, width)]
    lines += [(line, 12, 16, SOFT, "hr-soft") for line in wrapped(run_line(rendered.run), 12, width)]
    lines += [(line, 12, 16, *wrong) for fault in rendered.faults for line in wrapped(f"✗ {fault}", 12, width)]
    parts, y = [], 14.0
    if rendered.name:
        name = wrapped(rendered.name, 18, width, most=1)[0]
        parts.append(text(name, 0, y, 18, NAME, font_weight="bold", class_="hr-name"))
        y += 22
    for line, size, leading, colour, marks in lines:
        parts.append(text(line, 0, y, size, colour, class_=marks))
        y += leading
    return "".join(parts), y + 8 if parts else 0.0


def _legend(rendered: Rendered, chosen: Mapping[str, Paint], width: float) -> tuple[str, float]:
    parts, x, y = [], 0.0, 0.0
    for sample, words in _samples(rendered, chosen):
        needed = 30 + line_width(words, 11) + 14
        if x and x + needed > width:
            x, y = 0.0, y + 24
        label = text(words, 30, 4, 11, SOFT, class_="hr-soft")
        parts.append(element("g", sample + label, transform=f"translate({x:.1f} {y:.1f})"))
        x += needed
    return "".join(parts), y + 40 if parts else 0.0


def _samples(rendered: Rendered, chosen: Mapping[str, Paint]) -> Iterator[tuple[str, str]]:
    yield from ((_swatch(paint, name), name) for name, paint in chosen.items())
    cadences = {edge.cadence for edge in rendered.edges}
    yield from ((_sample(DASHES.get(name, "")), words) for name, words in _MEANING.items() if name in cadences)
    if rendered.fault_count:
        yield _swatch(FAULT), "wrong"
    if rendered.run:
        bar = element("rect", x=2, y=-1.5, width=20, height=3.5, rx=1.7, fill=BUSY, class_="hr-busy")
        yield bar, "share of the time"
    placements = dict.fromkeys(segment.placement for segment in rendered.segments)
    for number, words in enumerate(("anywhere", "in order")):
        if words in placements:
            frame = element(
                "rect", x=2, y=-7, width=20, height=14, rx=4, fill=FRAMES[number], class_=f"hr-frame{number}"
            )
            yield frame, _PLACED[words]


def _swatch(paint: Paint, family: str | None = None) -> str:
    marks = {"fill": paint.fill, "stroke": paint.line, "class_": f"hr-box hr-{paint.name}"}
    box = element("rect", x=2, y=-9, width=20, height=18, rx=3, stroke_width=1.3, **marks)
    if family is None:
        return box
    drawn = {"fill": "none", "stroke": paint.line, "stroke_width": 1.5, "class_": f"hr-mark hr-{paint.name}"}
    return box + element("path", d=icon(family), transform="translate(6 -6) scale(0.75)", **drawn)


def _sample(dash: str) -> str:
    dashed = {"stroke_dasharray": dash} if dash else {}
    return element("path", d="M 0 0 L 24 0", stroke=INK, stroke_width=1.5, class_="hr-line", **dashed)
