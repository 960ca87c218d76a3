"""A queue of live documents, and the jobs that work them off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from headrace.engine.documents.dropped_events import DroppedEvents
from headrace.engine.documents.intake_queue import IntakeQueue, Named
from headrace.engine.jobs.intake import Intake

if TYPE_CHECKING:
    from headrace.engine.documents.intake_queue import Spill
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.repair import Repairs, RunStore
    from headrace.engine.jobs.repair_notes import RepairNotes
    from headrace.engine.model.intake import IntakeRule

__all__ = ["Arrived", "Lane", "Lanes"]

Arrived: TypeAlias = tuple[str, dict[str, Any], float]
"""Kind of a document, the document, and when it came, on the clock ``time.monotonic``."""

_TURN = 0.2
"""Seconds after which a lane without documents looks what else there is to do."""


class Lane:
    """Jobs that want the same done when documents come too fast; one thread works them off.

    Parameters
    ----------
    rule
        What is done then.
    jobs
        The jobs.
    pass_by, timeout, outages
        See `Intake`.
    spill
        Keeps documents on the disk, for the policy ``spill``.

    Attributes
    ----------
    intake
        Makes records of documents and gives them to the jobs.
    backlog
        Gives the documents that came before an earlier end of the service, and are to be taken first.
    on_end
        Told of each run that is over.
    ending
        Tells whether the service was told to end.
    """

    def __init__(
        self,
        rule: IntakeRule,
        jobs: Sequence[Job],
        pass_by: Callable[[Mapping[str, Any]], bool],
        timeout: float | None,
        outages: Callable[[], int],
        spill: Spill | None = None,
    ) -> None:
        self.queue = IntakeQueue(rule, spill)
        self.jobs = list(jobs)
        self._pass_by = pass_by
        self._repairs: Repairs | None = None
        self.intake = Intake(
            self.jobs,
            pass_by,
            timeout=timeout,
            outages=outages,
            on_begin=self._begin,
            on_incomplete=self._incomplete,
            on_end=lambda run: self.on_end(run),
        )
        self.on_end: Callable[[str], None] = lambda run: None
        self.backlog: Callable[[], Iterator[Arrived]] = lambda: iter(())
        self.ending: Callable[[], bool] = lambda: False

    def repair_from(self, store: RunStore, within: float, label: str, notes: RepairNotes | None = None) -> None:
        """Have runs that did not come whole analysed again from a store; after a crash too, if notes are kept."""
        from headrace.engine.jobs.repair import Repairs

        self._repairs = Repairs(store, self.jobs, self._pass_by, within, label, notes)

    def _read_back(self, enough: Callable[[], bool]) -> bool:
        """Take what came before, until it is enough; False if the service was told to end meanwhile."""
        for name, doc, arrived in self.backlog():
            if self.ending():
                return False
            if enough():
                break
            self.intake.take(name, doc, arrived)
        return True

    def work(self, enough: Callable[[], bool]) -> None:
        """Work documents off until there are no more, or it is enough."""
        repairs = self._repairs
        if repairs is not None:
            repairs.take_up()
        if not self._read_back(enough):  # what waits came later than what was not read back, so it must wait too
            self.intake.finish(self._reason())
            return
        while not enough():
            taken = self.queue.get(0.0 if repairs is not None and repairs.busy else _TURN)
            if taken is None:
                if self.queue.ended:
                    break
                self.intake.tick(time.monotonic())
                if repairs is not None:
                    repairs.step()
            elif isinstance(taken.item, DroppedEvents):
                self.intake.drop(taken.item)
            else:
                self.intake.take(*taken.item, taken.arrived)
        self.intake.finish(self._reason())
        if repairs is not None:
            repairs.finish(lambda: self.queue.closed)

    def _reason(self) -> str:
        """Say why runs that are open end here."""
        given_up = self.queue.discarded
        more = f", and {given_up} documents that had come were given up" if given_up else ""
        return f"the service was ended{more}"

    def _begin(self, run: str, takers: Sequence[Job]) -> None:
        if self._repairs is not None:
            self._repairs.abandon(run, takers)

    def _incomplete(self, run: str, jobs: Sequence[Job] | None) -> None:
        if self._repairs is not None:
            self._repairs.add(run, jobs)

    def account(self) -> dict[str, Any]:
        """Give what came, waits and was given up, as plain data. Safe in any thread."""
        waiting, waiting_bytes = self.queue.waiting()
        rule = self.queue.rule
        return {
            "graphs": [job.graph.name for job in self.jobs],
            "policy": rule.policy,
            "max_documents": rule.max_documents,
            "max_bytes": rule.max_bytes,
            "waiting": waiting,
            "waiting_bytes": waiting_bytes,
            "most_bytes": self.queue.most,
            "oldest_age": self.queue.oldest_age(),
            "spilled": self.queue.spilled(),
            "dropped": self.queue.dropped,
            "discarded": self.queue.discarded,
            **self.intake.account(),
            "repairs": None if self._repairs is None else self._repairs.account(),
        }


class Lanes:
    """Where the reader of the socket puts documents: into the queue of every lane.

    Lanes that never make the reader wait come first. One whose policy is ``block`` makes all wait while it is full.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._queues = sorted((lane.queue for lane in lanes), key=lambda queue: queue.rule.policy == "block")

    def put(self, item: Named, size: int) -> bool:
        """Add a document to all queues; False if they have ended."""
        taken = [queue.put(item, size) for queue in self._queues]  # all of them, not only up to one that has ended
        return all(taken)

    def finish(self) -> None:
        """Take nothing more in; what waits is worked off. Never blocks."""
        for queue in self._queues:
            queue.finish()

    def close(self) -> None:
        """End it now; what waits is discarded. Never blocks."""
        for queue in self._queues:
            queue.close()

    def waiting(self) -> tuple[int, int]:
        """Give how many documents wait in memory, and their bytes, where most do."""
        return max(queue.waiting() for queue in self._queues)

    @property
    def discarded(self) -> int:
        """Documents that were given up because the queues ended."""
        return max(queue.discarded for queue in self._queues)
