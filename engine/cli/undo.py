"""``headrace undo``: take the last change of a running graph back."""

from __future__ import annotations

import click

from headrace.engine.cli.options import at_option, graph_option

__all__ = ["undo"]


@click.command()
@click.option("--retro", is_flag=True, help="Compute what came before in the runs under way again, too.")
@graph_option
@at_option
def undo(retro: bool, graph: str | None, at: str | None) -> None:
    """Take the last change of a running graph back.

    This is a revision too, and can be repeated: each time, one change more is taken back.
    """
    from headrace.engine.cli.set import author, tell
    from headrace.engine.web.client import find

    tell(find(at).post("/api/undo", {"graph": graph, "author": author(), "retro": retro}))
