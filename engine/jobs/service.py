"""Graphs at work on what a beamline publishes, for as long as wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.recent_runs import is_dark
from headrace.engine.jobs.intake import is_dark_or_ours
from headrace.engine.jobs.lane import Lane, Lanes
from headrace.engine.model.errors import UsageError
from headrace.engine.model.intake import IntakeRule, intake_rule

if TYPE_CHECKING:
    from headrace.engine.documents.assets import AssetSettings
    from headrace.engine.documents.intake_queue import Spill
    from headrace.engine.documents.journal import Journal
    from headrace.engine.documents.journal_spill import JournalSpill
    from headrace.engine.documents.live import LiveSource
    from headrace.engine.jobs.intake import Intake
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.progress import Finished
    from headrace.engine.jobs.repair import RunStore
    from headrace.engine.jobs.repair_notes import RepairNotes
    from headrace.engine.jobs.resume import Resume

__all__ = ["PROXY_WITHIN", "REPAIR_WITHIN", "RUN_TIMEOUT", "Service"]

PROXY_WITHIN = 10.0
"""Seconds within which the proxy must be there when a service starts; later it may come and go."""

RUN_TIMEOUT = 12 * 3600.0
"""Seconds of silence after which a run is ended, unless told otherwise: longer than a night without beam."""

REPAIR_WITHIN = 60.0
"""Seconds within which a store must have a run that is to be repaired, unless told otherwise."""

_PATIENCE = 5.0
"""Seconds for which the threads of other lanes may go on when the service is ended at once."""


class Service:
    """Jobs on one live source.

    Jobs that want the same done when documents come too fast (``intake`` of their graphs) share a queue and a thread;
    others have their own, so that a graph that looks only at the latest event is not held up by one that must see
    all. A failure of one job harms no other.

    Parameters
    ----------
    jobs
        One or more jobs, of graphs with different names; each run goes to those that want it.
    address
        ``zmq://host:port/prefix``, the out-port of a bluesky proxy; several prefixes have commas between them.
    intake
        What to use in place of what the graphs say: ``{"policy": "drop_oldest", "max_bytes": "2 GB"}``.
    run_timeout
        Seconds without any document of a run after which it is ended as ``abort``; None to wait for ever.
    repair_from
        A folder store (or what else finds runs) from which runs that did not come whole are analysed again.
    repair_within
        Seconds within which it must have such a run.
    spill
        Makes what keeps documents on the disk, for the policy ``spill``; the journal does, if there is one.
    journal
        Where documents are written before anything is made of them: a folder, or a journal that was opened. Runs in
        it whose results are not finished go on. With it, ``spill`` is the policy of graphs that don't say another.

    Raises
    ------
    UsageError
        If the address makes no sense, two graphs have the same name, or there is nothing to spill to.
    NotReachableError
        If the store is not there.

    Attributes
    ----------
    source
        Reads the socket.
    lanes
        Queues, each with its jobs.
    ending
        Whether it was told to end.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        address: str,
        *,
        intake: Mapping[str, Any] | None = None,
        run_timeout: float | None = RUN_TIMEOUT,
        repair_from: str | Path | RunStore | None = None,
        repair_within: float = REPAIR_WITHIN,
        spill: Callable[[IntakeRule], Spill] | None = None,
        journal: Journal | str | Path | None = None,
    ) -> None:
        from headrace.engine.documents.live import LiveSource

        self.jobs = list(jobs)
        self.address = address
        _refuse_namesakes(self.jobs)
        for job in self.jobs if len(self.jobs) > 1 else ():
            job.files_of = job.graph.name
        self._owns_journal = isinstance(journal, str | Path)
        journal = _opened_journal(journal, self.jobs[0].assets)
        if journal is not None and spill is None:
            spill = partial(_spilled_to, journal)
        usual = {} if journal is None else {"policy": "spill"}
        rules: dict[IntakeRule, list[Job]] = {}
        for job in self.jobs:
            rules.setdefault(intake_rule({**usual, **job.graph.intake, **(intake or {})}), []).append(job)
        self.journal = journal
        self.lanes = [
            Lane(
                rule,
                taken,
                self._passes_by,
                run_timeout,
                lambda: self.source.stats.reconnects,
                spill(rule) if spill is not None and rule.policy == "spill" else None,
            )
            for rule, taken in rules.items()
        ]
        self.source: LiveSource = LiveSource(
            address,
            connected_within=PROXY_WITHIN,
            queue=Lanes(self.lanes),
            keep=None if journal is None else journal.receive,
        )
        self._resume = None if journal is None else self._going_on(journal)
        if repair_from is not None:
            store, label = _opened(repair_from)
            for lane in self.lanes:
                lane.repair_from(store, repair_within, label, self._repair_notes(lane))
        self.ending = False
        self._gave_up = False
        self._problem: BaseException | None = None

    def _going_on(self, journal: Journal) -> Resume:
        from headrace.engine.jobs.resume import Resume

        resume = Resume(journal, self.jobs, self._passes_by, len(self.lanes))
        for lane in self.lanes:
            lane.backlog = partial(resume.backlog, lane.jobs)
            lane.on_end = resume.past
            lane.ending = lambda: self.ending
        return resume

    def _repair_notes(self, lane: Lane) -> RepairNotes | None:
        from headrace.engine.jobs.repair_notes import RepairNotes

        return None if self.journal is None else RepairNotes(self.journal, [job.graph.name for job in lane.jobs])

    def _passes_by(self, start: Mapping[str, Any]) -> bool:
        # Without a prefix everything on the proxy is heard, our own results too if they go there: not those again.
        return is_dark(start) if self.source.address.prefixes else is_dark_or_ours(start)

    @property
    def intake(self) -> Intake:
        """The intake of the first lane; there is one for each lane."""
        return self.lanes[0].intake

    def run(self, runs: int | None = None, ready: Callable[[], None] = lambda: None) -> list[Finished]:
        """Work until stopped.

        Parameters
        ----------
        runs
            End after so many runs that were analysed; None to go on until `stop`.
        ready
            Called once it listens.

        Returns
        -------
        What became of each run; of one that was repaired, both the first result and the one that supersedes it.

        Raises
        ------
        NotReachableError
            If the host can't be found, or no proxy is there.
        """
        before = [len(job.finished) for job in self.jobs]
        if self._resume is not None:
            self._resume.begin()
        try:
            with self.source:
                ready()
                self._work(lambda: runs is not None and self._analysed() >= runs)
        finally:
            if self._resume is not None:
                self._resume.end()
            if self.journal is not None and self._owns_journal:
                for job in self.jobs:
                    job.pipeline.close()  # after a failure runs may still be open: how they end is noted
                self.journal.close()
        if self._problem or self.source.failure:
            raise self._problem or self.source.failure  # type: ignore[misc]
        return [one for job, first in zip(self.jobs, before, strict=True) for one in job.finished[first:]]

    def _work(self, enough: Callable[[], bool]) -> None:
        others = [
            threading.Thread(target=self._work_aside, args=(lane, enough), name=f"lane {number}", daemon=True)
            for number, lane in enumerate(self.lanes[1:], 2)
        ]
        for thread in others:
            thread.start()
        try:
            self.lanes[0].work(enough)
            for thread in others:
                thread.join()
        except BaseException:
            self.source.close()
            for thread in others:
                thread.join(_PATIENCE)
            raise

    def _work_aside(self, lane: Lane, enough: Callable[[], bool]) -> None:
        try:
            lane.work(enough)
        except BaseException as error:  # told to whoever runs the service
            self._problem = error
            self.stop()

    def _analysed(self) -> int:
        """Count the runs that some job wanted and that every lane is done with."""
        passed = [lane.intake.passed for lane in self.lanes]
        wanted = {run for runs in passed for run, taken in list(runs.items()) if taken}
        return sum(all(run in runs for runs in passed) for run in wanted)

    def account(self) -> dict[str, Any]:
        """Give what came in, what waits, what was lost, dropped or odd, as plain data. Safe in any thread.

        Returns
        -------
        :
            About the source: ``address``, ``connected``, ``reconnects``, ``received``, ``refused`` and
            ``last_refusal`` (messages that were no documents), ``other_prefix``. Under ``lanes`` what each queue
            and its jobs did: its ``graphs``, ``policy`` and limits, what is ``waiting``, ``spilled``, ``dropped``
            (events); for each of its ``runs`` under way, by stream, ``events``, ``dropped``, ``missing``,
            ``repeated``, and what was odd (``notes``); the runs that ``ended`` last; ``unknown`` runs.
        """
        stats = self.source.stats
        told = ("connected", "reconnects", "received", "refused", "last_refusal", "other_prefix")
        about = {name: getattr(stats, name) for name in told}
        return {"address": self.address, **about, "lanes": [lane.account() for lane in self.lanes]}

    def stop(self) -> None:
        """End it: what has come in is worked off, open runs are ended. Safe in a signal handler."""
        self.ending = True
        for job in self.jobs:
            job.stop_waiting()
        self.source.stop()

    def give_up(self) -> None:
        """End it after the event in hand: what waits is given up, open runs are ended. Safe in a signal handler."""
        self.stop()
        self._gave_up = True
        self.source.close()

    @property
    def given_up(self) -> int:
        """Documents that had come and were given up because it was to end."""
        return max(lane.queue.discarded for lane in self.lanes) if self._gave_up else 0


def _refuse_namesakes(jobs: Sequence[Job]) -> None:
    names = [job.graph.name for job in jobs]
    if not names:
        problem = "a service needs at least one job"
        raise UsageError(problem)
    for name in names:
        if names.count(name) > 1:
            problem = f"two graphs are named {name!r}; give one of them another name, so that results can be told apart"
            raise UsageError(problem)


def _opened_journal(journal: Journal | str | Path | None, assets: AssetSettings) -> Journal | None:
    from headrace.engine.documents.journal import Journal

    return Journal(journal, assets=assets) if isinstance(journal, str | Path) else journal


def _spilled_to(journal: Journal, rule: IntakeRule) -> JournalSpill:
    from headrace.engine.documents.journal_spill import JournalSpill

    return JournalSpill(journal)


def _opened(store: str | Path | RunStore) -> tuple[RunStore, str]:
    if not isinstance(store, str | Path):
        return store, type(store).__name__
    from headrace.engine.documents.journal_store import store_at

    return store_at(store), str(store)
