"""``headrace status``: how a running service is doing, once or live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.options import at_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headrace.engine.web.client import Client

__all__ = ["status"]


@click.command()
@at_option
@click.option("--json", "as_json", is_flag=True, help="As JSON; with --watch, an object on each line.")
@click.option("-w", "--watch", is_flag=True, help="Go on showing it, until Ctrl-C.")
@click.option(
    "--every", metavar="SECONDS", type=click.FloatRange(min=0.1), default=1.0, show_default=True, help="With --watch."
)
def status(at: str | None, as_json: bool, watch: bool, every: float) -> None:
    """Say how a running service is doing: its source, its runs, and each node.

    Without --at it is the one service of yours that runs on this machine.
    """
    from headrace.engine.web.client import find

    client = find(at)
    if watch:
        _watch(client, every, as_json=as_json)
        return
    _show(client.get("/api/status"), as_json=as_json)


def _show(given: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        import json

        click.echo(json.dumps(given, indent=2))
        return
    from headrace.engine.cli.console import output
    from headrace.engine.cli.status_table import pictured

    output().print(pictured(given))


def _watch(client: Client, every: float, *, as_json: bool) -> None:
    """Show it again and again: in place on a terminal, as lines elsewhere."""
    import json
    import time

    from headrace.engine.cli.console import output
    from headrace.engine.cli.status_table import pictured

    console = output()
    if as_json or not console.is_terminal:
        while True:
            given = client.get("/api/status")
            click.echo(json.dumps(given)) if as_json else console.print(pictured(given))
            time.sleep(every)
    from rich.live import Live

    with Live(pictured(client.get("/api/status")), console=console, auto_refresh=False, screen=True) as live:
        while True:
            time.sleep(every)
            live.update(pictured(client.get("/api/status")), refresh=True)
