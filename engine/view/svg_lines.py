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
from headrace.engine.view.svg_style import BACK, INK, SOFT
from headrace.engine.view.svg_text import element, line_width, text

__all__ = ["DASHES", "Lines", "draw_lines", "forward_edges"]

Point: TypeAlias = tuple[float, float]
_Area: TypeAlias = tuple[float, float, float, float]

DASHES: Mapping[str, str] = {"run": "6 4", "final": "1.5 4"}
"""How a line of each cadence is dashed; without an entry it is solid."""
_SIZE = 10.5
_ALONG = (0.5, 0.36, 0.64, 0.24, 0.76, 0.3, 0.7, 0.16, 0.84)
_TIP = 8.0


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of a picture.

    Attributes
    ----------
    lines, words
        Elements; words are to be drawn last, so that no line crosses them.
    paths
        (source, target) to the path of the line between them, where it runs down.
    """

    lines: tuple[str, ...]
    words: tuple[str, ...]
    paths: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class _Wire:
    """All connections between two nodes, drawn as one line."""

    ends: tuple[str, str]
    edges: tuple[RenderedEdge, ...]

    @property
    def label(self) -> str:
        words = [edge.label for edge in self.edges if edge.label]
        return cut(", ".join([*words, *([str(self.count)] if self.count is not None else [])]), 36)

    @property
    def count(self) -> int | None:
        counts = [edge.count for edge in self.edges if edge.count is not None]
        return max(counts) if counts else None

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


def draw_lines(rendered: Rendered, layout: Layout, boxes: Mapping[str, Box]) -> Lines:
    """Draw all connections; where a run is laid on the graph, the more came along a line, the thicker it is."""
    lines, words, paths = [], [], {}
    taken = [_area(layout.boxes[name], box) for name, box in boxes.items()]
    most = max((edge.count or 0 for edge in rendered.edges), default=0)
    for ends, route in layout.routes.items():
        wire = _Wire(ends, tuple(edge for edge in rendered.edges if (edge.source, edge.target) == ends))
        paths[ends] = _curve(route)
        lines.append(_drawn(paths[ends], wire, most, _down(route[-1])))
        if wire.label:
            words.append(_word(wire, route, taken))
    for edge in [edge for edge in rendered.edges if edge.back]:
        path, end = _loop(edge, layout, boxes)
        lines.append(_drawn(path, _Wire((edge.source, edge.target), (edge,)), most, _left(end)))
    return Lines(tuple(lines), tuple(words), paths)


def _area(top: Point, box: Box) -> _Area:
    return top[0] - box.width / 2, top[1], top[0] + box.width / 2, top[1] + box.height


def _drawn(path: str, wire: _Wire, most: int, tip: str) -> str:
    dash = {"stroke_dasharray": wire.dash} if wire.dash else {}
    colour, name = (INK, "hr-line") if wire.sound else (FAULT.line, f"hr-mark hr-{FAULT.name}")
    width = 2.2 if not wire.sound else 1.5 if wire.count is None or not most else 0.8 + 2.4 * wire.count / most
    line = element("path", d=path, fill="none", stroke=colour, stroke_width=width, class_=name, **dash)
    tips = "hr-tip" if wire.sound else f"hr-word hr-{FAULT.name}"
    return element("g", line + element("path", d=tip, fill=colour, class_=tips), data_edge=" ".join(wire.ends))


def _down(end: Point) -> str:
    """Write the tip of a line that ends at the upper side of a box."""
    x, y = end
    return f"M {x - 4:.1f} {y - _TIP:.1f} L {x + 4:.1f} {y - _TIP:.1f} L {x:.1f} {y:.1f} z"


def _left(end: Point) -> str:
    """Write the tip of a line that ends at the right side of a box."""
    x, y = end
    return f"M {x + _TIP:.1f} {y - 4:.1f} L {x + _TIP:.1f} {y + 4:.1f} L {x:.1f} {y:.1f} z"


def _curve(route: Sequence[Point]) -> str:
    """Write the path through the points: curves between layers, straight past them."""
    (x, y), *rest = route
    path = f"M {x:.1f} {y + 1:.1f}"
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2:
            path += f" L {to_x:.1f} {to_y:.1f}"
        else:
            end, bend = to_y - (_TIP - 1 if number == len(rest) - 1 else 0), 0.5 * (to_y - y)
            path += f" C {x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {end:.1f}"
        x, y = to_x, to_y
    return path


def _loop(edge: RenderedEdge, layout: Layout, boxes: Mapping[str, Box]) -> tuple[str, Point]:
    """Write the path of a connection that goes back up, around the right side, and say where it ends."""
    (x, y), (to_x, to_y) = layout.boxes[edge.source], layout.boxes[edge.target]
    start, end = boxes[edge.source], boxes[edge.target]
    x, y = x + start.width / 2, y + 0.7 * start.height
    to_x, to_y = to_x + end.width / 2 + 2, to_y + 0.3 * end.height
    out = max(x, to_x) + 46
    end_x = to_x + _TIP - 1
    return f"M {x:.1f} {y:.1f} C {out:.1f} {y:.1f} {out:.1f} {to_y:.1f} {end_x:.1f} {to_y:.1f}", (to_x, to_y)


def _word(wire: _Wire, route: Sequence[Point], taken: list[_Area]) -> str:
    """Write the label where it covers nothing that stands there already."""
    width = line_width(wire.label, _SIZE)
    places = [_on_curve(route[number], route[number + 1], along) for number in (len(route) - 2, 0) for along in _ALONG]
    areas = [(x - width / 2 - 2, y - 9, x + width / 2 + 2, y + 5) for x, y in places]
    free = [number for number, area in enumerate(areas) if not any(_overlap(area, other) for other in taken)]
    chosen = free[0] if free else min(range(len(areas)), key=lambda number: _covered(areas[number], taken))
    taken.append(areas[chosen])
    (x, y), (left, top, right, bottom) = places[chosen], areas[chosen]
    size = {"width": right - left, "height": bottom - top, "rx": 3}
    ground = element("rect", x=left, y=top, **size, fill=BACK, fill_opacity=0.88, class_="hr-back")
    colour, name = (SOFT, "hr-soft") if wire.sound else (FAULT.line, f"hr-word hr-{FAULT.name}")
    return ground + text(wire.label, x, y + 1.5, _SIZE, colour, text_anchor="middle", class_=name)


def _covered(area: _Area, taken: Sequence[_Area]) -> float:
    """Give how much of an area is taken already."""
    wide = [min(area[2], other[2]) - max(area[0], other[0]) for other in taken]
    high = [min(area[3], other[3]) - max(area[1], other[1]) for other in taken]
    return sum(x * y for x, y in zip(wide, high, strict=True) if x > 0 and y > 0)


def _on_curve(start: Point, end: Point, along: float) -> Point:
    """Give the point of the curve between two points at a share of the way."""
    smooth = along * along * (3 - 2 * along)
    bend = 3 * along * (1 - along) ** 2 * 0.5 + 3 * along**2 * (1 - along) * 0.5 + along**3
    return start[0] + smooth * (end[0] - start[0]), start[1] + bend * (end[1] - start[1])


def _overlap(one: _Area, other: _Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
