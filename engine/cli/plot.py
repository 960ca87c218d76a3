"""``headrace plot``: a result as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headrace.engine.model.errors import NotReachableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headrace.engine.documents.result import Result
    from headrace.engine.view.pictures import Form

__all__ = ["plot"]


@click.command()
@click.argument("result")
@click.option("--node", "nodes", multiple=True, metavar="NAME", help="Draw only this result, or what this node gives.")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where to write.  [default: pictures-UID]",
)
@click.option("--format", "form", type=click.Choice(("png", "svg", "pdf")), default="png", show_default=True)
def plot(result: str, nodes: Sequence[str], folder: Path | None, form: Form) -> None:
    """Draw a result as pictures, each after its kind.

    RESULT is a result run, such as results/-1, or a raw run. Images get a colour bar, peaks are drawn on the image they
    came from, maps over the motors of the scan, many curves as a waterfall, tables as sparklines.
    """
    from headrace.engine.jobs.run import open_run
    from headrace.engine.view.pictures import draw_result
    from headrace.engine.view.raw_run import drawable

    opened = open_run(result)
    _check(opened, nodes)
    folder = folder or Path(f"pictures-{opened.uid[:8]}")
    try:
        paths = draw_result(drawable(opened), folder, only=nodes, form=form)
    except OSError as error:
        problem = f"can't write to {folder}: {error.strerror or error}"
        raise NotReachableError(problem) from error
    for path in paths:
        click.echo(path)
    if not paths:
        click.echo(f"Nothing to draw: {'what was asked for' if nodes else 'the run'} is empty.", err=True)


def _check(result: Result, wanted: Sequence[str]) -> None:
    """Refuse a name that is neither a result nor a node that gives one."""
    from headrace.engine.model.faults import nearest
    from headrace.engine.view.raw_run import drawable

    streams = list(drawable(result).streams)
    known = dict.fromkeys([*streams, *(str(about.get("node")) for about in result.outputs.values())])
    for name in wanted:
        if name not in known:
            hint = nearest(name, list(known)) or f"there are {', '.join(known)}"
            problem = f"run {result.uid[:8]} keeps nothing named {name!r}, nor of a node of that name; {hint}"
            raise UsageError(problem)
