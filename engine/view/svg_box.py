"""The box of one node in an SVG picture: what stands in it, how large it is, how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from headrace.engine.view.palette import FAULT, Paint
from headrace.engine.view.rendered import RenderedNode
from headrace.engine.view.svg_text import element, line_width, packed, text, wrapped

__all__ = ["Box", "box_of"]

_NAME, _TYPE, _LINE = 14.0, 12.0, 11.0
_PAD_LEFT, _PAD_RIGHT, _HEAD, _LEADING = 16.0, 12.0, 28.0, 15.0
_INSIDE = 230.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box.

    Attributes
    ----------
    node
        The node.
    settings, problems
        Lines of text below its name.
    width, height
        Size in pixels.
    """

    node: RenderedNode
    settings: tuple[str, ...]
    problems: tuple[str, ...]
    width: float
    height: float

    def draw(self, x: float, y: float, paint: Paint) -> str:
        """Draw it with the middle of its upper side at (x, y)."""
        left, node = x - self.width / 2, self.node
        corner = 12 if node.role == "source" else 4
        dash = {"stroke_dasharray": "5 3"} if node.role == "missing" else {}
        width = 2.4 if node.broken else 2.0 if node.role == "sink" else 1.3
        frame = element(
            "rect",
            x=left,
            y=y,
            width=self.width,
            height=self.height,
            rx=corner,
            fill=paint.fill,
            stroke=paint.line,
            stroke_width=width,
            **dash,
        )
        bar = element("rect", x=left + 6, y=y + 9, width=4, height=self.height - 18, rx=2, fill=paint.line)
        return element("g", "".join([self._title(), frame, bar, *self._lines(left + _PAD_LEFT, y)]))

    def _title(self) -> str:
        node = self.node
        often = f"{node.cadence}{' of ' + node.stream if node.stream else ''}"
        facts = (f"{node.name} ({node.type})", often, node.note, *node.problems)
        return element("title", escape("\n".join(fact for fact in facts if fact)))

    def _lines(self, left: float, y: float) -> list[str]:
        name, kind = _heading(self.node)
        heading = element("tspan", escape(name), font_size=_NAME, font_weight="bold", fill="#111111")
        if kind:
            heading += element("tspan", escape(kind), dx=8, font_size=_TYPE, font_style="italic", fill="#555555")
        parts = [element("text", heading, x=left, y=y + 19)]
        lines = [(line, "#333333") for line in self.settings] + [(line, FAULT.line) for line in self.problems]
        parts += [
            text(line, left, y + _HEAD + 8 + _LEADING * number, _LINE, colour)
            for number, (line, colour) in enumerate(lines)
        ]
        return parts


def _heading(node: RenderedNode) -> tuple[str, str]:
    name = packed([node.name], "", _NAME, 200)[0] if node.name else "(no name)"
    return name, packed([node.type], "", _TYPE, 160)[0] if node.type else ""


def box_of(node: RenderedNode) -> Box:
    """Give the box of a node, as large as its text needs."""
    settings = packed([f"{name}\u2002{value}" for name, value in node.parameters], "  ·  ", _LINE, _INSIDE)
    problems = [
        f"{'✗' if first else '  '} {line}"
        for problem in node.problems
        for first, line in _marked(wrapped(problem, _LINE, _INSIDE, most=5))
    ]
    name, kind = _heading(node)
    head = line_width(name, _NAME, bold=True) + (8 + line_width(kind, _TYPE) if kind else 0)
    inside = max([head, *(line_width(line, _LINE) for line in (*settings, *problems))])
    lines = len(settings) + len(problems)
    height = _HEAD + (_LEADING * lines + 3 if lines else 0)
    return Box(node, tuple(settings), tuple(problems), max(inside, 70.0) + _PAD_LEFT + _PAD_RIGHT, height)


def _marked(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == 0, line) for number, line in enumerate(lines)]
