"""Documents as they come, given as records to the jobs that want their run."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.documents.pages import document_name
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.documents.recent_runs import RecentRuns, is_dark
from headrace.engine.documents.weight import refuse_heavy
from headrace.engine.jobs.marks import ENDED_HERE
from headrace.engine.jobs.open_run import OpenRun
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.one_line import one_line
from headrace.engine.model.records import Event, RunContext, RunEnd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headrace.engine.documents.dropped_events import DroppedEvents
    from headrace.engine.documents.strangers import Stranger
    from headrace.engine.jobs.job import Job

__all__ = ["Incomplete", "Intake", "is_dark_or_ours", "run_of"]

_log = logging.getLogger(__name__)

Incomplete = Callable[[str, "Sequence[Job] | None"], None]
"""Takes the uid of a run of which not all came, and the jobs that worked on it; None if it had not begun here."""

_MOST = 100
"""Runs that may be under way; each has files open. Of more, one is ended: somebody sends beginnings without ends."""

_MOST_BYTES = 2 << 30
"""Bytes of documents that are kept of the runs under way; of more, the run goes that has most."""

_OFTEN = 32 << 20
"""Bytes after which it is looked how much is kept."""

_PASSED = 10_000

_SMALL = 128 << 20
"""Bytes up to which a run may be one that later runs refer to, although it does not say that it is a dark."""

_ENDED = 50
"""Runs that ended, whose account is kept."""


class Intake:
    """Takes documents one by one; several runs may be under way at once.

    A document that can't be understood is told to the log, now and then, and passed over. A run that a job can't even
    begin is passed by in that job, and harms no other.

    Parameters
    ----------
    jobs
        Those who may want a run. Data files are read as the first one's ``assets`` says.
    pass_by
        Asked with each start document; no job gets the run if true. Dark runs are remembered for the runs that refer
        to them all the same.
    timeout
        Seconds without any document of a run after which it is ended; None to wait for ever. Documents that wait
        to be taken count as come.
    outages
        Gives how often the connection to the source was lost and came back.
    on_begin, on_incomplete, on_end
        Told of each run that begins and the jobs that take it, of each that has ended and of which not all came, and of
        each that is over.

    Attributes
    ----------
    assembler
        Makes records of documents; its ``notes`` count what was odd.
    passed
        The runs that have ended, and whether a job wanted them; not more than some thousands of the last.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        pass_by: Callable[[Mapping[str, Any]], bool] = is_dark,
        *,
        timeout: float | None = None,
        outages: Callable[[], int] = lambda: 0,
        on_begin: Callable[[str, Sequence[Job]], None] = lambda run, takers: None,
        on_incomplete: Incomplete = lambda run, jobs: None,
        on_end: Callable[[str], None] = lambda run: None,
    ) -> None:
        self._jobs = list(jobs)
        self._pass_by = pass_by
        self._timeout = timeout
        self._outages = outages
        self._on_begin = on_begin
        self._on_incomplete = on_incomplete
        self._on_end = on_end
        self._ending = False
        assets = self._jobs[0].assets
        self._recent = RecentRuns(assets=assets, all_up_to=self._remembered)
        self._open: dict[str, OpenRun] = {}
        self._over: deque[dict[str, Any]] = deque(maxlen=_ENDED)
        self._rare = RareLog(_log)
        self._looked = 0.0
        self._since = 0  # bytes that came since it was looked how much is kept
        self._passed_over = 0
        self._passed_by = 0
        self.passed: dict[str, bool] = {}
        self.assembler = Assembler(self._recent.find_run, assets, self._missed)

    def take(self, name: object, doc: Mapping[str, Any], arrived: float | None = None) -> None:
        """Take one document, and when it came on the clock ``time.monotonic`` if that was not now."""
        now = time.monotonic() if arrived is None else arrived
        self.tick(now)
        try:
            size = refuse_heavy(document_name(name), doc)
            self._recent.observe(name, doc)
            self._give(self.assembler.records(name, dict(doc), now, size))
            self._keep_bounds(size or _size(doc))
        except Exception as error:  # whatever anybody sends must not end the service
            self._passed_over += 1
            what = str(error) if isinstance(error, DocumentError) else f"{type(error).__name__}: {error}"
            self._rare.warning("passed over", "a document was passed over: %.500s", one_line(what, 500))

    def _keep_bounds(self, size: int) -> None:
        """End what takes most room, if it is too much; of events it is counted what waits for other documents."""
        self._since += size
        if self._since < _OFTEN:
            return
        self._since = 0
        sizes = {run: self.assembler.assembly(run).size for run in self.assembler.open_runs}
        while sum(sizes.values()) > _MOST_BYTES:
            heaviest = max(sizes, key=lambda run: sizes[run])
            reason = f"its documents take {sizes.pop(heaviest) >> 20} MiB, too much to be kept"
            self._rare.warning("heavy", "run %s is ended: %s", heaviest, reason)
            self._give(self.assembler.finish(heaviest, reason))

    def drop(self, dropped: DroppedEvents) -> None:
        """Take note of events that were given up while they waited."""
        self.assembler.drop(dropped)

    def tick(self, now: float) -> None:
        """End the runs of which nothing has come for too long; ``now`` is on the clock ``time.monotonic``."""
        if self._timeout is None or now - self._looked < min(1.0, self._timeout / 4):
            return
        self._looked = now
        for run in self.assembler.silent_since(now - self._timeout):
            reason = f"nothing of it came for {self._timeout:g} s"
            text = "run %s is ended: %s%s"
            _log.warning(text, run, reason, self._open[run].followed(), extra={"run": run})
            self._give(self.assembler.finish(run, reason + self._open[run].followed()))

    def finish(self, reason: str = ENDED_HERE) -> None:
        """End every run that is still open, as one whose stop document never came."""
        self._ending = True
        self._give(self.assembler.finish(reason=reason))

    def account(self) -> dict[str, Any]:
        """Give what came, as plain data: in all, for each run under way, and for the runs that ended last.

        Safe in another thread.
        """
        return {
            "runs": {run: self._of_run(run, one) for run, one in list(self._open.items())},
            "ended": list(self._over),
            "unknown": self.assembler.strangers.known(),
            "passed_over": self._passed_over,
            "passed_by": self._passed_by,
            "notes": dict(self.assembler.notes),
        }

    def _of_run(self, run: str, one: OpenRun) -> dict[str, Any]:
        try:
            assembly = self.assembler.assembly(run)
        except KeyError:  # it ended while we looked
            return {"graphs": one.graphs(), "streams": {}, "notes": {}, "silent": 0.0}
        silent = max(0.0, time.monotonic() - assembly.last)
        return {"graphs": one.graphs(), "streams": assembly.counts(), "notes": dict(assembly.notes), "silent": silent}

    # Records

    def _give(self, records: Iterable[Record]) -> None:
        for record in records:
            run = run_of(record)
            if isinstance(record, RunContext):
                self._begin(record)
            else:
                self._open[run].follower = ""
            if isinstance(record, RunEnd):
                self._end(record)
            else:
                self._feed(self._open[run], record)

    def _begin(self, context: RunContext) -> None:
        takers = self._wanting(context)
        self._on_begin(context.uid, takers)
        self._passed_by += not takers
        if len(self._open) >= _MOST:
            fewest = min(self._open, key=lambda run: self.assembler.assembly(run).events)
            self._rare.warning("many", "run %s is ended: more than %d runs are under way", fewest, _MOST)
            self._give(self.assembler.finish(fewest, f"more than {_MOST} runs were under way"))
        for one in self._open.values():
            one.follower = one.follower or context.uid
        self._open[context.uid] = OpenRun(context, takers, bool(takers), self._outages())

    def _wanting(self, context: RunContext) -> list[Job]:
        try:
            unwanted = self._pass_by(context.start) or self._recent.wanted(context.uid)
            return [] if unwanted else [job for job in self._jobs if job.wants(context.start)]
        except Exception as error:
            text = "run %s is passed by: its start document makes no sense (%s: %s)"
            self._rare.warning("wanting", text, context.uid, type(error).__name__, error)
            return []

    def _end(self, end: RunEnd) -> None:
        one = self._open.pop(end.run)
        lost_touch = self._outages() - one.outages
        notes = {**end.notes, "the connection was lost and came back": lost_touch} if lost_touch else end.notes
        end = replace(end, notes=notes)
        counts = {"lost": dict(end.lost), "dropped": dict(end.dropped), "repeated": dict(end.repeated)}
        about = {"run": end.run, "graphs": one.graphs(), "complete": end.complete, "notes": dict(notes), **counts}
        self._over.append({**about, "reason": end.reason})
        if not end.complete and one.takers and not self._ending:  # first, so that a crash can't come between
            graphs = ", ".join(one.graphs())
            about = {"run": end.run, "graph": graphs}
            what = one_line(_what(end))
            _log.warning("run %s is not complete for graph %s: %s", end.run, graphs, what, extra=about)
            self._on_incomplete(end.run, one.takers)
        self._feed(one, end)
        self.passed[end.run] = one.wanted
        if len(self.passed) > _PASSED:
            del self.passed[next(iter(self.passed))]
        self._say_left(end.run)
        for job in self._jobs:
            job.room.look(partial(self._hand, job, one))
        self._on_end(end.run)

    def _say_left(self, ended: str) -> None:
        """Say which runs seem to have been left without an end: another one began after them, and is over."""
        for run, one in self._open.items():
            if one.follower == ended and one.takers and not one.told:
                one.told = True
                text = "nothing of run %s has come since run %s began, which is over: was its acquisition broken off?"
                self._rare.warning("left", text, run, ended)

    def _feed(self, one: OpenRun, record: Record) -> None:
        for job in list(one.takers):
            job.room.take(record, partial(self._hand, job, one))

    def _hand(self, job: Job, ending: OpenRun, record: Record) -> None:
        """Give a job a record of a run that is open, or is ending; it may have waited for another run."""
        one = self._open.get(run_of(record), ending)
        if job not in one.takers:
            return
        try:
            job.feed(record)
        except Exception:
            about = {"run": one.uid, "graph": job.graph.name}
            _log.exception("run %s can't be analysed by graph %r and is passed by", *about.values(), extra=about)
            one.takers.remove(job)
            job.end(one.uid)

    def _remembered(self) -> int:
        """Give the bytes up to which a run is remembered because others might refer to it."""
        return _SMALL if any(job.refers() for job in self._jobs) else 0

    def _missed(self, stranger: Stranger) -> None:
        self._on_incomplete(stranger.name, None)


