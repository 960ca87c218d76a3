"""Sweeps: one run analysed with many combinations of parameters, each computing only what differs."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.jobs.caching import CacheChoice, open_cache
from headrace.engine.jobs.graphs import sound_graph
from headrace.engine.jobs.measures import measures
from headrace.engine.jobs.replay import replay
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.runtime.cache_memory import MemoryStore

if TYPE_CHECKING:
    import pandas as pd

    from headrace.engine.jobs.destinations import Destination
    from headrace.engine.jobs.sources import Readable

__all__ = ["Point", "Sweep", "combinations", "sweep"]

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Point:
    """One combination of a sweep.

    Attributes
    ----------
    parameters
        ``node.parameter`` to value.
    measured
        What the result says in numbers; see `measures`.
    seconds
        How long it took.
    reused, computed
        How many values came from the cache, and how many were computed.
    uid
        Uid of the result run.
    verdict
        Exit status of the result run.
    """

    parameters: Mapping[str, Any]
    measured: Mapping[str, float]
    seconds: float
    reused: int
    computed: int
    uid: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """The points of a sweep, in the order of the combinations.

    Attributes
    ----------
    over
        ``node.parameter`` to its values.
    points
        What came out.
    """

    over: Mapping[str, Sequence[Any]]
    points: Sequence[Point]

    def table(self, chosen: Sequence[str] = ()) -> pd.DataFrame:
        """Give a row for each point: parameters, what was measured, seconds.

        Parameters
        ----------
        chosen
            What to show; all that was measured by default.

        Raises
        ------
        UsageError
            If something that is chosen was not measured.
        """
        import pandas as pd

        measured = dict.fromkeys(name for point in self.points for name in point.measured)
        if unknown := [name for name in chosen if name not in measured]:
            problem = f"no {', '.join(map(repr, unknown))} in the results; there are {', '.join(measured)}"
            raise UsageError(problem)
        rows = [
            {
                **{key: _cell(value) for key, value in point.parameters.items()},
                **{name: point.measured.get(name, float("nan")) for name in chosen or measured},
                "seconds": point.seconds,
            }
            for point in self.points
        ]
        return pd.DataFrame(rows)


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value


def combinations(over: Mapping[str, Sequence[Any]], *, paired: bool = False) -> list[dict[str, Any]]:
    """Give every combination of some parameters' values; or, paired, all first ones, all second ones, and so on.

    Raises
    ------
    UsageError
        If nothing is varied, there are too many, or pairs don't come out even.

    Examples
    --------
    >>> combinations({"a.x": [1, 2], "b.y": [5, 6]})
    [{'a.x': 1, 'b.y': 5}, {'a.x': 1, 'b.y': 6}, {'a.x': 2, 'b.y': 5}, {'a.x': 2, 'b.y': 6}]
    >>> combinations({"a.x": [1, 2], "b.y": [5, 6]}, paired=True)
    [{'a.x': 1, 'b.y': 5}, {'a.x': 2, 'b.y': 6}]
    """
    lengths = [len(values) for values in over.values()]
    if not lengths or 0 in lengths:
        problem = "a sweep needs a parameter with values, such as peaks.percentile=60:95:5"
        raise UsageError(problem)
    if paired and len(set(lengths)) > 1:
        problem = f"paired parameters need as many values each; there are {', '.join(map(str, lengths))}"
        raise UsageError(problem)
    number = lengths[0] if paired else _product(lengths)
    if number > _MOST:
        problem = f"these are {number} combinations; at most {_MOST} are tried"
        raise UsageError(problem)
    chosen: Iterator[tuple[Any, ...]] = (
        zip(*over.values(), strict=True) if paired else itertools.product(*over.values())
    )
    return [dict(zip(over, values, strict=True)) for values in chosen]


def _product(lengths: Sequence[int]) -> int:
    number = 1
    for length in lengths:
        number *= length
    return number


def sweep(
    run: Readable,
    graph: Graph | str | Path | None,
    over: Mapping[str, Sequence[Any]],
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - it is the word of the command line too
    paired: bool = False,
    to: Destination | None = None,
    cache: CacheChoice = True,
    workers: int | None = None,
    trust: bool = False,
    lookup: str | Path | None = None,
    on_point: Callable[[Point], None] = lambda point: None,
) -> Sweep:
    """Analyse one run with many combinations of parameters.

    All share one cache, so that what stands before the varied nodes is computed once. Each combination gives the same
    result as a run of its own.

    Parameters
    ----------
    run, graph
        See `headrace.replay`.
    over
        ``node.parameter`` to the values to try.
    set
        Parameters to use in all combinations.
    paired
        Whether to try the first values together, the second ones, and so on, in place of every combination.
    to
        Where the result runs go, if they are to be kept.
    cache
        See `headrace.replay`; without one, what is shared is kept in memory for as long as the sweep takes.
    workers
        How many are worked on at once; as many as there are processors by default.
    trust, lookup
        See `headrace.replay`.
    on_point
        Called with each point as it is done.

    Raises
    ------
    GraphError
        If the graph has faults with one of the combinations. Nothing was computed then.
    UsageError
        If there is nothing to vary, or too much.
    NotReachableError
        If a run or a destination is not there.
    """
    chosen = combinations(over, paired=paired)
    for combination in chosen if graph is not None else ():
        sound_graph(graph, {**(set or {}), **combination}, trust=trust)  # type: ignore[arg-type]
    store = open_cache(cache) or MemoryStore()

    def work(combination: Mapping[str, Any]) -> Point:
        changes = {**(set or {}), **combination}
        done = replay(run, graph, changes, to, cache=store, trust=trust, lookup=lookup)
        point = Point(
            parameters=combination,
            measured=measures(done.result),
            seconds=done.seconds,
            reused=sum(node.reused for node in done.reuse.nodes),
            computed=sum(node.computed for node in done.reuse.nodes),
            uid=done.result.uid,
            verdict=str((done.result.stop or {}).get("exit_status", "")),
        )
        on_point(point)
        return point

    first = work(chosen[0])  # by itself, so that the others find what it shares with them
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return Sweep({key: list(values) for key, values in over.items()}, [first, *pool.map(work, chosen[1:])])
