"""Where text goes: results to stdout, what is said about them to stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["errors", "output"]


def output() -> Console:
    """Give the console for what a command is for."""
    return _console(stderr=False)


def errors() -> Console:
    """Give the console for progress, remarks and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    """Make a console; where nobody looks, paths and messages stay on one line."""
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=not terminal)
