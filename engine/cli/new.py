"""``headrace new``: start a graph file of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from headrace.engine.cli.files import write_text
from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["new"]


@click.command()
@click.argument("name")
@click.option("--from", "base", metavar="GRAPH", required=True, help="The graph to start from.")
@click.option("-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path), help="By default NAME.yaml.")
def new(name: str, base: str, file: Path | None) -> None:
    """Start a graph file of your own from a ready graph.

    The file extends GRAPH, so it holds only what differs, and lists every parameter as a comment to begin with.
    """
    from headrace.engine.jobs.new_graph import new_graph

    path = file or Path(f"{name}.yaml")
    if path.exists():
        problem = f"{path} is there already; choose another name, or another file with -o"
        raise UsageError(problem)
    try:
        text = new_graph(name, base, str(path))
    except NotReachableError as error:
        raise UsageError(str(error)) from error
    write_text(path, text)
    click.echo(f"wrote {path}; next: headrace check {path}")
