"""Running a graph from Python, in a program or a notebook."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.result import Result
from headrace.engine.jobs.caching import CacheChoice
from headrace.engine.jobs.destinations import Destination
from headrace.engine.jobs.graphs import open_graph
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.routing import chosen_runs
from headrace.engine.jobs.sources import Readable
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.runtime.streams import StreamLibrary

__all__ = ["open_run", "run", "run_each"]


def run(
    graph: Graph | str | Path,
    source: Readable,
    to: Destination | Iterable[Destination] | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - it is the word of the command line too
    *,
    trust: bool = False,
    lookup: str | Path | None = None,
    runtime: StreamLibrary | type = "streamz",
    assets: AssetSettings | None = None,
    cache: CacheChoice = None,
) -> Result:
    """Run a graph on one stored run and give its result.

    Parameters
    ----------
    graph
        A graph, a graph file, or the name of a ready graph.
    source
        The run: an address (``"data/-1"``), a run or result that was opened, or documents. Dark runs beside it are
        looked up as it needs them.
    to
        Where the result run goes besides: a folder, ``zmq://host:port/prefix``, a callable ``(name, document)``, or
        several of these.
    set
        ``{"node.parameter": value}``: parameters to use instead of the graph's.
    trust
        Whether to run the Python files that the graph names.
    lookup
        A store in which other runs (darks) are looked up.
    runtime
        The stream library the pipeline is built on: ``"streamz"``, ``"rapidz"`` or a ``Stream`` class.
    assets
        Where data files are and how long they are waited for.
    cache
        Where values are kept, so that `headrace.replay` need not compute them again: a folder, True for the usual
        one, None for nowhere.

    Returns
    -------
    The result; look at ``result.stop["exit_status"]`` for the verdict. If a destination failed, a warning says so.

    Raises
    ------
    GraphError
        If the graph has faults.
    UsageError
        If the source holds several runs to analyse: name one, or use `run_each`.
    NotReachableError
        If a file or a destination is not there.

    Examples
    --------
    >>> from headrace import Graph, run
    >>> from headrace.nodes import average, source
    >>> documents = [
    ...     ("start", {"uid": "5c1f", "time": 0.0}),
    ...     ("descriptor", {"uid": "d", "run_start": "5c1f", "name": "primary", "time": 0.0, "data_keys": {
    ...         "image": {"dtype": "array", "shape": [2, 1, 2], "source": "sim"}}}),
    ...     ("event", {"uid": "e", "descriptor": "d", "seq_num": 1, "time": 0.0, "timestamps": {"image": 0.0},
    ...         "data": {"image": [[[1, 2]], [[3, 4]]]}}),
    ...     ("stop", {"uid": "s", "run_start": "5c1f", "time": 1.0, "exit_status": "success"}),
    ... ]
    >>> result = run(Graph("mean").keep(mean=average(source(field="image"))), documents)
    >>> result["mean"].tolist(), result.stop["exit_status"]
    ([[[2.0, 3.0]]], 'success')
    """
    runs = chosen_runs(source, open_graph(graph, trust=trust)[0], assets)
    if len(runs) != 1:
        uids = ", ".join(str(one.start["uid"])[:8] for one in runs) or "none"
        problem = f"expected one run to analyse, found {len(runs)} ({uids}); name one, or use run_each"
        raise UsageError(problem)
    return next(_results(graph, runs, to, set, trust=trust, lookup=lookup, runtime=runtime, assets=assets, cache=cache))


def run_each(
    graph: Graph | str | Path,
    source: Readable,
    to: Destination | Iterable[Destination] | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    *,
    trust: bool = False,
    lookup: str | Path | None = None,
    runtime: StreamLibrary | type = "streamz",
    assets: AssetSettings | None = None,
    cache: CacheChoice = None,
) -> Iterator[Result]:
    """Run a graph on every run of a source, oldest first, and give each result as it is done.

    The parameters, and what is raised, are those of `run`.
    """
    yield from _results(
        graph,
        chosen_runs(source, open_graph(graph, trust=trust)[0], assets),
        to,
        set,
        trust=trust,
        lookup=lookup,
        runtime=runtime,
        assets=assets,
        cache=cache,
    )


def _results(
    graph: Graph | str | Path,
    runs: list[Any],
    to: Destination | Iterable[Destination] | None,
    changes: Mapping[str, Any] | None,
    **settings: Any,
) -> Iterator[Result]:
    documents: list[tuple[str, Mapping[str, Any]]] = []
    destinations = [*_listed(to), lambda name, doc: documents.append((name, doc))]
    with Job(graph, to=destinations, set=changes, **settings) as job:
        for one in runs:
            documents.clear()
            for finished in job.run_stored(one):
                for problem in finished.problems:
                    warnings.warn(f"the result was not kept everywhere: {problem}", RuntimeWarning, stacklevel=4)
            yield Result(MemoryRun(documents))


def _listed(to: Destination | Iterable[Destination] | None) -> list[Destination]:
    if to is None:
        return []
    if isinstance(to, str | Path) or callable(to):
        return [to]
    return list(to)


def open_run(address: str | Path, assets: AssetSettings | None = None) -> Result:
    """Open a stored run, a result or a raw one, to read it.

    Parameters
    ----------
    address
        ``STORE/UID`` (the beginning of a uid is enough), ``STORE/-1`` for the newest, the folder of a run, or a
        document file.
    assets
        Where data files are and how long they are waited for.

    Raises
    ------
    NotReachableError
        If there is nothing there.
    UsageError
        If there are several runs.
    """
    from headrace.engine.documents.address import open_run as open_stored

    return Result(open_stored(address, assets))
