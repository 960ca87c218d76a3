"""``headrace try``: one event through a graph, to see what each node makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.graph_argument import GRAPH_HELP
from headrace.engine.cli.options import trust_option
from headrace.engine.cli.refusals import DONE, INCOMPLETE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headrace.engine.jobs.trial import NodeTrial, Trial

__all__ = ["try_"]


@click.command("try", epilog=GRAPH_HELP)
@click.argument("graph")
@click.option("--from", "source", metavar="RUN", required=True, help="The run: STORE/UID, STORE/-1 or a document file.")
@click.option(
    "--event", metavar="[STREAM/]NUMBER", default="1", show_default=True, help="The event; -1 is the last one."
)
@click.option("--set", "settings", metavar="NODE.PARAM=VALUE", multiple=True, help="A parameter to use instead.")
@click.option("--alone", is_flag=True, help="Don't work on the events before it, though nodes remember.")
@click.option("--lookup", metavar="STORE", help="A folder of runs in which other runs (darks) are looked up.")
@trust_option
@click.pass_context
def try_(ctx: click.Context, /, graph: str, source: str, event: str, settings: tuple[str, ...], **options: Any) -> None:
    """Send one event of a stored run through a graph.

    Of each node it says what came out: kind, shape, range, time, and a little picture. Nothing is stored.
    """
    from headrace.engine.cli.graph_argument import read_graph
    from headrace.engine.cli.settings import read_settings
    from headrace.engine.jobs.trial import try_event

    opened, _ = read_graph(graph, trust=options["trust"])
    trial = try_event(opened, source, event, set=read_settings(settings), **options)
    for line in _lines(trial):
        click.echo(line)
    ctx.exit(INCOMPLETE if any(node.failure for node in trial.nodes) else DONE)


def _lines(trial: Trial) -> Iterator[str]:
    after = f", after the {trial.before} before it" if trial.before else ""
    yield f"event {trial.event}{after}"
    for node in trial.nodes:
        yield ""
        yield from _of_node(node)


def _of_node(node: NodeTrial) -> Iterator[str]:
    from headrace.engine.view.printable import printable
    from headrace.engine.view.thumbnail import described, thumbnail

    head = f"{click.style(node.node, bold=True)} ({node.node_type})  {_time(node.seconds)}"
    if node.failure is not None:
        yield f"{head}  {click.style(printable(node.why_not), fg='red')}"
        yield from (f"    {line}" for line in str(node.failure).splitlines()[1:])
    elif node.why_not:
        yield f"{head}  {node.why_not}"
    else:
        yield head
    for port, value in node.values.items():
        name = f"{port}: " if len(node.values) > 1 else ""
        yield f"  {name}{printable(described(value))}"
        yield from (f"    {line}" for line in thumbnail(value))


def _time(seconds: float) -> str:
    return (
        f"{seconds:.2f} s"
        if seconds >= 1
        else f"{seconds * 1e3:.1f} ms"
        if seconds >= 1e-4
        else f"{seconds * 1e6:.0f} us"
    )
