"""What a pipeline hands over: results, dead letters and the summary of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Output, Plan
from headrace.engine.runtime.revision import Revision

__all__ = ["Receiver", "RunSummary"]


@dataclass(frozen=True, slots=True, eq=False)
class RunSummary:
    """How a run went.

    Attributes
    ----------
    run
        The run.
    end
        How its documents ended.
    counts
        Node to its counts (see `NodeCount`), the time left out: it is the same for every repetition.
    seconds
        Node to the time spent in it.
    failures
        Number of failures.
    first_failure
        The first dead letter; None if all went well.
    events
        Stream to the number of its events that came in.
    dropped
        Events that came after a node stopped the run.
    stopped_by
        The node whose failure stopped the run; None if none did.
    unseen
        Streams that the graph reads and of which the run had no event, although it had others.
    revisions
        Each revision that the run was under, and the first event under it; None if there is none: the revision the
        run began with, and one that came after the last event.
    superseded
        What took the place of this result, in words; empty if nothing did.
    latency
        Node to ``p50`` and ``p95`` of its time per event in seconds, from a sample of the events.
    descriptors
        Stream of the raw run to the descriptor of its first event.
    """

    run: RunContext
    end: RunEnd
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    failures: int = 0
    first_failure: DeadLetter | None = None
    events: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0
    stopped_by: str | None = None
    unseen: tuple[str, ...] = ()
    revisions: tuple[tuple[Revision, EventKey | None], ...] = ()
    superseded: str = ""
    latency: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    descriptors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def verdict(self) -> tuple[str, str]:
        """The exit status of the result run (``success``, ``fail``, ``abort``) and the reason in words."""
        if self.superseded:
            return "abort", self.superseded
        raw = self.end.stop
        lost = sum(self.end.lost.values())
        reasons = []
        if self.failures:
            failed = {node: count["failed"] for node, count in self.counts.items() if count["failed"]}
            where = ", ".join(f"{number} at {node!r}" for node, number in failed.items())
            first = f"; first: {self.first_failure.error}" if self.first_failure else ""
            reasons.append(f"{self.failures} failed ({where}){first}")
        if self.stopped_by:
            reasons.append(f"stopped by {self.stopped_by!r}, {self.dropped} later events dropped")
        if self.unseen:
            there = ", ".join(map(repr, self.events))
            wanted = ", ".join(map(repr, self.unseen))
            reasons.append(f"the graph reads stream {wanted}, of which the run had no event; it had {there}")
        if lost:
            reasons.append(f"{lost} events never arrived ({dict(self.end.lost)})")
        if any(self.end.dropped.values()):
            dropped = dict(self.end.dropped)
            number = sum(dropped.values())
            reasons.append(f"{number} events were dropped before any work, as they came too fast ({dropped})")
        if reasons and raw is None:
            reasons.append("no stop document came" + (self.end.reason and f"; {self.end.reason}"))
        if reasons:
            return "fail", "; ".join(reasons)
        if raw is None:
            return "abort", "the run never ended: no stop document came" + (self.end.reason and f"; {self.end.reason}")
        status = str(raw.get("exit_status", "success"))
        return (status, "") if status == "success" else (status, f"the raw run ended so: {raw.get('reason', '')}")


class Receiver(Protocol):
    """Takes what a pipeline gives; several runs may be under way at once."""

    def run_started(self, run: RunContext, plan: Plan, parameters: ParameterSet) -> None:
        """Take note of a run."""

    def value(self, run: RunContext, output: Output, event: Event | None, value: Any, parameters: ParameterSet) -> None:
        """Take one value of a result; ``event`` is None for what exists once per run."""

    def revised(self, run: RunContext, revision: Revision, first: EventKey | None) -> None:
        """Take note that a run is under another revision from an event on; None if only its end is left."""

    def dead_letter(self, run: RunContext, letter: DeadLetter) -> None:
        """Take note of a failure."""

    def run_ended(self, summary: RunSummary) -> None:
        """Take note of the end of a run."""
