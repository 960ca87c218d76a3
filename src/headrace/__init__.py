"""headrace: a declarative dataflow graph engine for streaming X-ray analysis.

An analysis is a graph of nodes, written in YAML or Python. headrace checks it, compiles it into a streaming
pipeline, and runs the same graph live on bluesky documents from 0MQ or in batch on stored runs.

>>> import headrace
>>> headrace.check("crystal_mapping")
[]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headrace.engine.documents.assets import AssetSettings
    from headrace.engine.documents.packing import deserializer, serializer
    from headrace.engine.documents.result import Result
    from headrace.engine.jobs.check import check
    from headrace.engine.jobs.diff import diff
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.publishing import publish
    from headrace.engine.jobs.recording import record
    from headrace.engine.jobs.replay import Replayed, replay
    from headrace.engine.jobs.rerun import Rerun, rerun
    from headrace.engine.jobs.run import open_run, run, run_each
    from headrace.engine.jobs.service import Service
    from headrace.engine.jobs.sweep import sweep
    from headrace.engine.jobs.trial import try_event
    from headrace.engine.model.constraints import Meta, Odd, Unit
    from headrace.engine.model.errors import DocumentError, HeadraceError, NotReachableError, UsageError
    from headrace.engine.model.faults import Fault, GraphError
    from headrace.engine.model.graph import Graph
    from headrace.engine.model.node import node, node_class, source_node
    from headrace.engine.model.ports import Array, Frame, Metadata, Profile, Scalar, Stack, Table, Value
    from headrace.engine.model.records import Event, EventKey, RunContext
    from headrace.engine.model.skip import SKIP, Skip
    from headrace.engine.model.wiring import named

__all__ = [
    "SKIP",
    "Array",
    "AssetSettings",
    "DocumentError",
    "Event",
    "EventKey",
    "Fault",
    "Frame",
    "Graph",
    "GraphError",
    "HeadraceError",
    "Job",
    "Meta",
    "Metadata",
    "NotReachableError",
    "Odd",
    "Profile",
    "Replayed",
    "Rerun",
    "Result",
    "RunContext",
    "Scalar",
    "Service",
    "Skip",
    "Stack",
    "Table",
    "Unit",
    "UsageError",
    "Value",
    "check",
    "deserializer",
    "diff",
    "named",
    "node",
    "node_class",
    "open_run",
    "publish",
    "record",
    "replay",
    "rerun",
    "run",
    "run_each",
    "serializer",
    "source_node",
    "sweep",
    "try_event",
]

_HOME = {
    "SKIP": "model.skip",
    "Array": "model.ports",
    "AssetSettings": "documents.assets",
    "DocumentError": "model.errors",
    "Event": "model.records",
    "EventKey": "model.records",
    "Fault": "model.faults",
    "Frame": "model.ports",
    "Graph": "model.graph",
    "GraphError": "model.faults",
    "HeadraceError": "model.errors",
    "Job": "jobs.job",
    "Meta": "model.constraints",
    "Metadata": "model.ports",
    "NotReachableError": "model.errors",
    "Odd": "model.constraints",
    "Profile": "model.ports",
    "Replayed": "jobs.replay",
    "Rerun": "jobs.rerun",
    "Result": "documents.result",
    "RunContext": "model.records",
    "Scalar": "model.ports",
    "Service": "jobs.service",
    "Skip": "model.skip",
    "Stack": "model.ports",
    "Table": "model.ports",
    "Unit": "model.constraints",
    "UsageError": "model.errors",
    "Value": "model.ports",
    "check": "jobs.check",
    "deserializer": "documents.packing",
    "diff": "jobs.diff",
    "named": "model.wiring",
    "node": "model.node",
    "node_class": "model.node",
    "open_run": "jobs.run",
    "publish": "jobs.publishing",
    "record": "jobs.recording",
    "replay": "jobs.replay",
    "rerun": "jobs.rerun",
    "run": "jobs.run",
    "run_each": "jobs.run",
    "serializer": "documents.packing",
    "source_node": "model.node",
    "sweep": "jobs.sweep",
    "try_event": "jobs.trial",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that the command line starts at once."""
    if name in _HOME:
        return getattr(importlib.import_module(f"headrace.engine.{_HOME[name]}"), name)
    problem = f"module 'headrace' has no attribute {name!r}"
    raise AttributeError(problem)


def __dir__() -> list[str]:
    return __all__
