"""``headrace show``: draw a graph, finished or not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headrace.engine.cli.files import write_bytes, write_text
from headrace.engine.cli.graph_argument import GRAPH_HELP, read_graph
from headrace.engine.cli.options import trust_option
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headrace.engine.model.graph import Graph
    from headrace.engine.model.node_type import NodeType
    from headrace.engine.view.rendered import Rendered

__all__ = ["draw", "show"]

_SUFFIXES = {
    ".txt": "text",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".json": "json",
    ".svg": "svg",
    ".png": "png",
    ".html": "html",
    ".htm": "html",
}
_FORMATS = ("text", "mermaid", "dot", "json", "svg", "png", "html")


@click.command(epilog=GRAPH_HELP)
@click.argument("graph")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="What to write; by default what FILE is called, or text.",
)
@click.option("-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file.")
@click.option("--run", "run", metavar="RESULT", help="Lay a result's counts and times on the graph.")
@click.option("--plan", is_flag=True, help="Show segments, steps and slots too, cut where work could be spread.")
@click.option("--fold/--no-fold", "folding", default=None, help="Fold alike nodes; by default above 60 nodes.")
@trust_option
def show(
    graph: str, form: str | None, file: Path | None, run: str | None, plan: bool, folding: bool | None, trust: bool
) -> None:
    """Draw a graph, finished or not: as text, a diagram, or a page.

    Faults are marked in the drawing; `headrace check` says more about them. RESULT is a result run of the graph, such
    as results/-1: each node then tells what came to it, what it gave on, what failed, and how long it took.
    """
    form = form or _format_of(file)
    if form == "png" and file is None and sys.stdout.isatty():
        problem = "a PNG picture is no text for a terminal; name a file with -o FILE"
        raise UsageError(problem)
    drawn, faults = draw(graph, form, run=run, plan=plan, folding=folding, trust=trust)
    if file is None:
        click.echo(drawn, nl=isinstance(drawn, str))
    else:
        write_bytes(file, drawn) if isinstance(drawn, bytes) else write_text(file, drawn)
        click.echo(f"wrote {file}")
    if faults:
        said = "1 fault" if faults == 1 else f"{faults} faults"
        click.echo(f"The graph has {said} and can't run: headrace check {graph}", err=True)


def _format_of(file: Path | None) -> str:
    if file is None:
        return "text"
    form = _SUFFIXES.get(file.suffix.lower())
    if form is None:
        problem = f"{file}: what shall be written? Use --format, or one of these endings: {', '.join(_SUFFIXES)}"
        raise UsageError(problem)
    return form


def draw(
    given: str,
    form: str,
    *,
    run: str | None = None,
    plan: bool = False,
    folding: bool | None = None,
    trust: bool = False,
) -> tuple[str | bytes, int]:
    """Draw a graph in one of the formats; give what was drawn, and how many faults the graph has."""
    from headrace.engine.model.check import check_graph
    from headrace.engine.view import render

    graph, registry = read_graph(given, trust=trust)
    faults = check_graph(graph, registry)
    rendered = render(graph, faults, registry)
    if plan and not faults:
        rendered = _planned(rendered, graph, registry)
    if run is not None:
        rendered = _with_result(rendered, run)
    return _written(rendered, form, folding), len(faults)


def _planned(rendered: Rendered, graph: Graph, registry: Mapping[str, NodeType]) -> Rendered:
    """Show what could be spread over workers apart from what can't."""
    from headrace.engine.runtime.compiler import compile_graph
    from headrace.engine.view import with_plan

    return with_plan(rendered, compile_graph(graph, registry, "stateless"))


def _with_result(rendered: Rendered, address: str) -> Rendered:
    from headrace.engine.jobs.run import open_run
    from headrace.engine.view import with_run

    result = open_run(address)
    if "headrace" not in result.start:
        problem = f"{address} is a raw run; counts and times are in the result of a graph: headrace run"
        raise UsageError(problem)
    known = {node.name for node in rendered.nodes}
    if 2 * len(known & set(result.start["headrace"].get("parameters") or {})) < len(known):
        made_by = result.start.get("analysis_stage", "another graph")
        problem = f"{address} is a result of {made_by}, whose nodes are others than those of {rendered.name}"
        raise UsageError(problem)
    return with_run(rendered, result.start, result.stop)


def _written(rendered: Rendered, form: str, folding: bool | None) -> str | bytes:
    from headrace.engine import view

    folded = view.fold(rendered) if folding or (folding is None and view.foldable(rendered)) else rendered
    if form == "text":
        return view.to_text(folded, width=shutil.get_terminal_size((120, 24)).columns)
    if form == "html":
        return view.to_html(rendered, folded)
    if form == "json":
        return view.to_json(folded if folding else rendered)
    if form == "png":
        return view.to_png(folded)
    return {"mermaid": view.to_mermaid, "dot": view.to_dot, "svg": view.to_svg}[form](folded)
