"""The options that say what is logged, how, and where to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

__all__ = ["LogSettings", "log_options", "log_settings"]

F = TypeVar("F", bound=Callable[..., Any])

_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is logged, and how.

    Attributes
    ----------
    level
        The least that is logged, as `logging` counts; None for what fits: warnings, or only errors if quiet.
    json
        Whether each line is a JSON object.
    file
        A file that gets the lines instead of the terminal; empty for none.
    """

    level: int | None = None
    json: bool = False
    file: str = ""


def log_options(command: F) -> F:
    """Add ``--log-level``, ``--log-format`` and ``--log-file`` to a command."""
    options = (
        click.option(
            "--log-level",
            type=click.Choice(_LEVELS),
            help="The least that is logged. By default warnings; with --quiet, errors; in a log file, info.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="How: lines for people, or a JSON object on each line with run, graph, node and event as fields.",
        ),
        click.option("--log-file", metavar="FILE", help="Write the log into a file, and nothing of it here."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def log_settings(options: dict[str, Any]) -> LogSettings:
    """Take the values of these options out of all options."""
    level, kind, file = (options.pop(name) for name in ("log_level", "log_format", "log_file"))
    if level is None and file:
        level = "info"
    number = getattr(logging, level.upper()) if level else None
    return LogSettings(number, kind == "json", file or "")
