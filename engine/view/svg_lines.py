"""The lines between boxes in an SVG picture, and the words at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from headrace.engine.view.layered import Layout
from headrace.engine.view.palette import FAULT
from headrace.engine.view.printable import cut
from headrace.engine.view.rendered import Rendered, RenderedEdge
from headrace.engine.view.svg_box import Box
from headrace.engine.view.svg_text import element, line_width, text

__all__ = ["DASHES", "INK", "draw_lines", "forward_edges"]

Point: TypeAlias = tuple[float, float]
_Area: TypeAlias = tuple[float, float, float, float]

INK = "#6b6b6b"
DASHES: Mapping[str, str] = {"run": "6 4", "final": "1.5 4"}
"""How a line of each cadence is dashed; without an entry it is solid."""
_SIZE = 10.5
_ALONG = (0.5, 0.36, 0.64, 0.24, 0.76)


@dataclass(frozen=True, slots=True)
class _Wire:
    """All connections between two nodes, drawn as one line."""

    ends: tuple[str, str]
    edges: tuple[RenderedEdge, ...]

    @property
    def label(self) -> str:
        return cut(", ".join(edge.label for edge in self.edges if edge.label), 36)

    @property
    def dash(self) -> str:
        cadences = {edge.cadence for edge in self.edges}
        return DASHES.get(cadences.pop(), "") if len(cadences) == 1 else ""

    @property
    def sound(self) -> bool:
        return all(edge.sound for edge in self.edges)


def forward_edges(rendered: Rendered) -> list[tuple[str, str]]:
    """Give the pairs of nodes that are connected downward, each once."""
    return list(dict.fromkeys((edge.source, edge.target) for edge in rendered.edges if not edge.back))


def draw_lines(rendered: Rendered, layout: Layout, boxes: Mapping[str, Box]) -> tuple[list[str], list[str]]:
    """Draw all connections.

    Returns
    -------
    lines, words
        Elements; words are to be drawn last, so that no line crosses them.
    """
    lines, words = [], []
    taken = [_area(layout.boxes[name], box) for name, box in boxes.items()]
    for ends, route in layout.routes.items():
        wire = _Wire(ends, tuple(edge for edge in rendered.edges if (edge.source, edge.target) == ends))
        lines.append(_drawn(_curve(route), wire))
        if wire.label:
            words.append(_word(wire, route, taken))
    back = [edge for edge in rendered.edges if edge.back]
    lines += [_drawn(_loop(edge, layout, boxes), _Wire((edge.source, edge.target), (edge,))) for edge in back]
    return lines, words


def _area(top: Point, box: Box) -> _Area:
    return top[0] - box.width / 2, top[1], top[0] + box.width / 2, top[1] + box.height


def _drawn(path: str, wire: _Wire) -> str:
    dash = {"stroke_dasharray": wire.dash} if wire.dash else {}
    colour, marker = (INK, "arrow") if wire.sound else (FAULT.line, "wrong")
    width = 1.5 if wire.sound else 2.2
    return element("path", d=path, fill="none", stroke=colour, stroke_width=width, marker_end=f"url(#{marker})", **dash)


def _curve(route: Sequence[Point]) -> str:
    """Write the path through the points: curves between layers, straight past them."""
    (x, y), *rest = route
    path = f"M {x:.1f} {y + 1:.1f}"
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2:
            path += f" L {to_x:.1f} {to_y:.1f}"
        else:
            end, bend = to_y - (2 if number == len(rest) - 1 else 0), 0.5 * (to_y - y)
            path += f" C {x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {end:.1f}"
        x, y = to_x, to_y
    return path


def _loop(edge: RenderedEdge, layout: Layout, boxes: Mapping[str, Box]) -> str:
    """Write the path of a connection that goes back up: around the right side."""
    (x, y), (to_x, to_y) = layout.boxes[edge.source], layout.boxes[edge.target]
    start, end = boxes[edge.source], boxes[edge.target]
    x, y = x + start.width / 2, y + 0.7 * start.height
    to_x, to_y = to_x + end.width / 2 + 2, to_y + 0.3 * end.height
    out = max(x, to_x) + 46
    return f"M {x:.1f} {y:.1f} C {out:.1f} {y:.1f} {out:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _word(wire: _Wire, route: Sequence[Point], taken: list[_Area]) -> str:
    """Write the label where it covers nothing that stands there already."""
    width = line_width(wire.label, _SIZE)
    places = [_on_curve(route[number], route[number + 1], along) for number in (len(route) - 2, 0) for along in _ALONG]
    areas = [(x - width / 2 - 2, y - 8, x + width / 2 + 2, y + 5) for x, y in places]
    free = [number for number, area in enumerate(areas) if not any(_overlap(area, other) for other in taken)]
    chosen = free[0] if free else 0
    taken.append(areas[chosen])
    x, y = places[chosen]
    colour = "#3d3d3d" if wire.sound else FAULT.line
    return text(wire.label, x, y + 1.5, _SIZE, colour, text_anchor="middle", class_="halo")


def _on_curve(start: Point, end: Point, along: float) -> Point:
    """Give the point of the curve between two points at a share of the way."""
    smooth = along * along * (3 - 2 * along)
    bend = 3 * along * (1 - along) ** 2 * 0.5 + 3 * along**2 * (1 - along) * 0.5 + along**3
    return start[0] + smooth * (end[0] - start[0]), start[1] + bend * (end[1] - start[1])


def _overlap(one: _Area, other: _Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
