"""The options of a live source: what is done when documents come too fast, never end, or do not all come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from headrace.engine.model.errors import UsageError
from headrace.engine.model.intake import POLICIES, read_bytes

__all__ = ["live_options", "service_options"]

F = TypeVar("F", bound=Callable[..., Any])


def live_options(command: F) -> F:
    """Add ``--intake``, ``--intake-bytes``, ``--run-timeout``, ``--repair-from`` and ``--repair-within``."""
    options = (
        click.option(
            "--intake",
            type=click.Choice(POLICIES),
            help="Live: what is done with events that come faster than the work, in place of what the graph says.",
        ),
        click.option("--intake-bytes", metavar="SIZE", help="Live: how much may wait in memory, such as '2 GB'."),
        click.option(
            "--run-timeout",
            metavar="SECONDS",
            type=click.FloatRange(min=0),
            help="Live: end a run of which nothing came for so long; 0 for never.  [default: 12 hours]",
        ),
        click.option(
            "--repair-from",
            metavar="STORE",
            help="Live: a folder where runs are stored whole; those that came with gaps are analysed again from it.",
        ),
        click.option(
            "--repair-within",
            metavar="SECONDS",
            type=click.FloatRange(min=0),
            help="Live: how long STORE may take to have a run that has ended.  [default: 60]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def service_options(options: dict[str, Any], *, live: bool) -> dict[str, Any]:
    """Take the values of these options out of all options, as `Service` wants them.

    Raises
    ------
    UsageError
        If one is given although the source is not live, or a size makes no sense.
    """
    names = ("intake", "intake_bytes", "run_timeout", "repair_from", "repair_within")
    given = {name: value for name in names if (value := options.pop(name)) is not None}
    if given and not live:
        problem = f"--{next(iter(given)).replace('_', '-')} is for live sources, zmq://HOST:PORT/PREFIX"
        raise UsageError(problem)
    policy, size = given.pop("intake", None), given.pop("intake_bytes", None)
    rule = {**({"policy": policy} if policy else {}), **({"max_bytes": read_bytes(size)} if size else {})}
    if "run_timeout" in given:
        given["run_timeout"] = given["run_timeout"] or None
    return {**given, **({"intake": rule} if rule else {})}
