"""``headrace view``: the page of a finished run."""

from __future__ import annotations

import click

__all__ = ["view"]

_EPILOG = """\
\b
RESULT is a result run
  STORE/UID       the beginning of its uid is enough
  STORE/-1        the newest one in the store

\b
Examples:
  headrace view results/-1
  headrace view results/5c1f --port 8080
"""


@click.command(epilog=_EPILOG)
@click.argument("result")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), default=0, help="Of the page.  [default: a free one]"
)
def view(result: str, port: int) -> None:
    """Look at a finished run in the browser: its graph, its values event by event, its failures.

    The page can be reached from this machine only, and changes nothing. It is there until Ctrl-C.
    """
    import threading

    from headrace.engine.cli.interrupts import interrupts
    from headrace.engine.jobs.monitor import Monitor
    from headrace.engine.jobs.run import open_run
    from headrace.engine.web.looks import Looks
    from headrace.engine.web.result_sight import ResultSight
    from headrace.engine.web.server import ControlServer

    sight = ResultSight(open_run(result), result)
    over = threading.Event()
    server = ControlServer(Monitor([]), port=port)
    server.site.state["looks"] = Looks([sight])
    with server, interrupts(lambda _: over.set()):
        click.echo(f"page: {server.address}/ (Ctrl-C to end)")
        while not over.wait(0.5):
            pass
