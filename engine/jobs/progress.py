"""Being told how a job goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from headrace.engine.model.records import RunContext
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.receiver import RunSummary

__all__ = ["Finished", "Progress", "Silent", "announced"]


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A run that was analysed.

    Attributes
    ----------
    summary
        How it went.
    uid
        Unique id of the result run.
    places
        Where the result run was written or published.
    problems
        What went wrong with a destination.
    """

    summary: RunSummary
    uid: str
    places: list[str]
    problems: list[str]

    @property
    def supersedes(self) -> str:
        """Unique id of the result run that this one is to be used in place of; empty if there is none."""
        return str(self.summary.run.about.get("supersedes", ""))

    def in_short(self) -> Finished:
        """Give the same with little more than its verdict, to be kept for long."""
        summary = self.summary
        start = {key: summary.run.start[key] for key in ("uid", "time", "scan_id") if key in summary.run.start}
        stop = summary.end.stop
        stop = None if stop is None else {key: stop[key] for key in ("exit_status", "reason") if key in stop}
        short = replace(
            summary,
            run=RunContext(start, about=summary.run.about),
            end=replace(summary.end, stop=stop, notes={}),
            counts={node: count for node, count in summary.counts.items() if count["failed"]},
            seconds={},
            revisions=(),
        )
        return replace(self, summary=short)


class Progress(Protocol):
    """Is told how a job goes."""

    def run_started(self, run: RunContext, total: int | None) -> None:
        """Take note of a run, and of how many events it will have, if that is known."""

    def event(self, run: str, done: int, failures: int) -> None:
        """Take note of how many events of a run are done, and how many failures there were."""

    def dead_letter(self, letter: DeadLetter) -> None:
        """Take note of a failure."""

    def run_ended(self, finished: Finished) -> None:
        """Take note of the end of a run."""

    def waiting(self, text: str) -> None:
        """Take note of what the job waits for."""


class Silent:
    """Takes note of nothing."""

    def run_started(self, run: RunContext, total: int | None) -> None:
        """Do nothing."""

    def event(self, run: str, done: int, failures: int) -> None:
        """Do nothing."""

    def dead_letter(self, letter: DeadLetter) -> None:
        """Do nothing."""

    def run_ended(self, finished: Finished) -> None:
        """Do nothing."""

    def waiting(self, text: str) -> None:
        """Do nothing."""


def announced(start: Mapping[str, Any]) -> int | None:
    """Give how many events a run says it will have."""
    number = start.get("num_points")
    return number if isinstance(number, int) else None
