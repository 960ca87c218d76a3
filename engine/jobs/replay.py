"""Replaying a stored run: only what has changed since it was computed is computed again."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.result import Result
from headrace.engine.documents.result_writer import ResultWriter
from headrace.engine.jobs.caching import CacheChoice, open_cache
from headrace.engine.jobs.destinations import Destination, Destinations
from headrace.engine.jobs.finding import finder_in, first_of
from headrace.engine.jobs.progress import Finished
from headrace.engine.jobs.replay_source import Subject, find_subject, stores_of
from headrace.engine.jobs.sealing import seal_of
from headrace.engine.jobs.sources import Readable
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import Event, RunContext, RunEnd
from headrace.engine.runtime.cache import ValueStore
from headrace.engine.runtime.cache_memory import MemoryStore
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.reuse_replay import replay as replay_run
from headrace.engine.runtime.reuse_report import Reuse

__all__ = ["Replayed", "read_range", "replay"]


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """A replay.

    Attributes
    ----------
    result
        The result, as a run of the whole graph would have given it.
    reuse
        What was reused and what was computed.
    seconds
        How long it took in all.
    finished
        How it went, and where the result run is.
    """

    result: Result
    reuse: Reuse
    seconds: float
    finished: Finished


def replay(
    run: Readable,
    graph: Graph | str | Path | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - it is the word of the command line too
    to: Destination | Iterable[Destination] | None = None,
    *,
    events: str | tuple[int | None, int | None] | None = None,
    raw: str | Path | None = None,
    cache: CacheChoice = True,
    trust: bool = False,
    lookup: str | Path | None = None,
    assets: AssetSettings | None = None,
    on_letter: Callable[[DeadLetter], None] = lambda letter: None,
) -> Replayed:
    """Run a graph on a stored run, and compute only what the cache does not know.

    The result is that of a whole run, bit for bit; its counts say what was ``reused``. What is computed is kept, so
    that the next replay need not.

    Parameters
    ----------
    run
        A raw run, or a result run: then graph, parameters and the changes made while it ran are those of the result,
        and its raw run is looked for.
    graph
        The graph; None for that of the result run.
    set
        ``{"node.parameter": value}``: parameters to use instead.
    to
        Where the result run goes besides; see `headrace.run`.
    events
        Only these events, by their numbers: ``"10:20"``, ``"10:"``, ``":20"``, both ends included.
    raw
        Where the raw run of a result is, if it is not where it was.
    cache
        A folder, True for the usual one, None for none.
    trust
        Whether to run the Python files that the graph names.
    lookup
        A store in which other runs (darks) are looked up.
    assets
        Where data files are.
    on_letter
        Called with each failure.

    Raises
    ------
    GraphError
        If the graph has faults, or does with these parameters.
    UsageError
        If there are several runs, or no graph for a raw run.
    NotReachableError
        If a run or a destination is not there.
    """
    began = time.perf_counter()
    subject = find_subject(run, graph, set or {}, raw, trust=trust, assets=assets)
    store = open_cache(cache) or MemoryStore()
    documents: list[tuple[str, Mapping[str, Any]]] = []
    destinations = Destinations([*_listed(to), lambda name, doc: documents.append((name, doc))])
    ended: list[tuple[RunSummary, str]] = []
    writer = ResultWriter(destinations.fan_out, on_letter, lambda summary, uid: ended.append((summary, uid)))
    try:
        context, chosen, end = _records(subject, store, read_range(events), lookup, assets)
        context = replace(context, folder=destinations.folder_for(context.uid))
        reuse = replay_run(subject.revision, writer, store, context, chosen, end, subject.schedule)
    finally:
        destinations.close()
    summary, uid = ended[0]
    problems = list(destinations.fan_out.problems_of(uid).values())
    for problem in problems:
        warnings.warn(f"the result was not kept everywhere: {problem}", RuntimeWarning, stacklevel=2)
    finished = Finished(summary, uid, destinations.places(uid), problems)
    return Replayed(Result(MemoryRun(documents)), reuse, time.perf_counter() - began, finished)


def _records(
    subject: Subject,
    store: ValueStore,
    chosen: tuple[int | None, int | None],
    lookup: str | Path | None,
    assets: AssetSettings | None,
) -> tuple[RunContext, list[Event], RunEnd]:
    """Read the run: its context, its events, its end. No data file is opened."""
    records = list(subject.raw.records())
    context, end = records[0], records[-1]
    if not isinstance(context, RunContext) or not isinstance(end, RunEnd):
        problem = f"run {str(subject.raw.start['uid'])[:8]} has no beginning or no end"
        raise UsageError(problem)
    streams = subject.revision.plan.needed
    events = [
        record
        for record in records
        if isinstance(record, Event) and (record.key.stream not in streams or _is_within(record.key.seq_num, chosen))
    ]
    stores = [str(Path(lookup).absolute())] if lookup is not None else stores_of(subject.result)
    find_run = first_of(context.find_run, *(finder_in(place, assets) for place in stores))
    about = {**context.about, **({"stores": stores} if stores else {}), "replay": _about(subject, chosen)}
    return replace(context, find_run=find_run, about=about, seal=seal_of(subject.raw, store)), events, end


def _about(subject: Subject, chosen: tuple[int | None, int | None]) -> dict[str, Any]:
    of = {} if subject.result is None else {"of": str(subject.result.start["uid"])}
    return {**of, **({} if chosen == (None, None) else {"events": list(chosen)})}


def _is_within(number: int, chosen: tuple[int | None, int | None]) -> bool:
    first, last = chosen
    return (first is None or number >= first) and (last is None or number <= last)


def read_range(given: str | tuple[int | None, int | None] | None) -> tuple[int | None, int | None]:
    """Read a range of event numbers, both ends included.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> read_range("10:20"), read_range(":5"), read_range("7"), read_range(None)
    ((10, 20), (None, 5), (7, 7), (None, None))
    """
    if given is None or isinstance(given, tuple):
        return given or (None, None)
    first, colon, last = given.partition(":")
    try:
        low, high = (int(text) if text.strip() else None for text in (first, last if colon else first))
    except ValueError as error:
        problem = f"events {given!r}: expected numbers of events, such as 10:20, 10: or :20"
        raise UsageError(problem) from error
    return low, high


def _listed(to: Destination | Iterable[Destination] | None) -> list[Destination]:
    if to is None:
        return []
    if isinstance(to, str | Path) or callable(to):
        return [to]
    return list(to)
