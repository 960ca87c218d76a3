"""``headrace record``: store raw runs as they are published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headrace.engine.cli.refusals import DONE, INCOMPLETE, UNREACHABLE
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.documents.recorded import RunRecord
    from headrace.engine.jobs.recording import Recorded

__all__ = ["record"]

_EPILOG = """\
\b
Examples:
  headrace record --from zmq://localhost:5578/raw --to store
  headrace record --from zmq://localhost:5578/raw --to store --runs 1
  headrace run crystal_mapping --from store/-1
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--from", "source", metavar="zmq://HOST:PORT/PREFIX", required=True, help="The out-port of a proxy, and a prefix."
)
@click.option("--to", metavar="STORE", required=True, help="The folder in which the runs are stored.")
@click.option("--runs", metavar="N", type=click.IntRange(min=1), help="End after so many runs.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@click.pass_context
def record(ctx: click.Context, /, source: str, to: str, runs: int | None, quiet: bool) -> None:
    """Store raw runs as they are published, until Ctrl-C or for --runs N.

    A run whose stop document never comes is kept, and marked: its stop document says abort, and why. The exit code is
    1 if there was such a run, or events of a run are missing.
    """
    from headrace.engine.cli.interrupts import interrupts
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.jobs.recording import Recording

    if not source.startswith("zmq://"):
        problem = f"--from {source!r}: expected zmq://HOST:PORT/PREFIX; stored runs are stored already"
        raise UsageError(problem)

    def ended(run: RunRecord) -> None:
        if not (quiet and run.whole and not run.missing):
            click.echo(_line(run))

    with log_lines(_say, quiet=quiet):
        recording = Recording(source, to, ended)
        with interrupts(lambda _: recording.stop()):
            done = recording.run(runs, lambda: None if quiet else _say(f"recording what passes on {source} into {to}"))
    for note, times in sorted(done.notes.items()):
        _say(f"{note}: {times}")
    if done.refused:
        _say(f"messages that were no documents: {done.refused}")
    ctx.exit(_exit_code(done))


def _line(run: RunRecord) -> str:
    """Say how a run ended, and where it is."""
    count = sum(run.events.values())
    how = (run.exit_status or "no exit status") if run.whole else "no stop document came, kept as abort"
    text = f"run {run.uid[:8]}: {count} event{'s' * (count != 1)}, {how}"
    missing = ", ".join(f"{number} of {stream}" for stream, number in run.missing.items())
    return text + (f", missing: {missing}" if missing else "") + f"\n  stored: {run.folder}"


def _exit_code(done: Recorded) -> int:
    if done.problems:
        return UNREACHABLE
    return INCOMPLETE if any(run.missing or not run.whole for run in done.runs) else DONE


def _say(text: str) -> None:
    click.echo(text, err=True)
