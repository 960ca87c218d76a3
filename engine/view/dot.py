"""A graph in the DOT language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headrace.engine.view.palette import FAULT, paint_of, paints
from headrace.engine.view.rendered import Rendered, RenderedEdge, RenderedNode
from headrace.engine.view.svg_style import FRAMES
from headrace.engine.view.tally import did, run_line, took

__all__ = ["to_dot"]

_STYLES = {
    "source": "filled,rounded",
    "step": "filled",
    "sink": "filled,bold",
    "missing": "filled,dashed",
    "group": "filled",
}


def to_dot(rendered: Rendered) -> str:
    r"""Write a graph in the DOT language.

    Dashed lines carry what is known once per run, red is wrong. Labels are quoted strings, in which nothing has
    a meaning but the line ends that are put there.

    Examples
    --------
    >>> from headrace.engine.view.rendered import Rendered, RenderedNode
    >>> print(to_dot(Rendered("mean", nodes=(RenderedNode("n1", 'a "b"', "average", "frames"),))))
    digraph "mean" {
      graph [label="mean", labelloc=t, fontname="Helvetica"]
      node [shape=box, fontname="Helvetica", fontsize=11]
      edge [fontname="Helvetica", fontsize=9, color="#666666", fontcolor="#444444"]
      n1 [label="a \"b\"\naverage", style="filled", fillcolor="#deedf5", color="#0072b2", fontcolor="#111111"]
    }
    """
    chosen = paints(rendered)
    title = [rendered.name, rendered.description, run_line(rendered.run), *(f"✗ {fault}" for fault in rendered.faults)]
    lines = [
        f"digraph {_quoted([rendered.name])} {{",
        f'  graph [label={_quoted(title)}, labelloc=t, fontname="Helvetica"]',
        '  node [shape=box, fontname="Helvetica", fontsize=11]',
        '  edge [fontname="Helvetica", fontsize=9, color="#666666", fontcolor="#444444"]',
    ]
    for node in rendered.nodes:
        paint = paint_of(node, chosen)
        text = FAULT.line if node.broken else "#111111"
        style = f'style="{_STYLES[node.role]}", fillcolor="{paint.fill}", color="{paint.line}", fontcolor="{text}"'
        style += ", peripheries=2" if node.role == "group" else ""
        lines.append(f"  {node.id} [label={_quoted(_lines(node))}, {style}]")
    return "\n".join([*lines, *_frames(rendered), *map(_edge, rendered.edges), "}"])


def _frames(rendered: Rendered) -> Iterator[str]:
    for segment in rendered.segments:
        label = _quoted([f"segment {segment.number}, {segment.placement}"])
        inside = "; ".join(segment.nodes)
        fill = FRAMES[0 if segment.placement == "anywhere" else 1]
        yield f'  subgraph cluster_{segment.number} {{ label={label}; style=filled; color="{fill}"; {inside} }}'


def _quoted(lines: Iterable[str]) -> str:
    escaped = (line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return '"' + "\\n".join(escaped) + '"'


def _lines(node: RenderedNode) -> list[str]:
    settings = [f"{name} {value}" for name, value in node.parameters]
    tally = node.tally
    failed = [f"✗ {tally.failed} failed"] if tally and tally.failed else []
    counts = [did(tally), *failed, took(tally)] if tally else []
    return [node.name, node.type, *settings, *(f"✗ {problem}" for problem in node.problems), *counts]


def _edge(edge: RenderedEdge) -> str:
    words = [edge.label, "" if edge.count is None else str(edge.count)]
    marks = [f"label={_quoted(words)}"] if any(words) else []
    marks += ["style=dashed"] if edge.cadence == "run" else []
    marks += [f'color="{FAULT.line}"', "penwidth=2"] if not edge.sound else []
    return f"  {edge.source} -> {edge.target}" + (f" [{', '.join(marks)}]" if marks else "")
