"""A command whose verbs are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from headrace.engine.cli.interrupts import Interrupted
from headrace.engine.cli.refusals import INTERRUPTED, refuse
from headrace.engine.model.errors import HeadraceError

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group whose verb ``x-y`` is the command ``x_y`` in ``headrace.engine.cli.x_y`` (and ``try`` is ``try_``).

    An error that headrace raises on purpose ends as text and exit code, whatever the verb.

    Parameters
    ----------
    verbs
        The verbs, in the order in which the help lists them.
    """

    def __init__(self, *arguments: Any, verbs: Sequence[str] = (), **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._verbs = list(verbs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb; None if there is none of that name."""
        if cmd_name not in self._verbs:
            return None
        name = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)
        command = getattr(import_module(f"headrace.engine.cli.{name}"), name)
        assert isinstance(command, click.Command)  # noqa: S101  (a verb's file holds its command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; a name that is none is refused with the nearest."""
        from headrace.engine.model.faults import nearest

        if args and not args[0].startswith("-") and args[0] not in self._verbs:
            hint = nearest(args[0], self._verbs) or f"there are {', '.join(self._verbs)}"
            ctx.fail(f"no such command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except HeadraceError as error:
            raise refuse(error) from error
        except Interrupted as interrupted:
            ctx.exit(interrupted.exit_code)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
