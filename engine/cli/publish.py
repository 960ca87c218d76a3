"""``headrace publish``: send stored runs as if they came from the beamline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.refusals import DONE, INCOMPLETE
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.jobs.publishing import Published

__all__ = ["publish"]

_EPILOG = """\
\b
RUN is one of
  STORE           a folder of runs: all of them, the oldest first
  STORE/UID       one run of it (the beginning of its uid is enough)
  STORE/-1        its newest run
  FILE            a .jsonl or .msgpack file of documents

\b
DEST is one of
  zmq://HOST:PORT/PREFIX
                  the in-port of a proxy, such as headrace proxy
  zmq://HOST:PORT/PREFIX?bind
                  an address of this machine to which listeners come,
                  without a proxy

\b
Examples:
  headrace publish store/-1 --to zmq://localhost:5577/raw
  headrace publish store --to zmq://localhost:5577/raw --rate 10x
  headrace publish store/-1 --to zmq://localhost:5577/raw --new-uids \\
      --edit start.sc_dk_field_uid=5c1f0a2e-9d1c
"""


@click.command(epilog=_EPILOG)
@click.argument("run")
@click.option("--to", "to", metavar="DEST", required=True, help="Where they are published.")
@click.option("--prefix", metavar="TEXT", help="The prefix, instead of the one in DEST.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["msgpack", "pickle", "raw"]),
    help="How documents are written; msgpack unless DEST says otherwise.",
)
@click.option("--rate", metavar="RATE", default="real", show_default=True, help="real, max, or such as 10x.")
@click.option(
    "--edit",
    "edits",
    metavar="KIND.KEY=VALUE",
    multiple=True,
    help="A value to set in documents; read as YAML.",
)
@click.option("--new-uids", is_flag=True, help="Give runs and documents new uids.")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="How long to wait for a listener; 0: not at all.",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
@click.pass_context
def publish(ctx: click.Context, /, run: str, to: str, edits: tuple[str, ...], quiet: bool, **options: Any) -> None:
    """Publish stored runs as if they came from the beamline.

    In the order and at the pace in which they were taken, with images in the events if that is how they came. The exit
    code is 1 if an edit fitted no document, or nobody listened.
    """
    done = _work(run, to, _edits(edits), quiet, **options)
    for path in done.unmatched:
        click.echo(f"--edit {path}: fitted no document", err=True)
    if done.unheard:
        click.echo(f"nobody listened to {done.unheard} of {done.documents} documents", err=True)
    if not quiet:
        runs = "1 run" if len(done.runs) == 1 else f"{len(done.runs)} runs"
        click.echo(f"published {runs}, {done.documents} documents: {to}")
    ctx.exit(INCOMPLETE if done.unmatched or done.unheard else DONE)


def _work(
    source: str,
    to: str,
    edits: dict[str, Any],
    quiet: bool,
    *,
    prefix: str | None,
    form: Any,
    rate: str,
    new_uids: bool,
    wait: float,
) -> Published:
    from headrace.engine.cli.interrupts import Interrupted, interrupts
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.cli.publish_watch import make_watch
    from headrace.engine.documents.edits import Edits
    from headrace.engine.documents.publish import DocumentPublisher
    from headrace.engine.jobs.pace import read_rate
    from headrace.engine.jobs.publishing import Publishing, await_listener
    from headrace.engine.jobs.sources import stored_runs

    Edits(edits)  # what makes no sense is refused before anything is opened
    runs, factor = stored_runs(source), read_rate(rate)
    job: Publishing
    seen: list[int] = []

    def end(signum: int) -> None:
        seen.append(signum)
        job.stop()

    with make_watch(quiet=quiet) as watch, log_lines(watch.note, quiet=quiet):
        with DocumentPublisher(to, prefix, form) as publisher:
            job = Publishing(publisher, rate=factor, edits=edits, new_uids=new_uids)
            await_listener(publisher, wait)
            with interrupts(end):
                done = job.run(runs, watch)
            done.unheard = publisher.unheard
    if done.interrupted:
        raise Interrupted(seen[0])
    return done


def _edits(texts: tuple[str, ...]) -> dict[str, Any]:
    """Read the edits; a value is read as it would be in a graph file."""
    from headrace.engine.model.yaml_loader import load

    edits = {}
    for text in texts:
        path, equals, value = text.partition("=")
        loaded = load(value, "--edit")
        if not equals or loaded.faults or loaded.root is None:
            problem = f"--edit {text!r}: expected KIND.KEY=VALUE, for example start.sample.name=rod or event.data.x=0"
            raise UsageError(problem)
        edits[path.strip()] = loaded.root.plain()
    return edits
