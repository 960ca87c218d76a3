"""Watching runs being published: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, Self

import click

__all__ = ["QuietWatch", "make_watch"]

_EVERY = 10.0  # seconds between two lines about a run
_MOVES = 0.05  # seconds between two moves of a bar: the eye sees no more


class QuietWatch:
    """Says nothing of progress. It satisfies `headrace.engine.jobs.publishing.Watcher`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the terminal as it was."""

    def note(self, text: str) -> None:
        """Say something that is worth a line."""
        click.echo(text, err=True)

    def run_started(self, start: Mapping[str, Any], total: int | None) -> None:
        """Take note of a run."""

    def event(self, done: int) -> None:
        """Take note of an event."""

    def run_ended(self) -> None:
        """Take note of the end of a run."""


class _Lines(QuietWatch):
    """Says how far a run is every so many seconds."""

    def __init__(self) -> None:
        self._title = ""
        self._total: int | None = None
        self._began = self._told = 0.0

    def run_started(self, start: Mapping[str, Any], total: int | None) -> None:
        """Say that a run has begun."""
        self._title, self._total = f"run {str(start['uid'])[:8]}", total
        self._began = self._told = time.monotonic()
        self.note(f"publishing {self._title}" + (f", {total} event{'s' * (total != 1)}" if total else ""))

    def event(self, done: int) -> None:
        """Say how far it is, if it is time to."""
        now = time.monotonic()
        if now - self._told >= _EVERY:
            from headrace.engine.cli.watch_lines import progress_line

            self._told = now
            self.note(
                f"{self._title}: {progress_line(done, self._total, 0, now - self._began).removesuffix(', 0 failed')}"
            )


class _Bar(QuietWatch):
    """Draws a bar for the run under way; it goes to stderr and vanishes."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from headrace.engine.cli.console import errors

        columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=None, complete_style="cyan"))
        counts = (MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, *counts, console=errors(), transient=True, expand=True)
        self._told = 0.0

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()

    def note(self, text: str) -> None:
        """Say something, above the bar."""
        self._progress.console.print(text)

    def run_started(self, start: Mapping[str, Any], total: int | None) -> None:
        """Draw a bar."""
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._progress.add_task(f"publishing run {str(start['uid'])[:8]}", total=total)
        self._progress.start()

    def event(self, done: int) -> None:
        """Move the bar, if it is time to."""
        now = time.monotonic()
        if now - self._told >= _MOVES:
            self._told = now
            for task in self._progress.task_ids:
                self._progress.update(task, completed=done)


def make_watch(*, quiet: bool) -> QuietWatch:
    """Give the watch that fits."""
    if quiet:
        return QuietWatch()
    return _Bar() if sys.stderr.isatty() else _Lines()
