"""``headrace set``: change a running graph."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.options import at_option, graph_option
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["author", "set", "tell"]

_EPILOG = """\
\b
Examples:
  headrace set peaks.percentile=90
  headrace set peaks.percentile=90 tracks.search_range=20 --plan
  headrace set peaks.percentile=90 --from-event primary/40
  headrace set peaks.percentile=90 --retro
  headrace set --yaml changed.yaml
"""


@click.command(epilog=_EPILOG)
@click.argument("changes", nargs=-1, metavar="NODE.PARAM=VALUE...")
@click.option("--yaml", "file", metavar="FILE", help="Let the graph in this file take over: nodes and edges too.")
@click.option("--plan", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--from-event", "event", metavar="[RUN/]STREAM/NUMBER", help="From this event on, not at once.")
@click.option("--retro", is_flag=True, help="Compute what came before in the runs under way again, too.")
@click.option("--write", is_flag=True, help="Write the new values into the graph's file as well.")
@graph_option
@at_option
def set(  # noqa: A001 - it is the word of the command line
    changes: tuple[str, ...],
    file: str | None,
    plan: bool,
    event: str | None,
    retro: bool,
    write: bool,
    graph: str | None,
    at: str | None,
) -> None:
    """Change parameters of a running graph, or the graph itself, between two events.

    Several changes are one: all are made at once, or none.
    """
    from headrace.engine.web.client import find

    asked = {**_wanted(changes, file), "graph": graph, "author": author()}
    client = find(at)
    if plan:
        click.echo(client.post("/api/plan", asked)["text"])
        return
    if write and (event is not None or file is not None):
        problem = "--write is for values that hold at once; not together with --from-event or --yaml"
        raise UsageError(problem)
    revision = client.post("/api/set", {**asked, "from_event": event, "retro": retro})
    tell(revision, event)
    if write:
        written = client.post("/api/write-back", {"graph": graph, "keys": list(asked["changes"])})
        click.echo(f"wrote {written['file']}")


def _wanted(changes: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """Give what is asked for, as the service takes it."""
    from headrace.engine.cli.settings import read_settings

    if bool(changes) == (file is not None):
        problem = (
            "expected NODE.PARAM=VALUE, one or more, or --yaml FILE; for example: headrace set peaks.percentile=90"
        )
        raise UsageError(problem)
    if file is None:
        return {"changes": read_settings(changes)}
    from headrace.engine.jobs.graphs import sound_graph

    return {"yaml": sound_graph(file, {})[0].to_yaml()}


def tell(revision: Mapping[str, Any], event: str | None = None) -> None:
    """Say which revision there is now."""
    if revision.get("new") is False:
        click.echo(f"nothing changes: revision {revision['revision']} has these values already")
        return
    when = f"from event {event} on" if event else "from the next event on"
    click.echo(f"revision {revision['revision']}, {when}")


def author() -> str:
    """Give who is at the command line."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return ""
