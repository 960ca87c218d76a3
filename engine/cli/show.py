"""``headrace show``: draw a graph, finished or not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headrace.engine.cli.files import write_text
from headrace.engine.cli.graph_argument import GRAPH_HELP, read_graph
from headrace.engine.cli.options import trust_option
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
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
}
_FORMATS = ("text", "mermaid", "dot", "json", "svg")


@click.command(epilog=GRAPH_HELP)
@click.argument("graph")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="What to write; by default what FILE is called, or text.",
)
@click.option("-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file.")
@trust_option
def show(graph: str, form: str | None, file: Path | None, trust: bool) -> None:
    """Draw a graph, finished or not: as text, or as a diagram.

    Faults are marked in the drawing; `headrace check` says more about them.
    """
    form = form or _format_of(file)
    text, faults = draw(graph, form, trust=trust)
    if file is None:
        click.echo(text)
    else:
        write_text(file, text)
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


def draw(given: str, form: str, *, trust: bool = False) -> tuple[str, int]:
    """Draw a graph in one of the formats; give the text, and how many faults the graph has."""
    from headrace.engine.model.check import check_graph
    from headrace.engine.view import render

    graph, registry = read_graph(given, trust=trust)
    faults = check_graph(graph, registry)
    return _written(render(graph, faults, registry), form), len(faults)


def _written(rendered: Rendered, form: str) -> str:
    from headrace.engine import view

    if form == "text":
        return view.to_text(rendered, width=shutil.get_terminal_size((120, 24)).columns)
    writers = {"mermaid": view.to_mermaid, "dot": view.to_dot, "json": view.to_json, "svg": view.to_svg}
    return writers[form](rendered)