def _what(end: RunEnd) -> str:
    """Say what is missing of a run.

    Examples
    --------
    >>> _what(RunEnd("5c1f", None, lost={"primary": 3}, reason="nothing of it came for 60 s"))
    "3 events of 'primary' never came; no stop document: nothing of it came for 60 s"
    """
    parts = [f"{number} events of {stream!r} never came" for stream, number in end.lost.items()]
    parts += [f"{number} events of {stream!r} dropped" for stream, number in end.dropped.items()]
    if end.stop is None:
        parts.append("no stop document" + (end.reason and f": {end.reason}"))
    return "; ".join(parts)


def _size(doc: Mapping[str, Any]) -> int:
    """Give about how many bytes an event takes."""
    data = doc.get("data")
    values = data.values() if isinstance(data, Mapping) else ()
    return 1000 + sum(int(getattr(value, "nbytes", 64)) for value in values)


def is_dark_or_ours(start: Mapping[str, Any]) -> bool:
    """Tell whether a run was taken only to be referred to, or is a result of headrace's own."""
    return is_dark(start) or "headrace" in start


def run_of(record: Record) -> str:
    """Give the uid of the run that a record belongs to."""
    if isinstance(record, Event):
        return record.key.run
    return record.uid if isinstance(record, RunContext) else record.run
