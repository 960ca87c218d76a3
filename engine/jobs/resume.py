"""Going on after a crash: the runs in a journal whose results are not finished, and their documents."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal
    from headrace.engine.jobs.job import Job

__all__ = ["Resume"]

_log = logging.getLogger(__name__)


class Resume:
    """Finds out where a service was when it ended, and has it go on there.

    A run goes on if it began while a service with the same graph wrote this journal, and that graph's result is not
    finished. Its documents are read back up to the opening of this journal; all that comes later was received by this
    service, and is in its queue. So no document is lost between the two, and none comes twice.

    Parameters
    ----------
    journal
        The journal, opened before the service begins to listen.
    jobs
        The jobs of the service.
    passes_by
        Tells of a start document whether its run is none to analyse.
    lanes
        How many there are that take documents, each on its own.
    """

    def __init__(
        self, journal: Journal, jobs: Sequence[Job], passes_by: Callable[[Mapping[str, Any]], bool], lanes: int
    ) -> None:
        self._journal = journal
        self._jobs = list(jobs)
        self._passes_by = passes_by
        self._lanes = lanes
        self._past: Counter[str] = Counter()  # run -> lanes that are done with it
        self._left: dict[str, list[Job]] = {}
        self._marks = {job.graph.name: job.keep_marks(journal) for job in jobs}

    def begin(self) -> None:
        """Look what is left to do, and say in the journal which service writes it now."""
        graphs = {name: marks.digest for name, marks in self._marks.items()}
        self._journal.heading("service", {"service": str(uuid.uuid4()), "time": time.time(), "graphs": graphs})
        held = set(self._journal.under_way())
        self._left = dict(self._unfinished())
        for run in held - self._left.keys():
            self._journal.release(run)
        for run, jobs in self._left.items():
            self._journal.hold(run)
            names = ", ".join(job.graph.name for job in jobs)
            _log.warning("run %s goes on from the journal: %s", run, names, extra={"run": run, "graph": names})
        for job in self._jobs:
            job.take_up(run for run, jobs in self._left.items() if job in jobs)

    def _unfinished(self) -> Iterator[tuple[str, list[Job]]]:
        graphs = {note.segment: note.data["graphs"] for note in self._journal.notes() if note.kind == "service"}
        for run, at in self._journal.runs().items():
            served = graphs.get(at.segment, {})
            jobs = [job for job in self._jobs if job.graph.name in served and not self._marks[job.graph.name].done(run)]
            start = self._journal.document_at(at) if jobs else None
            if start is not None and not self._passes_by(start) and (jobs := [one for one in jobs if one.wants(start)]):
                yield run, jobs

    def backlog(self, jobs: Sequence[Job]) -> Iterator[tuple[str, dict[str, Any], float]]:
        """Give the documents that some jobs have to take again, and when each came (by ``time.monotonic``)."""
        runs = [run for run, left in self._left.items() if any(job in left for job in jobs)]
        since = time.time() - time.monotonic()
        for arrived, name, doc in self._journal.arrivals(*runs, before=self._journal.first_segment):
            yield name, doc, arrived - since

    def past(self, run: str) -> None:
        """Take note that a lane is done with a run."""
        self._past[run] += 1
        if self._past[run] >= self._lanes:
            del self._past[run]
            self._journal.release(run)

    def end(self) -> None:
        """Take note that the service ends: runs that end now are broken off, and go on the next time."""
        for marks in self._marks.values():
            marks.ending = True
