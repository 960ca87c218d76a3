"""``headrace revisions``: what was changed, when, by whom, and from which event on."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.options import at_option, graph_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["revisions"]


@click.command()
@click.argument("result", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@graph_option
@at_option
def revisions(result: str | None, as_json: bool, graph: str | None, at: str | None) -> None:
    """List the revisions of a running graph, or those under which RESULT, a stored result run, was made."""
    found = _of_result(result) if result is not None else _of_service(graph, at)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    for line in _lines(found):
        click.echo(line)


def _of_service(graph: str | None, at: str | None) -> dict[str, Any]:
    from urllib.parse import quote

    from headrace.engine.web.client import find

    path = "/api/revisions" + (f"?graph={quote(graph)}" if graph is not None else "")
    found = find(at).get(path)
    assert isinstance(found, dict)  # noqa: S101 - the service's own JSON
    return found


def _of_result(result: str) -> dict[str, Any]:
    from headrace.engine.jobs.run import open_run

    stop = open_run(result).stop or {}
    made = dict(stop.get("headrace", {})).get("revisions", [])
    return {"revisions": [{**one, "changes": dict(one.get("changes", []))} for one in made]}


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    waiting = {one["revision"]: one["event"] for one in found.get("waiting", [])}
    for one in found["revisions"]:
        number, first = one["revision"], one.get("first_event")
        marks = []
        if number == found.get("current"):
            marks.append("in force")
        if number in waiting:
            marks.append(f"waits for event {waiting[number]}")
        if first:
            marks.append(f"from event {first[0]}/{first[1]} on")
        when = datetime.fromtimestamp(one["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        yield f"{number:4d}  {when}  {one['author'] or '-':12}  {_what(one)}" + _in_brackets(marks)
    for again in found.get("again", []):
        done = f"{again['done']} events, {again['state']}"
        yield f"      run {again['run'][:8]} computed again under revision {again['revision']}: {done}"


def _what(one: Mapping[str, Any]) -> str:
    if one.get("undoes"):
        return f"takes {one['undoes']} back"
    changed = ", ".join(f"{key}={value}" for key, value in one["changes"].items())
    if "graph" in one:
        return "another graph" + (f", {changed}" if changed else "")
    return changed or "as it began"


def _in_brackets(marks: Iterable[str]) -> str:
    text = ", ".join(marks)
    return f"  ({text})" if text else ""
