"""The option that says where values are kept for replays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from headrace.engine.runtime.cache import CacheStats

__all__ = ["cache_choice", "cache_option", "held"]

cache_option = click.option(
    "--cache",
    metavar="DIR|off",
    help="Where values are kept so that replays need not compute them again; by default $HEADRACE_CACHE, or headrace "
    "in the folder of caches of the user.",
)


def cache_choice(given: str | None) -> Any:
    """Give what `--cache` chose, as jobs take it."""
    return True if given is None else given


def held(stats: CacheStats) -> str:
    """Say what a cache holds."""
    return f"{stats.entries} values, {stats.bytes / 1e6:.1f} MB of at most {stats.limit / 1e9:.1f} GB, in {stats.place}"
