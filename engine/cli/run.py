"""``headrace run``: run a graph on stored runs, or live until interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.graph_argument import GRAPH_HELP, read_graph
from headrace.engine.cli.options import trust_option
from headrace.engine.cli.refusals import DONE, INCOMPLETE, UNREACHABLE
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headrace.engine.cli.watch import Watch
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.progress import Finished

__all__ = ["exit_code_of", "run", "work"]

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
"""


@click.command(epilog=_EPILOG)
@click.argument("graph")
@click.option("--from", "source", metavar="SOURCE", required=True, help="Where the documents come from.")
@click.option("--to", metavar="DEST", multiple=True, help="Where result runs go; may be given several times.")
@click.option(
    "--set", "settings", metavar="NODE.PARAM=VALUE", multiple=True, help="A parameter to use instead of the graph's."
)
@click.option("--runs", metavar="N", type=click.IntRange(min=1), help="Live: end after so many runs.")
@click.option("--lookup", metavar="STORE", help="A folder of runs in which other runs (darks) are looked up.")
@trust_option
@click.option("--runtime", type=click.Choice(["streamz", "rapidz"]), default="streamz", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    graph: str,
    source: str,
    settings: tuple[str, ...],
    runs: int | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Run a graph on stored runs, or live on what a beamline publishes.

    Each raw run gives a result run. The exit code is 1 if events failed or never came.
    """
    from headrace.engine.cli.settings import read_settings

    if runs is not None and not _is_live(source):
        problem = f"--runs is for live sources; to run on one run of {source}, name it: {source}/UID or {source}/-1"
        raise UsageError(problem)
    opened, _ = read_graph(graph, trust=options["trust"])
    finished = work(opened, source, runs=runs, quiet=quiet, set=read_settings(settings), **options)
    ctx.exit(exit_code_of(finished))


def _is_live(source: str) -> bool:
    return source.startswith("zmq://")


def work(
    graph: Any, source: str, *, to: Iterable[str] = (), runs: int | None = None, quiet: bool = False, **options: Any
) -> list[Finished]:
    """Run a graph, and say how it goes.

    Parameters
    ----------
    graph, source
        The graph, and where the documents come from.
    to
        Where result runs go.
    runs
        Live: end after so many runs.
    quiet
        Whether to say nothing but what went wrong.
    **options
        What else `Job` takes.

    Raises
    ------
    HeadraceError
        If the graph has faults, or source or destination are not there.
    """
    from headrace.engine.cli.interrupts import interrupts
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.cli.tally import Tally
    from headrace.engine.cli.watch import make_watch
    from headrace.engine.jobs.job import Job

    tally = Tally()
    with (
        make_watch(tally, quiet=quiet) as watch,
        log_lines(watch.note, quiet=quiet),
        Job(graph, to=[*to, tally], progress=watch, **options) as job,
    ):
        if _is_live(source):
            with interrupts(lambda _: _end_live(job, watch)):
                return job.run_live(source, runs)
        with interrupts(watch.interrupt):
            return job.run_stored(source)


def _end_live(job: Job, watch: Watch) -> None:
    watch.ending()
    job.stop()


def exit_code_of(finished: Iterable[Finished]) -> int:
    """Give the exit code that fits how runs ended.

    A raw run that was aborted is no failure of ours; events that failed here or never came are.
    """
    code = DONE
    for one in finished:
        summary = one.summary
        if one.problems:
            return UNREACHABLE
        if summary.failures or summary.stopped_by or summary.unseen or sum(summary.end.lost.values()):
            code = INCOMPLETE
    return code
