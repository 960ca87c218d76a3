"""``headrace replay``: run a graph on a stored run again, and compute only what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.cache_option import cache_choice, cache_option
from headrace.engine.cli.file_options import asset_settings, file_options
from headrace.engine.cli.options import trust_option
from headrace.engine.cli.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.table import Table

    from headrace.engine.jobs.replay import Replayed
    from headrace.engine.runtime.dead_letters import DeadLetter
    from headrace.engine.runtime.reuse_report import NodeReuse

__all__ = ["replay"]

_EPILOG = """\
RUN is a result run, or a raw run if GRAPH is given: STORE/UID (the beginning of its uid is enough), STORE/-1 for the
newest, the folder of a run, or a document file.

\b
Examples:
  headrace replay results/-1 --set tracks.search_range=9
  headrace replay store/-1 crystal_mapping --set peaks.minmass=900 --to results
  headrace replay results/5c1f --events 10:40
"""


@click.command(epilog=_EPILOG)
@click.argument("run")
@click.argument("graph", required=False)
@click.option(
    "--set", "settings", metavar="NODE.PARAM=VALUE", multiple=True, help="A parameter to use instead of the recorded."
)
@click.option("--events", metavar="A:B", help="Only the events with these numbers, both ends included.")
@click.option("--to", metavar="DEST", multiple=True, help="Where the result run goes; may be given several times.")
@click.option("--raw", metavar="STORE", help="Where the raw run of a result is, if it is not where it was.")
@click.option("--lookup", metavar="STORE", help="A folder of runs in which other runs (darks) are looked up.")
@cache_option
@file_options
@trust_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@click.pass_context
def replay(
    ctx: click.Context,
    /,
    run: str,
    graph: str | None,
    settings: tuple[str, ...],
    events: str | None,
    cache: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Run a graph on a stored run again, and compute only what has changed.

    Graph, parameters and the changes made while it ran are those of the result run, unless you say otherwise. The
    result is the same, bit for bit, as if all had been computed.
    """
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.cli.run import exit_code_of
    from headrace.engine.cli.settings import read_settings
    from headrace.engine.jobs.replay import replay as work

    assets, tally = asset_settings(options), Tally()
    letters: list[DeadLetter] = []
    chosen = {key: options[key] for key in ("raw", "lookup", "trust")}
    with log_lines(lambda text: click.echo(text, err=True), quiet=quiet):
        replayed = work(
            run,
            graph,
            read_settings(settings),
            [*options["to"], tally],
            events=events,
            cache=cache_choice(cache),
            assets=assets,
            on_letter=letters.append,
            **chosen,
        )
    _say(replayed, tally, letters, quiet=quiet)
    ctx.exit(exit_code_of([replayed.finished]))


def _say(replayed: Replayed, tally: Tally, letters: list[DeadLetter], *, quiet: bool) -> None:
    from headrace.engine.cli.console import errors, output
    from headrace.engine.cli.summary import complaint, summary

    console = errors() if quiet else output()
    if quiet:
        parts = complaint(replayed.finished, letters)
    else:
        parts = summary(replayed.finished, tally.take(replayed.finished.uid), letters, _reuse(replayed))
    for part in parts:
        console.print(part)


def _reuse(replayed: Replayed) -> Iterator[RenderableType]:
    """Say per node what was reused, and how long each took and would have taken."""
    from rich.text import Text

    yield _table(replayed.reuse.nodes)
    yield ""
    spared = replayed.reuse.spared
    said = f"replayed in {_seconds(replayed.seconds)}"
    yield Text(f"{said}; {_seconds(spared)} of work spared" if spared > 0 else said)


def _table(nodes: tuple[NodeReuse, ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    for number, column in enumerate(("node", "reused", "computed", "took", "whole")):
        table.add_column(column, justify="right" if number else "left", no_wrap=bool(number), overflow="fold")
    for node in nodes:
        took = _seconds(node.seconds) if node.computed else "-"
        whole = "?" if node.before is None else _seconds(node.before)
        counted = (str(number) if number else "-" for number in (node.reused, node.computed))
        table.add_row(node.node, *counted, took, whole, style="" if node.computed else "dim")
    return table


def _seconds(seconds: float) -> str:
    """Write a time for people.

    Examples
    --------
    >>> _seconds(0.0123), _seconds(75.0)
    ('0.012 s', '75.0 s')
    """
    return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:.1f} s"
