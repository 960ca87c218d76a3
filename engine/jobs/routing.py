"""Which of the stored runs a graph is run on."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.store_folder import DOCUMENTS
from headrace.engine.jobs.sources import Readable, lights, stored_runs
from headrace.engine.model.graph import Graph
from headrace.engine.model.when import matches, unmet

__all__ = ["chosen_runs"]

_log = logging.getLogger(__name__)


def chosen_runs(source: Readable, graph: Graph, assets: AssetSettings | None = None) -> list[Any]:
    """Give the runs of a source that a graph is to be run on, oldest first.

    Runs that others refer to are left out (see `lights`), and runs that the graph's ``when`` does not fit, which is
    told to the log. A run that was named, or is the only one there, is run on all the same, and that is told too.

    Raises
    ------
    NotReachableError
        If there is nothing at an address.
    UsageError
        If it is no source at all.
    DocumentError
        If documents do not begin with a start document.
    """
    runs = lights(stored_runs(source, assets), graph)
    fitting = [run for run in runs if matches(graph.when, run.start)]
    others = [run for run in runs if run not in fitting]
    if not others:
        return runs
    if len(runs) == 1 and not _is_store(source):
        if isinstance(source, str | Path):
            _log.warning("%s: it is run on it all the same, since it was named", _misfit(graph, others[0]))
        return runs
    more = f" (and {len(others) - 1} other runs)" if len(others) > 1 else ""
    _log.warning("%s: passed by%s", _misfit(graph, others[0]), more)
    return fitting


def _misfit(graph: Graph, run: Any) -> str:
    why = "; ".join(unmet(graph.when, run.start))
    return f"graph {graph.name!r} is not meant for run {str(run.start['uid'])[:8]} ({why})"


def _is_store(source: Readable) -> bool:
    if not isinstance(source, str | Path):
        return False
    path = Path(source).expanduser()
    return path.is_dir() and not (path / DOCUMENTS).is_file()
