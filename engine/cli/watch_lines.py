"""Watching a job where there is no terminal: plain lines, now and then."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from headrace.engine.cli.summary import run_title
from headrace.engine.cli.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headrace.engine.cli.tally import Kept, Tally
    from headrace.engine.jobs.progress import Finished
    from headrace.engine.model.records import RunContext
    from headrace.engine.runtime.dead_letters import DeadLetter

__all__ = ["LineWatch", "progress_line"]


@dataclass(slots=True)
class _Under:
    """A run under way."""

    title: str
    total: int | None
    began: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)


class LineWatch(Watch):
    """Says when a run begins, how far it is every so many seconds, and how it ended.

    Parameters
    ----------
    tally
        Counts what the job gives.
    every
        Seconds between two lines about a run.
    label
        The graph, where there are several.
    """

    def __init__(self, tally: Tally, every: float = 10.0, label: str = "") -> None:
        super().__init__(tally, label)
        self._every = every
        self._runs: dict[str, _Under] = {}

    def waiting(self, text: str) -> None:
        """Say what the job waits for."""
        self.note(text)

    def run_started(self, run: RunContext, total: int | None) -> None:
        """Say that a run has begun."""
        under = self._runs[run.uid] = _Under(self._titled(run), total)
        self.note(f"{under.title} began" + (f", {total} events" if total else ""))

    def _titled(self, run: RunContext) -> str:
        return run_title(run.start) + (f" in {self._label}" if self._label else "")

    def event(self, run: str, done: int, failures: int) -> None:
        """Say how far the run is, if it is time to."""
        under, now = self._runs.get(run), time.monotonic()
        if under is not None and now - under.told >= self._every:
            under.told = now
            self.note(f"{under.title}: {progress_line(done, under.total, failures, now - under.began)}")
        super().event(run, done, failures)

    def tell(self, finished: Finished, kept: Mapping[str, Kept], letters: Sequence[DeadLetter]) -> None:
        """Print the summary."""
        self._runs.pop(finished.summary.run.uid, None)
        super().tell(finished, kept, letters)


def progress_line(done: int, total: int | None, failures: int, seconds: float) -> str:
    """Say how far a run is.

    Examples
    --------
    >>> progress_line(120, 441, 2, 10.0)
    '120 of 441 events, 12.0/s, 27 s left, 2 failed'
    >>> progress_line(120, None, 0, 10.0)
    '120 events, 12.0/s, 0 failed'
    """
    rate = done / seconds if seconds > 0 else 0.0
    left = f", {(total - done) / rate:.0f} s left" if total and rate and total >= done else ""
    of = f" of {total}" if total else ""
    return f"{done}{of} events, {rate:.1f}/s{left}, {failures} failed"
