"""``headrace dead-letters``: what failed, why, on what, and whether it works now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.options import at_option, trust_option
from headrace.engine.cli.refusals import DONE, INCOMPLETE
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.jobs.letter import KeptLetter

__all__ = ["dead_letters"]


_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_result = click.argument("result", required=False)
_which = click.argument("which", metavar="LETTER")


@click.group()
def dead_letters() -> None:
    """Look into failed events, and run them again.

    RESULT is STORE/UID, STORE/-1 or a STORE of results. Without it, the letters are those of your running service
    (see --at). LETTER is the number of a letter in its result, or its id.
    """


@dead_letters.command("list")
@_result
@at_option
@_json_option
def list_(result: str | None, at: str | None, as_json: bool) -> None:
    """List what failed."""
    from headrace.engine.cli.letter_text import listed

    letters = _letters(result, at)
    if as_json:
        click.echo(json.dumps(letters, indent=2, default=str))
        return
    _print(listed(letters))


@dead_letters.command()
@_which
@_result
@at_option
@_json_option
def show(which: str, result: str | None, at: str | None, as_json: bool) -> None:
    """Show one failure: its error, traceback, parameters, and what its inputs look like."""
    from headrace.engine.cli.letter_text import shown

    letter = _letter(which, result, at)
    if as_json:
        click.echo(json.dumps(letter, indent=2, default=str))
        return
    _print(shown(letter))


@dead_letters.command()
@_which
@_result
@at_option
@click.option(
    "--set",
    "settings",
    metavar="NODE.PARAM=VALUE",
    multiple=True,
    help="A parameter to use instead; NODE. may be left out.",
)
@click.option("--graph", metavar="GRAPH", help="Use the parameters of this graph, not those that were in force.")
@click.option(
    "--from", "source", metavar="STORE", help="Run the whole event through the graph, read from this store of raw runs."
)
@trust_option
@_json_option
@click.pass_context
def retry(
    ctx: click.Context,
    which: str,
    result: str | None,
    at: str | None,
    settings: tuple[str, ...],
    graph: str | None,
    source: str | None,
    trust: bool,
    as_json: bool,
) -> None:
    """Run the node again on the inputs that were kept, with its code as installed now.

    The exit code is 0 if it goes well now, 1 if it fails again. Nothing is written into the result. At a running
    service the parameters are those in force now.
    """
    from headrace.engine.cli.letter_text import retried
    from headrace.engine.cli.settings import read_settings

    changes = read_settings(settings)
    if result is None and source is None and graph is None:
        came = _client(at).post(f"/api/dead-letters/{which}/retry", {"set": changes})
    else:
        came = _retry_here(_kept(which, result, at), changes, graph, source, trust=trust)
    if as_json:
        click.echo(json.dumps(came, indent=2, default=str))
    else:
        _print(retried(came))
    ctx.exit(DONE if came["success"] else INCOMPLETE)


def _retry_here(
    letter: KeptLetter, changes: Mapping[str, Any], graph: str | None, source: str | None, *, trust: bool
) -> dict[str, Any]:
    """Run a letter again in this process."""
    from headrace.engine.cli.graph_argument import read_graph
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.jobs.letter_retry import registry_of, retry_event, retry_node

    opened, registry = read_graph(graph, trust=trust) if graph is not None else (None, None)
    if source is not None:
        with log_lines(lambda text: click.echo(text, err=True), quiet=True):
            return retry_event(letter, source, opened, changes, trust=trust).to_dict()
    parameters = None
    if opened is not None:
        node = opened.nodes.get(letter.node)
        if node is None:
            problem = f"graph {opened.name!r} has no node {letter.node!r}, of which the dead letter is"
            raise UsageError(problem)
        parameters = node.parameters
    return retry_node(letter, registry or registry_of(letter, trust=trust), parameters, changes).to_dict()


def _client(at: str | None) -> Any:
    from headrace.engine.web.client import find

    return find(at)


def _letters(result: str | None, at: str | None) -> Sequence[Mapping[str, Any]]:
    if result is None:
        found: list[Mapping[str, Any]] = _client(at).get("/api/dead-letters")
        return found
    from headrace.engine.jobs.dead_letters import dead_letters as letters_of

    return [letter.to_dict() for letter in letters_of(result)]


def _letter(which: str, result: str | None, at: str | None) -> Mapping[str, Any]:
    """Give one letter, with what its inputs look like."""
    if result is None:
        found: Mapping[str, Any] = _client(at).get(f"/api/dead-letters/{which}")
        return found
    from headrace.engine.jobs.letter_look import looks

    letter = _kept(which, result, at)
    return {**letter.to_dict(), "looks": looks(letter) if letter.file else {}}


def _kept(which: str, result: str | None, at: str | None) -> KeptLetter:
    """Give one letter itself; of a service, that is on this machine."""
    from pathlib import Path

    from headrace.engine.jobs.dead_letters import dead_letters as letters_of
    from headrace.engine.jobs.dead_letters import find_letter
    from headrace.engine.jobs.letter import KeptLetter

    if result is not None:
        return find_letter(letters_of(result), which)
    given = _client(at).get(f"/api/dead-letters/{which}")
    return KeptLetter.from_dict(given, Path(given["folder"]) if given["folder"] else None)


def _print(parts: Any) -> None:
    from headrace.engine.cli.console import output

    console = output()
    for part in parts:
        console.print(part)
