"""What a graph can be run on, once it is stored or in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from headrace.engine.documents.assembler import Record
from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.pages import checked_documents, document_name
from headrace.engine.documents.recent_runs import is_dark
from headrace.engine.documents.result import ReadableRun, Result
from headrace.engine.documents.routes import RunRoutes
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph

__all__ = ["Readable", "RunSource", "lights", "stored_runs"]


class RunSource(ReadableRun, Protocol):
    """A run that can be read as records."""

    def records(self) -> Iterator[Record]:
        """Give the run's context, its events and its end."""


Readable: TypeAlias = "str | Path | Result | RunSource | Iterable[tuple[str, Mapping[str, Any]]]"
"""An address, a run that was opened, or documents."""


def stored_runs(source: Readable, assets: AssetSettings | None = None) -> list[Any]:
    """Give the runs that a source holds, oldest first.

    Parameters
    ----------
    source
        The source.
    assets
        Where data files are and how long they are waited for. A run that was opened already knows itself.

    Raises
    ------
    NotReachableError
        If there is nothing at an address.
    UsageError
        If it is no source at all.
    DocumentError
        If documents do not begin with a start document.
    """
    if isinstance(source, str | Path):
        if str(source).startswith("zmq://"):
            problem = f"{source} is live: use the command 'headrace run', or Job.run_live"
            raise UsageError(problem)
        from headrace.engine.documents.address import open_source

        return list(open_source(source, assets))
    if isinstance(source, Result):
        return [source.run]
    if hasattr(source, "records"):
        return [source]
    if isinstance(source, Iterable):
        return _runs_of(source, assets)
    problem = f"expected an address, a run or documents to run on, got {type(source).__name__}"
    raise UsageError(problem)


def lights(runs: list[Any], graph: Graph) -> list[Any]:
    """Give the runs that are to be analysed.

    Those are all but runs that were taken to be referred to: that say so themselves (``dark_frame``), or that
    another run names under a key which the graph looks up (``key`` of a dark or background). If no other runs are
    left, they are analysed after all.
    """
    keys = {str(value) for node in graph.nodes.values() for name, value in node.parameters.items() if name in _KEYS}
    named = _texts(run.start.get(key) for run in runs for key in keys)
    return [run for run in runs if not is_dark(run.start) and run.start["uid"] not in named] or runs


_KEYS = ("key", "dark_key")
"""Parameters of sources that name a key of the start document under which the uid of another run stands."""


def _texts(values: Iterable[Any]) -> set[str]:
    return {value for value in values if isinstance(value, str)}


def _runs_of(documents: Iterable[tuple[str, Mapping[str, Any]]], assets: AssetSettings | None) -> list[MemoryRun]:
    """Sort documents, which may be of several runs, into runs that know each other."""
    routes = RunRoutes()
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, doc in documents:
        for kind, single in checked_documents(document_name(name), doc):
            for uid in routes.of(kind, single):
                found.setdefault(uid, []).append((kind, single))
    runs: dict[str, MemoryRun] = {}
    runs.update((uid, MemoryRun(own, runs.get, assets)) for uid, own in found.items())
    return list(runs.values())
