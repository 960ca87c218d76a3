"""What is to be replayed: a raw run, and the graph with its revisions, from a result or from what the user named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.recent_runs import is_dark
from headrace.engine.jobs.graphs import sound_graph
from headrace.engine.jobs.routing import chosen_runs
from headrace.engine.jobs.sources import Readable, stored_runs
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import EventKey
from headrace.engine.model.registry import Registry
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.reuse_script import Schedule
from headrace.engine.runtime.revision import Revision

__all__ = ["Subject", "find_subject", "recorded_graph", "stores_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is to be replayed.

    Attributes
    ----------
    raw
        The raw run.
    result
        The result run that was named; None if a raw run was.
    revision, schedule
        The graph to begin with, and later revisions with the first event of each.
    registry
        The node types.
    """

    raw: Any
    result: Any
    revision: Revision
    schedule: Schedule
    registry: Registry


def find_subject(
    run: Readable,
    graph: Graph | str | Path | None,
    changes: Mapping[str, Any],
    raw: str | Path | None,
    *,
    trust: bool = False,
    assets: AssetSettings | None = None,
) -> Subject:
    """Find what is to be replayed.

    Parameters
    ----------
    run
        A raw run, or a result run.
    graph
        The graph; None for that of the result run.
    changes
        Parameters to use instead.
    raw
        Where the raw run of a result is; None for where it was when the result was made.
    trust
        Whether to run the Python files that the graph names.
    assets
        Where data files are.

    Raises
    ------
    UsageError
        If there are several runs, or no graph for a raw run.
    NotReachableError
        If a run is not there.
    """
    named = None if graph is None else sound_graph(graph, changes, trust=trust)
    found = _one(run, None if named is None else named[0], assets)
    result = found if _is_result(found) else None
    if result is None and graph is None:
        problem = f"run {str(found.start['uid'])[:8]} is a raw run: say which graph, or name a result run"
        raise UsageError(problem)
    whole = found if result is None else _raw_of(result, raw, assets)
    opened, registry = named or sound_graph(recorded_graph(result), changes, trust=trust)
    recorded = [] if graph is not None or result is None else _recorded(result)
    first = _revision(opened, registry, recorded[0] if recorded else {})
    later = _schedule(opened, registry, recorded[1:], changes, str(whole.start["uid"]))
    return Subject(whole, result, first, later, registry)


def _one(run: Readable, graph: Graph | None, assets: AssetSettings | None) -> Any:
    """Give the one run that is meant; runs that others refer to are not, unless there are no others."""
    if graph is None:
        runs = stored_runs(run, assets)
        runs = [one for one in runs if not is_dark(one.start)] or runs
    else:
        runs = chosen_runs(run, graph, assets)
    if len(runs) == 1:
        return runs[0]
    named = ", ".join(str(one.start["uid"])[:8] for one in runs) or "none"
    problem = f"expected one run to replay, found {len(runs)} ({named}); name one, as STORE/UID or STORE/-1"
    raise UsageError(problem)


def _is_result(run: Any) -> bool:
    about = run.start.get("headrace")
    return isinstance(about, Mapping) and "graph" in about and "raw_uid" in run.start


def recorded_graph(result: Any) -> Graph:
    """Give the graph that a result run began with, as its start document has it."""
    about = result.start["headrace"]
    return Graph.from_yaml(json.dumps(about["graph"]), file=str(about.get("graph_file") or "<the result run>"))


def _recorded(result: Any) -> list[Mapping[str, Any]]:
    stop = result.stop or {}
    return list(stop.get("headrace", {}).get("revisions", []))


def _raw_of(result: Any, raw: str | Path | None, assets: AssetSettings | None) -> Any:
    """Find the raw run of a result: where the user says, where it was, or beside the result."""
    uid = str(result.start["raw_uid"])
    origin = str(result.start["headrace"].get("origin") or "")
    places = [str(raw)] if raw is not None else [origin, *stores_of(result), *_beside(result)]
    for place in filter(None, places):
        try:
            found = stored_runs(place, assets)
        except (NotReachableError, UsageError):
            continue
        for one in found:
            if str(one.start["uid"]) == uid:
                return one
    looked = ", ".join(filter(None, places)) or "nowhere: the result does not say where it was"
    named = f"the raw run {uid} of result {str(result.start['uid'])[:8]}"
    problem = f"{named} was not found (looked in {looked}); say --raw STORE"
    raise NotReachableError(problem)


def stores_of(result: Any) -> list[str]:
    """Give the folders that were at hand when a result was made, and are there now."""
    stores = result.start["headrace"].get("stores") if result is not None else None
    return [str(store) for store in stores or [] if Path(str(store)).is_dir()]


def _beside(result: Any) -> list[str]:
    path = getattr(result, "path", None)
    return [str(path.parent.parent)] if isinstance(path, Path) else []


def _revision(graph: Graph, registry: Registry, recorded: Mapping[str, Any]) -> Revision:
    plan = compile_graph(graph, registry)
    parameters = ParameterSet.of(graph, plan.types, int(recorded.get("revision", 1)))
    return Revision(
        plan=plan,
        parameters=parameters,
        time=float(recorded.get("time", 0.0)),
        author=str(recorded.get("author", "")),
        changes=dict(recorded.get("changes", ())),
        rewired="graph" in recorded,
        undoes=recorded.get("undoes"),
    )


def _schedule(
    graph: Graph, registry: Registry, recorded: list[Mapping[str, Any]], changes: Mapping[str, Any], run: str
) -> Schedule:
    """Give the later revisions as they were, but for the parameters that the user sets."""
    schedule: list[tuple[Revision, EventKey | None]] = []
    for one in recorded:
        if "graph" in one:
            graph, _ = sound_graph(Graph.from_yaml(json.dumps(one["graph"])), changes)
        else:
            graph = graph.set({key: value for key, value in one["changes"] if key not in changes})
        first = one.get("first_event")
        key = None if first is None else EventKey(run, str(first[0]), int(first[1]))
        schedule.append((_revision(graph, registry, one), key))
    return schedule
