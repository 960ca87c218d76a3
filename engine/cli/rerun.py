"""``headrace rerun``: make a result again from its provenance alone, and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from headrace.engine.cli.file_options import asset_settings, file_options
from headrace.engine.cli.options import trust_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headrace.engine.jobs.rerun import Rerun

__all__ = ["rerun"]


@click.command()
@click.argument("result")
@click.option("--raw", metavar="STORE", help="Where the raw run is, if it is not where it was.")
@click.option("--to", metavar="DEST", multiple=True, help="Where the new result run goes; may be given several times.")
@click.option("--lookup", metavar="STORE", help="A folder of runs in which other runs (darks) are looked up.")
@file_options
@trust_option
@click.pass_context
def rerun(ctx: click.Context, /, result: str, **options: Any) -> None:
    """Make a result again from its provenance alone, and compare it with what it was.

    Everything is computed. The data of each field are compared by their hashes; if they differ, what is not as it was
    (code, versions, data) is said. The exit code is 1 if they differ.
    """
    from headrace.engine.cli.log_lines import log_lines
    from headrace.engine.cli.refusals import DONE, INCOMPLETE
    from headrace.engine.jobs.rerun import rerun as work

    assets = asset_settings(options)
    chosen = {key: options[key] for key in ("raw", "lookup", "trust")}
    with log_lines(lambda text: click.echo(text, err=True), quiet=False):
        again = work(result, list(options["to"]), assets=assets, **chosen)
    for line in _said(again):
        click.echo(line)
    ctx.exit(DONE if again.same else INCOMPLETE)


def _said(again: Rerun) -> Iterator[str]:
    if again.same:
        yield f"the same: {again.compared} fields, bit for bit"
    else:
        yield f"not the same: {len(again.differences)} of {again.compared} fields"
        for one in again.differences:
            yield f"  {one.stream}: {one.field}: {one.what}"
    if again.reasons:
        yield "what is not as it was:"
        yield from (f"  {reason}" for reason in again.reasons)
    elif not again.same:
        yield (
            "nothing of what was recorded is otherwise: neither code nor versions nor documents. Were data files "
            "changed in their place, or does a node draw lots or read the world?"
        )
    for place in again.finished.places:
        yield f"result: {place}"
