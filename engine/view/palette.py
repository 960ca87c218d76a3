"""Colours of node families: told apart by people with any colour vision, and never the red that marks faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from headrace.engine.view.rendered import Rendered, RenderedNode

__all__ = ["FAULT", "Paint", "paint_of", "paints"]


class Paint(NamedTuple):
    """A line colour and the light fill that goes with it, as ``#rrggbb``."""

    line: str
    fill: str


# Okabe and Ito's colours (jfly.uni-koeln.de/color) without vermilion, then some of Paul Tol's "muted" set.
_LINES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#882255", "#999933", "#332288", "#44aa99")


def _tint(colour: str, share: float = 0.13) -> str:
    """Mix a colour into white."""
    parts = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - share * (255 - part)):02x}" for part in parts)


FAULT = Paint("#c00000", "#ffecec")
"""What is wrong."""
_PLAIN = Paint("#555555", "#f3f3f3")


def paints(rendered: Rendered) -> Mapping[str, Paint]:
    """Give a paint to each family of a graph, in the order in which they appear; sinks are grey."""
    steps = [node for node in rendered.nodes if node.role in ("source", "step") and node.family]
    families = list(dict.fromkeys(node.family for node in steps))
    chosen = {name: Paint(_LINES[n % len(_LINES)], _tint(_LINES[n % len(_LINES)])) for n, name in enumerate(families)}
    sinks = {node.family: _PLAIN for node in rendered.nodes if node.role == "sink"}
    return {**chosen, **sinks}


def paint_of(node: RenderedNode, chosen: Mapping[str, Paint]) -> Paint:
    """Give the paint of one node; a broken one is red."""
    return FAULT if node.broken else chosen.get(node.family, _PLAIN)
