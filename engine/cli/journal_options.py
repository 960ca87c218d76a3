"""The options of a journal: where it is, how much it may hold, and when it reaches the disk itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal

__all__ = ["journal_options", "open_journal", "read_age"]

F = TypeVar("F", bound=Callable[..., Any])

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NAMES = ("journal", "journal_bytes", "journal_age", "journal_sync")


def journal_options(command: F) -> F:
    """Add ``--journal``, ``--journal-bytes``, ``--journal-age`` and ``--journal-sync``."""
    options = (
        click.option(
            "--journal",
            metavar="DIR",
            help="Live: write documents there before anything is made of them; after a crash, go on from there.",
        ),
        click.option(
            "--journal-bytes", metavar="SIZE", help="How much the journal may hold; the oldest goes.  [default: 50 GB]"
        ),
        click.option(
            "--journal-age",
            metavar="AGE",
            help="How old it may get, such as 12h; the oldest goes.  [default: 7d]",
        ),
        click.option(
            "--journal-sync",
            type=click.Choice(["never", "second", "always"]),
            help="How often it is put on the disk itself, against loss of power.  [default: never]",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def open_journal(options: dict[str, Any], *, live: bool) -> Iterator[Journal | None]:
    """Take the values of these options out of all options, and open the journal; None if none was asked for.

    Raises
    ------
    UsageError
        If one is given although the source is not live or there is no journal, or one makes no sense.
    NotReachableError
        If it can't be written.
    """
    given = {name: value for name in _NAMES if (value := options.pop(name)) is not None}
    first = next(iter(given), "").replace("_", "-")
    if given and not live:
        problem = f"--{first} is for live sources, zmq://HOST:PORT/PREFIX; a stored run needs no journal"
        raise UsageError(problem)
    if given and "journal" not in given:
        problem = f"--{first} says how a journal is kept, but --journal DIR does not say where"
        raise UsageError(problem)
    if not given:
        yield None
        return
    with _opened(given, options.get("assets")) as journal:
        yield journal


def _opened(given: dict[str, Any], assets: Any) -> Journal:
    from headrace.engine.documents.journal import Journal
    from headrace.engine.documents.journal_bounds import Bounds
    from headrace.engine.model.intake import read_bytes

    usual = Bounds()
    most = read_bytes(given["journal_bytes"]) if "journal_bytes" in given else usual.bytes
    age = read_age(given["journal_age"]) if "journal_age" in given else usual.age
    return Journal(given["journal"], Bounds(most, age), sync=given.get("journal_sync", "never"), assets=assets)


def read_age(text: str) -> float:
    """Read an age: a number and s, m, h or d.

    Raises
    ------
    UsageError
        If it is not of this form.

    Examples
    --------
    >>> read_age("12h"), read_age("7 d")
    (43200.0, 604800.0)
    """
    found = re.fullmatch(r" *([0-9]+(?:\.[0-9]+)?) *([smhd]) *", text)
    if found is None or float(found[1]) <= 0:
        problem = f"{text!r} is no age; expected a number and s, m, h or d, such as 12h or 7d"
        raise UsageError(problem)
    return float(found[1]) * _SECONDS[found[2]]
