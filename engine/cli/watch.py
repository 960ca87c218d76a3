"""Watching a job from the command line: what is said while it works, and when a run has ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import click

from headrace.engine.cli.interrupts import Interrupted
from headrace.engine.cli.summary import SHOWN_LETTERS, complaint, summary
from headrace.engine.cli.tally import Kept, Tally

if TYPE_CHECKING:
    from headrace.engine.jobs.progress import Finished
    from headrace.engine.model.records import RunContext
    from headrace.engine.runtime.dead_letters import DeadLetter

__all__ = ["QuietWatch", "Watch", "make_watch"]

_ENDING = b"ending in order: what has come in is worked off (again: end at once)\n"


class Watch:
    """Prints a summary when a run has ended; those that also show progress build on it.

    It satisfies `headrace.engine.jobs.progress.Progress`.

    Parameters
    ----------
    tally
        Counts what the job gives; must be one of its destinations.
    label
        The graph, where there are several.
    """

    def __init__(self, tally: Tally, label: str = "") -> None:
        self._label = label
        self._interrupted = 0
        self._tally = tally
        self._letters: dict[str, list[DeadLetter]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the terminal as it was."""

    def ending(self) -> None:
        """Say that the job is ending; safe in a signal handler."""
        after = b"\n" if os.isatty(2) else b""  # of the bar, or of a ^C
        os.write(2, after + _ENDING)  # not through a stream object: the signal may have come while it was in use

    def interrupt(self, signum: int) -> None:
        """Have the job end after the event that is being worked on, with the run's result ended in order."""
        self.ending()
        self._interrupted = signum

    def note(self, text: str) -> None:
        """Say something that is worth a line."""
        click.echo(text, err=True)

    def waiting(self, text: str) -> None:
        """Take note of what the job waits for."""

    def run_started(self, run: RunContext, total: int | None) -> None:
        """Take note of a run."""

    def event(self, run: str, done: int, failures: int) -> None:
        """Take note of an event, and end the job here if the user wishes."""
        if self._interrupted:
            signum, self._interrupted = self._interrupted, 0
            raise Interrupted(signum)

    def dead_letter(self, letter: DeadLetter) -> None:
        """Keep the first dead letters of a run."""
        letters = self._letters.setdefault(letter.run, [])
        if len(letters) < SHOWN_LETTERS:
            letters.append(letter)

    def run_ended(self, finished: Finished) -> None:
        """Say how a run ended."""
        letters = self._letters.pop(finished.summary.run.uid, [])
        self.tell(finished, self._tally.take(finished.uid), letters)

    def tell(self, finished: Finished, kept: Mapping[str, Kept], letters: Sequence[DeadLetter]) -> None:
        """Print the summary."""
        from headrace.engine.cli.console import output

        console = output()
        if self._label:
            console.print(f"graph {self._label}", style="bold", markup=False)
        for part in summary(finished, kept, letters):
            console.print(part)
        console.file.flush()


class QuietWatch(Watch):
    """Speaks only of what went wrong."""

    def ending(self) -> None:
        """Say nothing."""

    def tell(self, finished: Finished, kept: Mapping[str, Kept], letters: Sequence[DeadLetter]) -> None:
        """Print what went wrong, if anything did."""
        from headrace.engine.cli.console import errors

        console = errors()
        if self._label and finished.summary.verdict[0] != "success":
            console.print(f"graph {self._label}", style="bold", markup=False)
        for part in complaint(finished, letters):
            console.print(part)


def make_watch(tally: Tally, *, quiet: bool, label: str = "") -> Watch:
    """Give the watch that fits: a quiet one, bars on a terminal, plain lines elsewhere and for several graphs."""
    if quiet:
        return QuietWatch(tally, label)
    if sys.stderr.isatty() and not label:
        from headrace.engine.cli.watch_bar import BarWatch

        return BarWatch(tally)
    from headrace.engine.cli.watch_lines import LineWatch

    return LineWatch(tally, label=label)
