"""The box of one node in an SVG picture: what stands in it, how large it is, how it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from headrace.engine.view.icons import ICON_SIZE, icon
from headrace.engine.view.palette import BUSY, FAULT, Paint
from headrace.engine.view.rendered import RenderedNode, Tally
from headrace.engine.view.svg_style import NAME, SOFT
from headrace.engine.view.svg_text import element, line_width, packed, text, wrapped
from headrace.engine.view.tally import did, took

__all__ = ["Box", "box_of"]

_NAME, _TYPE, _LINE = 14.0, 12.0, 11.0
_PAD_LEFT, _PAD_RIGHT, _HEAD, _LEADING = 32.0, 12.0, 28.0, 15.0
_INSIDE, _LEAST = 230.0, 70.0
_BAR = 7.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box.

    Attributes
    ----------
    node
        The node.
    settings, problems, counts
        Lines of text below its name: parameters, what is wrong with it, what it did; of the last, those in red are
        marked.
    width, height
        Size in pixels.
    """

    node: RenderedNode
    settings: tuple[str, ...]
    problems: tuple[str, ...]
    counts: tuple[tuple[str, bool], ...]
    width: float
    height: float

    def draw(self, x: float, y: float, paint: Paint) -> str:
        """Draw it with the middle of its upper side at (x, y)."""
        left, node = x - self.width / 2, self.node
        parts = [self._title(), *self._frames(left, y, paint)]
        parts.append(
            element(
                "path",
                d=icon(node.family),
                transform=f"translate({left + 9:.1f} {y + 7:.1f}) scale({15 / ICON_SIZE:.3f})",
                fill="none",
                stroke=paint.line,
                stroke_width=1.5,
                class_=f"hr-mark hr-{paint.name}",
            )
        )
        parts += [*self._lines(left + _PAD_LEFT, y), *(self._bar(left, y, node.tally) if node.tally else ())]
        return element("g", "".join(parts), class_="hr-node", data_node=node.id)

    def _frames(self, left: float, y: float, paint: Paint) -> Iterator[str]:
        """Draw the frame; a group is a pile of them, a source is round, a sink is bold."""
        node = self.node
        marks = {"fill": paint.fill, "stroke": paint.line, "class_": f"hr-box hr-{paint.name}"}
        size = {"width": self.width, "height": self.height}
        hurt = node.broken or bool(node.tally and node.tally.failed)
        marks |= {"stroke": FAULT.line, "class_": f"hr-box hr-{FAULT.name}"} if hurt else {}
        corner = min(self.height / 2, 14) if node.role == "source" else 4
        dash = {"stroke_dasharray": "5 3"} if node.role == "missing" else {}
        for shift in (8, 4) if node.role == "group" else ():
            yield element("rect", x=left + shift, y=y + shift, **size, rx=corner, stroke_width=1.0, **marks)
        width = 2.4 if hurt else 2.2 if node.role == "sink" else 1.3
        yield element("rect", x=left, y=y, **size, rx=corner, stroke_width=width, **marks, **dash)

    def _title(self) -> str:
        node = self.node
        often = f"{node.cadence}{' of ' + node.stream if node.stream else ''}"
        inside = f"stands for {', '.join(node.members)}" if node.members else ""
        facts = (f"{node.name} ({node.type})", node.docs, often, node.note, inside, node.place, *node.problems)
        return element("title", escape("\n".join(fact for fact in facts if fact)))

    def _lines(self, left: float, y: float) -> Iterator[str]:
        name, kind = _heading(self.node)
        heading = element("tspan", escape(name), font_size=_NAME, font_weight="bold", fill=NAME, class_="hr-name")
        if kind:
            italic = {"font_size": _TYPE, "font_style": "italic", "fill": SOFT, "class_": "hr-soft"}
            heading += element("tspan", escape(kind), dx=8, **italic)
        yield element("text", heading, x=left, y=y + 19)
        lines = [(line, False) for line in self.settings] + [(line, True) for line in self.problems]
        for number, (line, wrong) in enumerate([*lines, *self.counts]):
            colour, name = (FAULT.line, f"hr-word hr-{FAULT.name}") if wrong else (SOFT, "hr-soft")
            bold = {"font_weight": "bold"} if number >= len(lines) and wrong else {}
            yield text(line, left, y + _HEAD + 8 + _LEADING * number, _LINE, colour, class_=name, **bold)

    def _bar(self, left: float, y: float, tally: Tally) -> Iterator[str]:
        """Draw the node's share of the time."""
        at = {"x": left + 8, "y": y + self.height - _BAR, "height": 3.5, "rx": 1.7}
        full = self.width - 16
        yield element("rect", **at, width=full, fill="#000000", fill_opacity=0.1, class_="hr-rest")
        if tally.share > 0:
            yield element("rect", **at, width=max(full * tally.share, 2.0), fill=BUSY, class_="hr-busy")


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
    counts = _counts(node.tally) if node.tally else []
    name, kind = _heading(node)
    head = line_width(name, _NAME, bold=True) + (8 + line_width(kind, _TYPE) if kind else 0)
    told = [line_width(line, _LINE, bold=wrong) for line, wrong in counts]
    inside = max([head, *(line_width(line, _LINE) for line in (*settings, *problems)), *told])
    lines = len(settings) + len(problems) + len(counts)
    height = _HEAD + (_LEADING * lines + 3 if lines else 0) + (_BAR if node.tally else 0)
    width = max(inside, _LEAST) + _PAD_LEFT + _PAD_RIGHT
    return Box(node, tuple(settings), tuple(problems), tuple(counts), width, height)


def _counts(tally: Tally) -> list[tuple[str, bool]]:
    failed = [(f"✗ {tally.failed} failed", True)] if tally.failed else []
    return [(did(tally), False), *failed, (took(tally), False)]


def _marked(lines: list[str]) -> list[tuple[bool, str]]:
    return [(number == 0, line) for number, line in enumerate(lines)]
