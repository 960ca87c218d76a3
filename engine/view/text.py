"""A graph as text for a terminal: one line per node, with the connections drawn beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headrace.engine.view.printable import cut
from headrace.engine.view.rails import Rails
from headrace.engine.view.rendered import Rendered, RenderedNode

__all__ = ["to_text"]

_SYMBOLS = {"source": "○", "step": "●", "sink": "■", "missing": "?"}
_OFTEN = {"run": "per run", "event": "per event", "final": "at the end"}


def to_text(rendered: Rendered, *, width: int = 120) -> str:
    """Draw a graph with box characters.

    Each line names a node, its type, what it gives and how often, and its parameters. Values flow downward
    along the lines on the left. Faults are marked with ✗, below their node.

    Parameters
    ----------
    rendered
        The graph.
    width
        Longest line; parameters beyond it are cut.

    Examples
    --------
    >>> from headrace.engine.model.graph import Graph
    >>> from headrace.engine.view import render
    >>> from headrace.nodes import average, source
    >>> print(to_text(render(Graph("mean").keep(mean=average(source(field="image"))))))
    mean: 3 nodes
    <BLANKLINE>
    ○  source  source   Value per event  field: image
    ●  mean    average  Frame per event
    ■  keep    sink     keeps mean
    """
    count = len(rendered.nodes)
    faults = rendered.fault_count
    head = f"{rendered.name}: {count} node{'s' * (count != 1)}" + (f", {_faults(faults)}" if faults else "")
    lines = [head, *_wrapped(rendered.description, width), *(f"✗ {fault}" for fault in rendered.faults), ""]
    lines += _body(rendered, width)
    return "\n".join(line.rstrip() for line in lines).rstrip()


def _faults(count: int) -> str:
    return f"{count} fault{'s' * (count != 1)}"


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width)


def _body(rendered: Rendered, width: int) -> Iterator[str]:
    rails = Rails([(edge.source, edge.target) for edge in rendered.edges if not edge.back])
    drawn = [(node, *rails.pass_node(node.id, _symbol(node))) for node in rendered.nodes]
    gutter = max((len(row) for _, joints, row, after in drawn for row in (*joints, row, after)), default=0)
    cells = [
        (cut(node.name, 32), cut(node.type, 32), _gives(node, rendered), _settings(node, rendered))
        for node in rendered.nodes
    ]
    widths = [max((len(cell[column]) for cell in cells), default=0) for column in range(3)]
    for (node, joints, row, after), cell in zip(drawn, cells, strict=True):
        yield from joints
        yield cut(_line(row.ljust(gutter), cell, widths), width)
        remarks = [*(f"✗ {problem}" for problem in node.problems), *_loops(node, rendered)]
        yield from (f"{after.ljust(gutter)}  {remark}" for remark in remarks)


def _line(rails: str, cell: Sequence[str], widths: Sequence[int]) -> str:
    padded = [text.ljust(width) for text, width in zip(cell, widths, strict=False)]
    return "  ".join([rails, *padded, cell[-1]])


def _symbol(node: RenderedNode) -> str:
    return "✗" if node.broken else _SYMBOLS[node.role]


def _gives(node: RenderedNode, rendered: Rendered) -> str:
    """Say what a node gives and how often; the stream only where there are several."""
    if node.role == "sink":
        kept = [edge.input for edge in rendered.edges if edge.target == node.id]
        return f"keeps {', '.join(kept)}" if len(kept) < 3 else f"keeps {len(kept)} results"
    streams = {other.stream for other in rendered.nodes if other.stream}
    often = _OFTEN.get(node.cadence, "")
    of_stream = f" of {node.stream}" if node.cadence == "event" and len(streams) > 1 and node.stream else ""
    return f"{node.outputs[0][1] if node.outputs else ''} {often}{of_stream}".strip()


def _settings(node: RenderedNode, rendered: Rendered) -> str:
    if node.role == "sink":
        kept = [edge.input for edge in rendered.edges if edge.target == node.id]
        return ", ".join(kept) if len(kept) >= 3 else ""
    return ", ".join(f"{name}: {value}" for name, value in node.parameters)


def _loops(node: RenderedNode, rendered: Rendered) -> list[str]:
    """Name the connections that the lines can't show, since they go back up."""
    names = {other.id: other.name for other in rendered.nodes}
    back = [edge for edge in rendered.edges if edge.target == node.id and edge.back]
    return [f"↺ needs {names[edge.source]}, which needs this one" for edge in back]
