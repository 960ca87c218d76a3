"""A graph as text for a terminal: one line per node, with the connections drawn beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headrace.engine.view.printable import cut
from headrace.engine.view.rails import Rails
from headrace.engine.view.rendered import Rendered, RenderedNode
from headrace.engine.view.tally import did, run_line, took

__all__ = ["to_text"]

_SYMBOLS = {"source": "○", "step": "●", "sink": "■", "missing": "?", "group": "◍"}
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
    lines = [head, *_wrapped(rendered.description, width), *_wrapped(run_line(rendered.run), width)]
    lines += [*(f"✗ {fault}" for fault in rendered.faults), "", *_body(rendered, width), *_plan(rendered)]
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
    cells = [_cells(node, rendered) for node in rendered.nodes]
    if gutter > width // 2:  # lines would leave no room for words
        drawn = [(node, (), _symbol(node), "") for node in rendered.nodes]
        gutter, cells = (
            1,
            [[cell[0], _needs(node, rendered), *cell[1:]] for node, cell in zip(rendered.nodes, cells, strict=True)],
        )
    widths = [max(map(len, column)) for column in list(zip(*cells, strict=True))[:-1]]
    for (node, joints, row, after), cell in zip(drawn, cells, strict=True):
        yield from joints
        yield cut(_line(row.ljust(gutter), cell, widths), width)
        remarks = [*(f"✗ {problem}" for problem in node.problems), *_loops(node, rendered)]
        yield from (f"{after.ljust(gutter)}  {remark}" for remark in remarks)


def _needs(node: RenderedNode, rendered: Rendered) -> str:
    """Name what a node needs, where no lines show it."""
    names = {other.id: other.name for other in rendered.nodes}
    needed = dict.fromkeys(names[edge.source] for edge in rendered.edges if edge.target == node.id)
    return cut(f"← {', '.join(needed)}", 32) if needed else ""


def _cells(node: RenderedNode, rendered: Rendered) -> list[str]:
    """Give what stands in a line: where a run is laid on the graph, its counts instead of the parameters."""
    cells = [cut(node.name, 32), cut(node.type, 32), _gives(node, rendered)]
    if rendered.run is None:
        return [*cells, _settings(node, rendered)]
    tally = node.tally
    return (
        [*cells[:2], did(tally), f"✗ {tally.failed} failed" if tally.failed else "", took(tally)]
        if tally
        else ([*cells[:2], "", "", ""])
    )


def _plan(rendered: Rendered) -> Iterator[str]:
    """Tell the plan, segment by segment; ``#3`` is a slot, which holds one value."""
    names = {node.id: node.name for node in rendered.nodes}
    for segment in rendered.segments:
        inside = ", ".join(names[node] for node in segment.nodes)
        yield from ("", f"segment {segment.number}, {segment.placement}: {inside}")
        yield from (f"  {step}" for step in segment.steps)


def _line(rails: str, cell: Sequence[str], widths: Sequence[int]) -> str:
    padded = [text.ljust(width) for text, width in zip(cell, widths, strict=False)]
    return "  ".join([rails, *padded, cell[-1]])


def _symbol(node: RenderedNode) -> str:
    return "✗" if node.broken else _SYMBOLS[node.role]


def _gives(node: RenderedNode, rendered: Rendered) -> str:
    """Say what a node gives and how often; the stream only where there are several."""
    if node.role == "sink":
        kept = [edge.input for edge in rendered.edges if edge.target == node.id and edge.input]
        if not kept:  # they come from nodes that are drawn as one
            kept_from = {edge.source for edge in rendered.edges if edge.target == node.id}
            many = sum(max(1, len(other.members)) for other in rendered.nodes if other.id in kept_from)
            return f"keeps what {many} nodes give" if many else "keeps nothing"
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
