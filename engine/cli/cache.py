"""``headrace cache``: what the cache holds; throwing it out."""

from __future__ import annotations

import click

from headrace.engine.cli.cache_option import cache_choice, cache_option, held

__all__ = ["cache"]


@click.command()
@click.argument("what", type=click.Choice(["show", "clear"]), default="show")
@cache_option
def cache(what: str, cache: str | None) -> None:
    """Show what the cache of computed values holds, or throw it out.

    It never has to be cleared: what is not asked for makes room by itself, and what was computed by other code or
    from other data is never found.
    """
    from headrace.engine.jobs.caching import open_cache
    from headrace.engine.model.errors import NotReachableError

    store = open_cache(cache_choice(cache))
    if store is None:
        problem = "there is no cache: it was turned off, or its folder can't be used"
        raise NotReachableError(problem)
    store.flush()
    if what == "clear":
        store.clear()
    click.echo(held(store.stats()))
