"""Documents as they come, given as records to the jobs that want their run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.documents.recent_runs import RecentRuns, is_dark
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, RunContext, RunEnd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headrace.engine.jobs.job import Job

__all__ = ["Intake", "is_dark_or_ours", "run_of"]

_log = logging.getLogger(__name__)


class Intake:
    """Takes documents one by one; several runs may be under way at once.

    A document that can't be understood is told to the log and passed over. A run that a job can't even begin is
    passed by in that job, and harms no other.

    Parameters
    ----------
    jobs
        Those who may want a run.
    pass_by
        Asked with each start document; no job gets the run if true. Dark runs are remembered for the runs that refer
        to them all the same.

    Attributes
    ----------
    assembler
        Makes records of documents; its ``notes`` count what was odd.
    """

    def __init__(self, jobs: Sequence[Job], pass_by: Callable[[Mapping[str, Any]], bool] = is_dark) -> None:
        self._jobs = list(jobs)
        self._pass_by = pass_by
        self._recent = RecentRuns()
        self._takers: dict[str, list[Job]] = {}  # run uid -> the jobs that work on it
        self.assembler = Assembler(self._recent.find_run)

    def take(self, name: object, doc: Mapping[str, Any]) -> None:
        """Take one document."""
        try:
            self._recent.observe(name, doc)
            records = self.assembler.feed(name, dict(doc))
        except DocumentError as error:
            _log.warning("a document was passed over: %s", error)
            return
        self._give(records)

    def finish(self) -> None:
        """End every run that is still open, as one whose stop document never came."""
        self._give(self.assembler.finish())

    def _give(self, records: Iterable[Record]) -> None:
        for record in records:
            run = run_of(record)
            if isinstance(record, RunContext):
                self._takers[run] = self._wanting(record.start)
            for job in list(self._takers.get(run, ())):
                self._feed(job, record, run)
            if isinstance(record, RunEnd):
                self._takers.pop(run, None)

    def _wanting(self, start: Mapping[str, Any]) -> list[Job]:
        return [] if self._pass_by(start) else [job for job in self._jobs if job.wants(start)]

    def _feed(self, job: Job, record: Record, run: str) -> None:
        try:
            job.feed(record)
        except Exception:
            _log.exception("run %s can't be analysed by graph %r and is passed by", run, job.graph.name)
            self._takers[run].remove(job)
            job.end(run)


def is_dark_or_ours(start: Mapping[str, Any]) -> bool:
    """Tell whether a run was taken only to be referred to, or is a result of headrace's own."""
    return is_dark(start) or "headrace" in start


def run_of(record: Record) -> str:
    """Give the uid of the run that a record belongs to."""
    if isinstance(record, Event):
        return record.key.run
    return record.uid if isinstance(record, RunContext) else record.run
