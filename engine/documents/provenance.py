"""Where a result comes from: what its start document says of graph, parameters, versions and raw run."""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from headrace.engine.documents.dimensions import dimensions
from headrace.engine.model.records import RunContext
from headrace.engine.runtime.lineage_code import code_text
from headrace.engine.runtime.lineage_packages import processor
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Output, Plan

__all__ = ["result_metadata"]

_OWN = {"uid", "time"}
_PACKAGES = ("headrace", "numpy", "pandas", "scipy", "trackpy", "streamz", "event-model", "bluesky")


def result_metadata(run: RunContext, plan: Plan, parameters: ParameterSet) -> dict[str, Any]:
    """Give the metadata of a result run's start document.

    All that the raw run said of itself (scan, sample, shape, motors) is passed on, so that its result can be found
    and drawn like it. Then comes where the result is from: ``analysis_stage`` (the graph), ``raw_uid``,
    ``parent_uids``, and under ``headrace`` the graph with its hash, every parameter, the revision, the versions, the
    identity of the code of each node type, where the raw run was and what each stream holds.
    """
    passed_on = {key: value for key, value in run.start.items() if key not in _OWN}
    return {
        **passed_on,
        "hints": _hints(run.start, plan),
        "analysis_stage": plan.graph.name,
        "raw_uid": run.uid,
        "parent_uids": [run.uid],
        "headrace": {
            "graph": plan.graph.to_dict(),
            "graph_sha256": plan.graph.digest(),
            "revision": parameters.revision,
            "parameters": parameters.to_dict(),
            "outputs": {output.name: _described(output) for output in plan.outputs},
            "versions": dict(_versions()),
            "code": {kind.name: code_text(kind) for kind in plan.types.values()},
            "origin": run.origin,
            **_file(plan),
            **run.about,
        },
    }


def _file(plan: Plan) -> dict[str, str]:
    """Say in which file the graph stands: the files of node types that it names are looked for from there."""
    place = plan.graph.where()
    return {"graph_file": str(Path(place.file).absolute())} if place and Path(place.file).is_file() else {}


def _described(output: Output) -> dict[str, Any]:
    return {
        "node": output.node,
        "port": output.port,
        "port_type": " | ".join(kind.name for kind in output.types),
        "cadence": str(output.cadence),
        "raw_stream": output.stream,
    }


def _hints(start: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Give the hints, with the scan's dimensions said of the first result that has a value per raw event.

    BestEffortCallback draws one stream against the dimensions, the one that the hints name.
    """
    given = start.get("hints")
    hints = dict(given) if isinstance(given, Mapping) else {}
    hints.pop("dimensions", None)
    plots = [output for output in plan.outputs if output.stream and {t.name for t in output.types} & _DRAWN]
    axes = dimensions(start)
    for _, raw_stream in axes:
        first = next((output.name for output in plots if output.stream == raw_stream), None)
        if first is not None:
            return {**hints, "dimensions": [[fields, first] for fields, _ in axes]}
    return hints


_DRAWN = {"Table", "Scalar", "Value"}


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = [("python", platform.python_version()), ("machine", f"{platform.machine()} {processor()}".strip())]
    for package in _PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return tuple(found)
