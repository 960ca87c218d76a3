"""Watching jobs from outside while they work."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

from headrace.engine.jobs.memory import memory_used
from headrace.engine.jobs.rates import Rates, Reading
from headrace.engine.jobs.run_status import ended_run, open_run
from headrace.engine.jobs.status import GraphStatus, QueueStatus, SourceStatus, Status
from headrace.engine.jobs.totals import Totals
from headrace.engine.runtime.numbers import RunNumbers, numbers_of

if TYPE_CHECKING:
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.progress import Finished
    from headrace.engine.jobs.service import Service
    from headrace.engine.runtime.run_state import RunState

__all__ = ["Monitor"]

_Found: TypeAlias = "tuple[RunState, RunNumbers]"

SHOWN_ENDED = 20
"""Runs that have ended of which a graph's status tells."""


class Monitor:
    """Tells how jobs are doing, without holding them up.

    Nothing in it waits for the work or for a lock of the pipeline. It can be asked from any thread, and works nothing
    when it is not asked.

    Parameters
    ----------
    jobs
        The jobs.
    service
        The live service they belong to; None for jobs on stored runs.

    Examples
    --------
    >>> from headrace import Graph, Job
    >>> from headrace.nodes import average, source
    >>> with Job(Graph("mean").keep(mean=average(source(field="image")))) as job:
    ...     status = Monitor([job]).status()
    >>> status.phase, [graph.name for graph in status.graphs]
    ('waiting', ['mean'])
    """

    def __init__(self, jobs: Sequence[Job], service: Service | None = None) -> None:
        self.jobs = list(jobs)
        self.service = service
        self._rates = Rates()
        self._asking = threading.Lock()
        self._since = time.time()
        self._version = version("headrace")
        self._host = socket.gethostname()
        self._verdicts: list[Counter[str]] = [Counter() for _ in self.jobs]
        self._counted = [0 for _ in self.jobs]
        self._ended = Totals()
        self._told = Totals()

    def status(self) -> Status:
        """Give how things are now."""
        account = self.service.account() if self.service is not None else {}
        with self._asking:
            graphs = self._graphs(account)
        working = any(graph.open for graph in graphs)
        return Status(
            version=self._version,
            pid=os.getpid(),
            host=self._host,
            since=self._since,
            now=time.time(),
            phase="ending" if getattr(self.service, "ending", False) else "working" if working else "waiting",
            memory=memory_used(),
            source=_source(account) if account else None,
            journal=_facts(getattr(self.service, "journal", None)),
            graphs=graphs,
        )

    def totals(self) -> Totals:
        """Give what was done over all runs; no number in it ever goes back."""
        with self._asking:
            graphs = self._graphs({})
            now = self._ended.plus({graph.name: graph.open for graph in graphs})
            self._told = self._told.at_least(now)
            return self._told

    def tick(self) -> None:
        """Take the readings that rates are made of; to be called every second or so."""
        with self._asking:
            self._rates.take(_readings([self._under_way(job) for job in self.jobs]))

    def _graphs(self, account: Mapping[str, Any]) -> tuple[GraphStatus, ...]:
        found = [self._under_way(job) for job in self.jobs]
        taken_in = {
            (graph, run): one
            for lane in account.get("lanes", ())
            for run, one in lane["runs"].items()
            for graph in lane["graphs"]
        }
        graphs = tuple(self._graph(number, job, found[number], taken_in) for number, job in enumerate(self.jobs))
        self._rates.take(_readings(found))
        return graphs

    def _under_way(self, job: Job) -> list[_Found]:
        return [(state, numbers_of(state)) for state in job.pipeline.under_way]

    def _graph(
        self, number: int, job: Job, found: Sequence[_Found], taken_in: Mapping[tuple[str, str], Any]
    ) -> GraphStatus:
        finished = job.finished  # after the runs under way were read: one that ended meanwhile is in both
        graph = job.pipeline.plan.graph
        self._count(number, graph.name, finished[self._counted[number] :])
        self._counted[number] = len(finished)
        over = [one.summary.run for one in finished[-len(found) :]] if found else []
        still = [(state, numbers) for state, numbers in found if not any(state.run is run for run in over)]
        return GraphStatus(
            name=graph.name,
            file=next((place.file for place in graph.places.values()), ""),
            digest=graph.digest(),
            revision=job.pipeline.parameters.revision,
            open=tuple(
                open_run(state, numbers, self._rates, taken_in.get((graph.name, state.run.uid), {}))
                for state, numbers in still
            ),
            ended=tuple(ended_run(one) for one in reversed(finished[-SHOWN_ENDED:])),
            runs_ended=dict(self._verdicts[number]),
            held=job.room.waiting,
            files=job.file_waits.text,
        )

    def _count(self, number: int, graph: str, finished: Sequence[Finished]) -> None:
        """Add runs that have ended to the sums."""
        for one in finished:
            run = ended_run(one)
            self._verdicts[number][run.state] += 1
            self._ended.add(graph, run)


def _readings(found: Sequence[Sequence[_Found]]) -> dict[tuple[str, ...], Reading]:
    readings: dict[tuple[str, ...], Reading] = {}
    for state, numbers in (pair for pairs in found for pair in pairs):
        run = state.run.uid
        readings[numbers.graph, run] = Reading(sum(numbers.events.values()))
        for name, node in numbers.nodes.items():
            readings[numbers.graph, run, name] = Reading(node.done, node.nanoseconds)
    return readings


def _source(account: Mapping[str, Any]) -> SourceStatus:
    told = {name: value for name, value in account.items() if name != "lanes"}
    return SourceStatus(**told, queues=tuple(_queue(lane) for lane in account["lanes"]))


def _queue(lane: Mapping[str, Any]) -> QueueStatus:
    counted = {name.name: lane[name.name] for name in fields(QueueStatus) if name.name in lane}
    return QueueStatus(**{**counted, "graphs": tuple(lane["graphs"]), "unknown_runs": len(lane["unknown"])})


def _facts(part: Any) -> dict[str, Any]:
    """Give what a part says of itself in its ``stats``."""
    stats = getattr(part, "stats", None)
    if is_dataclass(stats) and not isinstance(stats, type):
        return asdict(stats)
    return dict(stats) if isinstance(stats, Mapping) else {}
