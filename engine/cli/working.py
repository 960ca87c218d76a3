"""Graphs at work on a source, and how it goes said on the terminal."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from headrace.engine.cli.control_options import Control, serving
from headrace.engine.cli.interrupts import TimeUp, interrupts
from headrace.engine.cli.log_lines import log_lines
from headrace.engine.cli.settings import settings_for
from headrace.engine.cli.tally import Tally
from headrace.engine.cli.watch import make_watch
from headrace.engine.model.errors import HeadraceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headrace.engine.cli.log_options import LogSettings
    from headrace.engine.cli.watch import Watch
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.progress import Finished
    from headrace.engine.model.graph import Graph

__all__ = ["is_live", "work"]


def is_live(source: str) -> bool:
    """Tell whether a source is a 0MQ proxy."""
    return source.startswith("zmq://")


def work(
    graphs: Sequence[Graph],
    source: str,
    *,
    to: Iterable[str] = (),
    runs: int | None = None,
    quiet: bool = False,
    live: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    control: Control | None = None,
    logs: LogSettings | None = None,
    **options: Any,
) -> list[Finished]:
    """Run graphs, and say how it goes.

    Parameters
    ----------
    graphs, source
        The graphs, and where the documents come from.
    to
        Where result runs go.
    runs
        Live: end after so many runs.
    quiet
        Whether to say nothing but what went wrong.
    live
        What else `Service` takes.
    settings
        ``node.parameter`` or ``graph:node.parameter`` to a value to use instead of the graph's.
    control
        How the work can be looked at and stopped; by default live work can be, on a free port.
    logs
        What is logged, how and where to; by default warnings, among the lines.
    **options
        What else `Job` takes.

    Raises
    ------
    HeadraceError
        If a graph has faults, or source or destination are not there.
    """
    from headrace.engine.jobs.job import Job

    if is_live(source):
        from headrace.engine.web.registration import state_folder

        options.setdefault("letters", state_folder() / "dead-letters")
    changes = settings_for(graphs, settings or {})
    with ExitStack() as stack:
        tallies = [Tally() for _ in graphs]
        labels = [graph.name if len(graphs) > 1 else "" for graph in graphs]
        watches = [
            stack.enter_context(make_watch(tally, quiet=quiet, label=label))
            for tally, label in zip(tallies, labels, strict=True)
        ]
        stack.enter_context(log_lines(watches[0].note, quiet=quiet, settings=logs))
        jobs = [
            stack.enter_context(Job(graph, to=[*to, tally], progress=watch, set=change, **options))
            for graph, tally, watch, change in zip(graphs, tallies, watches, changes, strict=True)
        ]
        if is_live(source):
            return _live(jobs, watches, source, runs, control or Control(listens=True), live or {})
        with serving(control or Control(), jobs, source, watches[0].note) as server:
            if server is not None:
                watches[0].note(f"status at {server.address}")
            finished = _stored(jobs, watches, source)
            if server is not None and control is not None and control.page:
                _stay(watches[0])
            return finished


def _stay(watch: Watch) -> None:
    """Leave the page there until the user has seen enough."""
    over = threading.Event()
    with interrupts(lambda _: over.set()):
        watch.note("all runs are done; the page stays until Ctrl-C")
        while not over.wait(0.2):
            pass


def _live(
    jobs: Sequence[Job],
    watches: Sequence[Watch],
    source: str,
    runs: int | None,
    control: Control,
    options: Mapping[str, Any],
) -> list[Finished]:
    from headrace.engine.jobs.service import Service

    service = Service(jobs, source, **options)

    def end(signum: int) -> None:
        watches[0].ending()
        service.stop()

    for job in jobs if control.follows else ():
        job.changes.watch()
    with serving(control, jobs, source, watches[0].note, service) as server:
        where = f" (status: {server.address})" if server is not None else ""
        with interrupts(end, control.drain, service.give_up):
            finished = service.run(runs, lambda: watches[0].waiting(f"waiting for runs on {source}{where}"))
    if service.given_up:
        watches[0].note(
            f"{service.given_up} documents that had come were given up: --drain {control.drain:g} was too short"
        )
        raise TimeUp
    return finished


def _stored(jobs: Sequence[Job], watches: Sequence[Watch], source: str) -> list[Finished]:
    """Run one graph after the other; what goes wrong with one is raised when the others are through."""

    def end(signum: int) -> None:
        for watch in watches:
            watch.interrupt(signum)
        for job in jobs:
            job.stop_waiting()

    finished: list[Finished] = []
    problems: list[HeadraceError] = []
    with interrupts(end):
        for job in jobs:
            try:
                finished += job.run_stored(source)
            except HeadraceError as error:
                problems.append(error)
    for problem in problems[:1]:
        raise problem
    return finished
