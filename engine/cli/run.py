"""``headrace run``: run a graph on stored runs, or live until interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.cache_option import cache_choice, cache_option
from headrace.engine.cli.control_options import control_options, control_settings
from headrace.engine.cli.file_options import asset_settings, file_options
from headrace.engine.cli.graph_argument import GRAPH_HELP, read_graph
from headrace.engine.cli.journal_options import journal_options, open_journal
from headrace.engine.cli.live_options import live_options, service_options
from headrace.engine.cli.log_options import log_options, log_settings
from headrace.engine.cli.options import trust_option
from headrace.engine.cli.refusals import DONE, INCOMPLETE, UNREACHABLE
from headrace.engine.model.errors import UsageError
from headrace.engine.model.intake import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headrace.engine.jobs.progress import Finished

__all__ = ["exit_code_of", "run"]

_EPILOG = f"""\
{GRAPH_HELP}

\b
SOURCE is one of
  STORE           a folder of runs: all of them, the oldest first
  STORE/UID       one run of it (the beginning of its uid is enough)
  STORE/-1        its newest run
  FILE            a .jsonl or .msgpack file of documents
  zmq://HOST:PORT/PREFIX
                  live, from the out-port of a bluesky 0MQ proxy,
                  until Ctrl-C or for --runs N

\b
DEST is one of
  FOLDER          result runs are stored there
  zmq://HOST:PORT/PREFIX
                  result runs are published to the in-port of a proxy

\b
Examples:
  headrace run crystal_mapping --from store/-1 --to results
  headrace run mine.yaml --from store --to results --set peaks.percentile=90
  headrace run mine.yaml --from zmq://localhost:5578/raw --to results
  headrace run mine.yaml quick.yaml --from zmq://localhost:5578/raw,other
"""


@click.command(epilog=_EPILOG)
@click.argument("graphs", metavar="GRAPH...", nargs=-1, required=True)
@click.option("--from", "source", metavar="SOURCE", required=True, help="Where the documents come from.")
@click.option("--to", metavar="DEST", multiple=True, help="Where result runs go; may be given several times.")
@click.option(
    "--set",
    "settings",
    metavar="NODE.PARAM=VALUE",
    multiple=True,
    help="A parameter to use instead of the graph's. GRAPH:NODE.PARAM=VALUE means one of several graphs.",
)
@click.option("--runs", metavar="N", type=click.IntRange(min=1), help="Live: end after so many runs.")
@click.option("--lookup", metavar="STORE", help="A folder of runs in which other runs (darks) are looked up.")
@live_options
@journal_options
@file_options
@control_options
@log_options
@cache_option
@click.option(
    "--letter-bytes",
    metavar="SIZE",
    help="How much is kept of the inputs of failed events, for each result run.  [default: 512 MB]",
)
@trust_option
@click.option("--runtime", type=click.Choice(["streamz", "rapidz"]), default="streamz", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    graphs: tuple[str, ...],
    source: str,
    settings: tuple[str, ...],
    runs: int | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Run graphs on stored runs, or live on what a beamline publishes.

    Each raw run gives a result run of each graph that is meant for it. The exit code is 1 if events failed or never
    came.
    """
    from headrace.engine.cli.settings import read_settings
    from headrace.engine.cli.working import is_live, work

    live = service_options(options, live=is_live(source))
    if runs is not None and not is_live(source):
        problem = f"--runs is for live sources; to run on one run of {source}, name it: {source}/UID or {source}/-1"
        raise UsageError(problem)
    opened = [read_graph(graph, trust=options["trust"])[0] for graph in graphs]
    options["assets"] = asset_settings(options)
    options["control"] = control_settings(options, live=is_live(source))
    options["logs"] = log_settings(options)
    options["cache"] = cache_choice(options["cache"])
    if (most := options.pop("letter_bytes")) is not None:
        options["letter_bytes"] = read_bytes(most)
    with open_journal(options, live=is_live(source)) as journal:
        live |= {} if journal is None else {"journal": journal}
        finished = work(opened, source, runs=runs, quiet=quiet, live=live, settings=read_settings(settings), **options)
    ctx.exit(exit_code_of(finished))


def exit_code_of(finished: Iterable[Finished]) -> int:
    """Give the exit code that fits how runs ended.

    A raw run that was aborted is no failure of ours; events that failed here or never came are, unless the run was
    repaired.
    """
    code = DONE
    finished = list(finished)
    superseded = {one.supersedes for one in finished}
    for one in finished:
        summary = one.summary
        if one.problems:
            return UNREACHABLE
        missing = sum(summary.end.lost.values()) + sum(summary.end.dropped.values())
        if (summary.failures or summary.stopped_by or summary.unseen or missing) and one.uid not in superseded:
            code = INCOMPLETE
    return code
