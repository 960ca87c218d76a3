"""How an error that headrace raises on purpose ends: as text on stderr, and as an exit code."""

from __future__ import annotations

from typing import IO, Any

import click

from headrace.engine.model.errors import DocumentError, HeadraceError, NotReachableError
from headrace.engine.model.faults import GraphError

__all__ = ["DONE", "INCOMPLETE", "INTERRUPTED", "UNREACHABLE", "WRONG", "Refusal", "Unreachable", "refuse"]

DONE = 0
INCOMPLETE = 1
"""Finished, but some events failed or never came."""
WRONG = 2
"""Wrong use or a faulty graph."""
UNREACHABLE = 3
"""A source or destination that can't be reached, or not be read."""
INTERRUPTED = 130
"""Ended by Ctrl-C before it was done, as shells have it."""


class Refusal(click.ClickException):
    """An error that headrace raised on purpose, as click shows it: wrong use, or a faulty graph.

    Parameters
    ----------
    error
        What is wrong and what to do.
    """

    exit_code = WRONG

    def __init__(self, error: HeadraceError) -> None:
        super().__init__(str(error))
        self._is_report = isinstance(error, GraphError)

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the text; a tree of faults has a heading of its own."""
        from headrace.engine.cli.wrapping import wrapped

        if self._is_report:
            click.echo(self.message, err=True, file=file)
            return
        label = click.style("Error:", fg="red", bold=True)
        click.echo(f"{label} {wrapped(self.message, first=7)}", err=True, file=file)


class Unreachable(Refusal):
    """A source or destination that can't be reached, or not be read."""

    exit_code = UNREACHABLE


def refuse(error: HeadraceError) -> Refusal:
    """Give the refusal that fits an error."""
    unreachable = isinstance(error, NotReachableError | DocumentError)
    return Unreachable(error) if unreachable else Refusal(error)
