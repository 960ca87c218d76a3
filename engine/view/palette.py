"""Colours of node families: told apart by people with any colour vision, and never the red that marks faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from headrace.engine.view.rendered import Rendered, RenderedNode

__all__ = ["BUSY", "FAULT", "Paint", "all_paints", "mixed", "paint_of", "paints"]


class Paint(NamedTuple):
    """A line colour and the light fill that goes with it, as ``#rrggbb``, and its short name."""

    line: str
    fill: str
    name: str = ""

    @property
    def dark(self) -> Paint:
        """The same for a dark background."""
        return Paint(mixed(self.line, "#ffffff", 0.4), mixed(self.line, "#1b1e24", 0.78), self.name)


# Okabe and Ito's colours (jfly.uni-koeln.de/color) without vermilion, then some of Paul Tol's "muted" set.
_LINES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#882255", "#999933", "#332288", "#44aa99")


def mixed(colour: str, other: str, share: float) -> str:
    """Mix a share of another colour into a colour.

    Examples
    --------
    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one + share * (two - one)):02x}" for one, two in pairs)


FAULT = Paint("#c00000", "#ffecec", "wrong")
"""What is wrong."""
BUSY = "#d98200"
"""Time that was spent."""
_PLAIN = Paint("#555555", "#f3f3f3", "plain")
_FAMILIES = tuple(Paint(line, mixed("#ffffff", line, 0.13), f"p{number}") for number, line in enumerate(_LINES))


def all_paints() -> Iterator[Paint]:
    """Give every paint there is."""
    yield from (*_FAMILIES, _PLAIN, FAULT)


def paints(rendered: Rendered) -> Mapping[str, Paint]:
    """Give a paint to each family of a graph, in the order in which they appear; sinks are grey."""
    steps = [node for node in rendered.nodes if node.role in ("source", "step", "group") and node.family]
    families = list(dict.fromkeys(node.family for node in steps))
    chosen = {name: _FAMILIES[number % len(_FAMILIES)] for number, name in enumerate(families)}
    sinks = {node.family: _PLAIN for node in rendered.nodes if node.role == "sink"}
    return {**chosen, **sinks}


def paint_of(node: RenderedNode, chosen: Mapping[str, Paint]) -> Paint:
    """Give the paint of one node; a broken one is red."""
    return FAULT if node.broken else chosen.get(node.family, _PLAIN)
