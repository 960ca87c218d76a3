"""``headrace report``: all about a result on one page."""

from __future__ import annotations

from pathlib import Path

import click

from headrace.engine.cli.files import write_text
from headrace.engine.model.errors import UsageError

__all__ = ["report"]


@click.command()
@click.argument("result")
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The page.  [default: report-UID.html]",
)
def report(result: str, file: Path | None) -> None:
    """Write one page about a result: graph, counts, provenance, failures, pictures.

    RESULT is a result run, such as results/-1. The page needs no other file and no network.
    """
    from headrace.engine.jobs.run import open_run
    from headrace.engine.view.report import to_report

    opened = open_run(result)
    if "headrace" not in opened.start:
        problem = f"{result} is a raw run; a report is about the result of a graph: headrace run"
        raise UsageError(problem)
    file = file or Path(f"report-{opened.uid[:8]}.html")
    write_text(file, to_report(opened))
    click.echo(f"wrote {file}")
