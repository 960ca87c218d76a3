"""Watching a job on a terminal: a bar for each run under way, with rate, time left and failures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from headrace.engine.cli.console import errors
from headrace.engine.cli.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headrace.engine.cli.tally import Kept, Tally
    from headrace.engine.jobs.progress import Finished
    from headrace.engine.model.records import RunContext
    from headrace.engine.runtime.dead_letters import DeadLetter

__all__ = ["BarWatch"]

_EVERY = 0.05  # seconds between two updates of a bar: the eye sees no more


class _Numbers(ProgressColumn):
    """How many events, how fast, how long still, how many failed."""

    ending = False
    """Whether the job is ending; a plain flag, so that a signal handler can set it."""

    def render(self, task: Task) -> Text:
        """Write the numbers of one run."""
        of = f"/{int(task.total)}" if task.total else ""
        text = Text(f"{int(task.completed)}{of}")
        if task.speed:
            text.append(f"  {task.speed:.1f}/s", style="dim")
        if task.total and task.time_remaining is not None:
            minutes, seconds = divmod(int(task.time_remaining), 60)
            text.append(f"  {minutes}:{seconds:02} left", style="dim")
        failures = task.fields["failures"]
        text.append(f"  {failures} failed", style="bold red" if failures else "dim")
        if self.ending:
            text.append("  ending", style="yellow")
        return text


class BarWatch(Watch):
    """Draws bars, and prints a summary for each run that has ended.

    The bars go to stderr and vanish; the summary goes to stdout.
    """

    def __init__(self, tally: Tally) -> None:
        super().__init__(tally)
        self._numbers = _Numbers(Column(no_wrap=True))
        name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
        columns = (
            name,
            BarColumn(bar_width=None, complete_style="cyan", finished_style="cyan", pulse_style="cyan"),
            self._numbers,
        )
        self._progress = Progress(*columns, console=errors(), transient=True, expand=True, refresh_per_second=8)
        self._bars: dict[str, TaskID] = {}
        self._told: dict[str, float] = {}

    def close(self) -> None:
        """Take the bars away."""
        self._progress.stop()

    def ending(self) -> None:
        """Say beside the bars that the job is ending; they are drawn by a thread of their own."""
        self._numbers.ending = True

    def note(self, text: str) -> None:
        """Say something, above the bars."""
        self._progress.console.print(text)

    def waiting(self, text: str) -> None:
        """Say what the job waits for."""
        self._progress.console.print(f"{text} (Ctrl-C to end)", style="dim")

    def run_started(self, run: RunContext, total: int | None) -> None:
        """Draw a bar."""
        self._bars[run.uid] = self._progress.add_task(f"run {run.uid[:8]}", total=total, failures=0)
        self._progress.start()

    def event(self, run: str, done: int, failures: int) -> None:
        """Move the bar, if it is time to."""
        now = time.monotonic()
        if run in self._bars and now - self._told.get(run, 0.0) >= _EVERY:
            self._told[run] = now
            self._progress.update(self._bars[run], completed=done, failures=failures)
        super().event(run, done, failures)

    def tell(self, finished: Finished, kept: Mapping[str, Kept], letters: Sequence[DeadLetter]) -> None:
        """Print the summary in the place of the bar."""
        run = finished.summary.run.uid
        self._told.pop(run, None)
        self._progress.stop()
        if run in self._bars:
            self._progress.remove_task(self._bars.pop(run))
        super().tell(finished, kept, letters)
        if self._bars:
            self._progress.start()
