"""``headrace diff``: compare two graphs, two revisions or two results."""

from __future__ import annotations

import json

import click

__all__ = ["diff"]

_EPILOG = """\
\b
A and B are each one of
  GRAPH           a graph file, or the name of a ready graph
  RESULT          a result run: results/-1, results/UID
  RESULT@N        the graph of revision N of a result

\b
Examples:
  headrace diff crystal_mapping mine.yaml
  headrace diff results/-2 results/-1
  headrace diff results/-1@1 results/-1@2

The exit code is 0 if nothing differs, and 1 if something does.
"""


@click.command(epilog=_EPILOG)
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def diff(ctx: click.Context, /, a: str, b: str, as_json: bool) -> None:
    """Say what differs between A and B: graph, parameters, versions, and the numbers of two results."""
    from headrace.engine.jobs.diff import diff as compare

    difference = compare(a, b)
    click.echo(json.dumps(difference.to_dict(), indent=2, default=str) if as_json else str(difference))
    ctx.exit(0 if difference.is_equal else 1)
