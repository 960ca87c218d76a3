"""The ground on which the nodes of a segment stand in an SVG picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from headrace.engine.view.rendered import Rendered
from headrace.engine.view.svg_box import Box
from headrace.engine.view.svg_style import FRAMES, SOFT
from headrace.engine.view.svg_text import element, text

__all__ = ["draw_segments"]

_Point: TypeAlias = tuple[float, float]

_PAD = 11.0


def draw_segments(
    rendered: Rendered, tops: Mapping[str, _Point], boxes: Mapping[str, Box], paths: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """Draw the ground of each segment: around its boxes, and along the lines between them.

    Parameters
    ----------
    rendered
        The graph.
    tops, boxes
        Node to the middle of its upper side, and to its box.
    paths
        (source, target) to the path of the line between them.
    """
    for segment in rendered.segments:
        number = 0 if segment.placement == "anywhere" else 1
        inside = [path for ends, path in paths.items() if set(ends) <= set(segment.nodes)]
        for path in inside:
            way = {"fill": "none", "stroke": FRAMES[number], "class_": f"hr-way{number}"}
            yield element("path", d=path, **way, stroke_width=24, stroke_linecap="round")
        frame = {"class_": f"hr-frame{number}", "fill": FRAMES[number]}
        yield from _grounds(segment.nodes, tops, boxes, frame)
    for segment in rendered.segments:
        for node in segment.nodes:
            x, y = tops[node]
            left = x - boxes[node].width / 2
            yield text(f"{segment.number}", left - 9, y + 6, 9.5, SOFT, class_="hr-soft", font_weight="bold")


def _grounds(
    nodes: Sequence[str], tops: Mapping[str, _Point], boxes: Mapping[str, Box], marks: Mapping[str, str]
) -> Iterator[str]:
    for node in nodes:
        (x, y), box = tops[node], boxes[node]
        place = {"x": x - box.width / 2 - _PAD, "y": y - _PAD}
        size = {"width": box.width + 2 * _PAD, "height": box.height + 2 * _PAD}
        yield element("rect", **place, **size, rx=10, **marks)
