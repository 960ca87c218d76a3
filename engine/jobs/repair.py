"""Runs that did not come whole, analysed again from a stored copy."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from headrace.engine.model.records import RunContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headrace.engine.documents.assembler import Record
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.repair_notes import RepairNotes

__all__ = ["Repairs", "RunStore", "StoredCopy"]

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5
"""Seconds between two looks into the store for the same run."""


class StoredCopy(Protocol):
    """A run in a store."""

    @property
    def start(self) -> Mapping[str, Any]:
        """The start document."""

    @property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document; None as long as the run is being written."""

    def records(self) -> Iterator[Record]:
        """Give the run's context, its events and its end."""


class RunStore(Protocol):
    """A store of runs: a `FolderStore`, or anything that finds a run."""

    def find_run(self, uid: str, /) -> StoredCopy | None:
        """Give the run of exactly this uid; None if it is not there, or not yet."""


@dataclass(slots=True)
class _Wish:
    """A run that is to be analysed again."""

    run: str
    jobs: Sequence[Job] | None  # None: whoever wants it, since nobody has seen its beginning
    deadline: float
    look_at: float = 0.0


class Repairs:
    """Analyses runs again from a store, a record at a time, where there is time for it.

    A run whose events did not all come can't be filled up afterwards: nodes with a memory have gone on without what
    is missing. So the whole run is analysed anew from its stored copy, and the new result says which one it
    supersedes. It is what `headrace run --from STORE` gives, since it is made in the same way.

    Parameters
    ----------
    store
        Where runs are stored whole.
    jobs
        Those who may want a run that was missed.
    pass_by
        Asked with the start document of a run that was missed; it is left alone if true.
    within
        Seconds within which the store must have a run, once it has ended.
    label
        What the store is called, for messages.
    notes
        Where it is kept what is left to do, for the next start.

    Notes
    -----
    One thread uses it, the one that feeds the jobs. `account` is safe in any.
    """

    def __init__(
        self,
        store: RunStore,
        jobs: Sequence[Job],
        pass_by: Callable[[Mapping[str, Any]], bool],
        within: float,
        label: str = "the store",
        notes: RepairNotes | None = None,
    ) -> None:
        self._store = store
        self._jobs = list(jobs)
        self._pass_by = pass_by
        self._within = within
        self._label = label
        self._notes = notes
        self._wishes: dict[str, _Wish] = {}
        self._current: Iterator[None] | None = None
        self._run = ""
        self._done = 0
        self._given_up = 0

    def add(self, run: str, jobs: Sequence[Job] | None) -> None:
        """Have a run analysed again by the jobs that had it; by those who want it, if it is None."""
        self._wish(run, jobs)
        if self._notes is not None:
            self._notes.due(run, None if jobs is None else [job.graph.name for job in jobs])

    def _wish(self, run: str, jobs: Sequence[Job] | None) -> None:
        self._wishes[run] = _Wish(run, None if jobs is None else list(jobs), time.monotonic() + self._within)

    def take_up(self) -> None:
        """Go on with what was due when an earlier service ended."""
        for run, graphs, missed in self._notes.left() if self._notes is not None else ():
            names = ", ".join(graphs)
            about = {"run": run, "graph": names}
            _log.warning("run %s is still to be repaired from %s: %s", run, self._label, names, extra=about)
            self._wish(run, None if missed else [job for job in self._jobs if job.graph.name in graphs])

    def abandon(self, run: str, takers: Sequence[Job]) -> None:
        """Leave a run alone after all where a job takes it, as it begins again live."""
        wish = self._wishes.get(run)
        if wish is not None:
            left = [job for job in wish.jobs or () if job not in takers]
            self._over(run, [job for job in wish.jobs or self._jobs if job not in left], "it began again")
            if left:
                self._wishes[run] = replace(wish, jobs=left)
            else:
                del self._wishes[run]
        if run == self._run and takers:
            self._stop_current()
            self._over(run, None, "it began again")

    def _over(self, run: str, jobs: Iterable[Job] | None, why: str) -> None:
        if self._notes is not None:
            self._notes.over(run, None if jobs is None else [job.graph.name for job in jobs], why)

    @property
    def busy(self) -> bool:
        """Whether a run is being analysed again."""
        return self._current is not None

    @property
    def waiting(self) -> bool:
        """Whether there is anything to do, now or later."""
        return self.busy or bool(self._wishes)

    def step(self) -> bool:
        """Do a little; gives whether there was anything to do now."""
        if self._current is None:
            self._current = self._begin_next()
        if self._current is None:
            return False
        if next(self._current, self) is self:
            self._current, self._run = None, ""
        return True

    def finish(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Do what there is to do; give up what is not stored in time, takes longer than that, or is in a hurry."""
        deadline = time.monotonic() + self._within
        while self.waiting and time.monotonic() < deadline and not hurry():
            if not self.step():
                time.sleep(_LOOK_EVERY / 5)
        self._stop_current()
        later = "" if self._notes is None else "; it is done at the next start"
        for run in list(self._wishes):
            self._give_up(run, f"the service was ended{later}")

    def account(self) -> dict[str, Any]:
        """Give what was done, as plain data."""
        waiting = [run for run in list(self._wishes) if run != self._run]
        return {
            "from": self._label,
            "running": self._run,
            "waiting": waiting,
            "done": self._done,
            "given_up": self._given_up,
        }

    def _stop_current(self) -> None:
        current, self._current, self._run = self._current, None, ""
        if current is not None and hasattr(current, "close"):
            current.close()

    def _begin_next(self) -> Iterator[None] | None:
        now = time.monotonic()
        for wish in [wish for wish in self._wishes.values() if wish.look_at <= now]:
            stored = None if self._is_under_way(wish) else self._find(wish.run)
            if stored is not None and stored.stop is not None:
                del self._wishes[wish.run]
                self._run = wish.run
                return self._again(wish, stored)
            wish.look_at = now + _LOOK_EVERY
            if now > wish.deadline:
                self._give_up(wish.run, f"it was not there whole within {self._within:g} s")
                self._over(wish.run, None, "it was not stored in time")
        return None

    def _is_under_way(self, wish: _Wish) -> bool:
        """Tell whether a job still has records of the run, which waited for something else."""
        return any(
            wish.run in job.room.waiting or any(state.run.uid == wish.run for state in job.pipeline.under_way)
            for job in wish.jobs or ()
        )

    def _find(self, run: str) -> StoredCopy | None:
        try:
            return self._store.find_run(run)
        except Exception:
            _log.exception("run %s can't be looked up in %s", run, self._label)
            return None

    def _give_up(self, run: str, why: str) -> None:
        self._wishes.pop(run, None)
        self._given_up += 1
        _log.warning("run %s is not repaired from %s: %s", run, self._label, why, extra={"run": run})

    def _again(self, wish: _Wish, stored: StoredCopy) -> Iterator[None]:
        for job in self._who(stored) if wish.jobs is None else wish.jobs:
            yield from self._analyse(job, stored, wish.run, job.result_of(wish.run) if wish.jobs is not None else "")
        if wish.jobs is None:
            self._over(wish.run, None, "done by all that want it")

    def _who(self, stored: StoredCopy) -> list[Job]:
        unwanted = self._pass_by(stored.start)
        return [] if unwanted else [job for job in self._jobs if job.wants(stored.start)]

    def _analyse(self, job: Job, stored: StoredCopy, run: str, superseded: str) -> Iterator[None]:
        about = {"repaired_from": self._label, **({"supersedes": superseded} if superseded else {})}
        instead = f", in place of result {superseded}" if superseded else ""
        where = {"run": run, "graph": job.graph.name}
        _log.warning("run %s is analysed by graph %r from %s%s", *where.values(), self._label, instead, extra=where)
        try:
            for record in _with(about, stored.records()):
                job.feed(record)
                yield
                if job.pipeline.stopped(run):
                    break
            self._done += 1
            self._over(run, [job], "done")
        except Exception:
            self._over(run, [job], "it failed")
            self._given_up += 1
            _log.exception(
                "run %s can't be repaired from %s for graph %r", run, self._label, job.graph.name, extra=where
            )
        finally:
            job.end(run)


def _with(about: Mapping[str, Any], records: Iterable[Record]) -> Iterator[Record]:
    for record in records:
        yield replace(record, about={**record.about, **about}) if isinstance(record, RunContext) else record
