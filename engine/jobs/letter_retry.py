"""Running a dead letter again: the node alone on the inputs that were kept, or the whole event from its store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.model.constraints import convert
from headrace.engine.model.errors import DocumentError, NotReachableError, UsageError
from headrace.engine.model.graph import Graph, split_reference
from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.model.registry import Registry, installed
from headrace.engine.model.skip import SKIP
from headrace.engine.runtime.dead_letters import describe, trace_of

if TYPE_CHECKING:
    from headrace.engine.jobs.letter import KeptLetter
    from headrace.engine.model.node_type import NodeType

__all__ = ["Retried", "registry_of", "retry_event", "retry_node"]


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of it.

    Attributes
    ----------
    letter
        Id of the letter.
    success
        Whether it went well this time.
    outputs
        Output, or node, to a description of its value.
    error, trace
        Type and text of the exception, and where it was raised; empty if it went well.
    seconds
        How long it took.
    parameters
        The parameters of the node that were used.
    remarks
        What to know about it.
    """

    letter: str
    success: bool
    outputs: Mapping[str, str]
    error: str
    trace: str
    seconds: float
    parameters: Mapping[str, Any]
    remarks: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        return asdict(self)


def registry_of(letter: KeptLetter, *, trust: bool = False) -> Registry:
    """Give the node types that are installed now, and those of the graph's own files if they are trusted."""
    registry = installed()
    if letter.node_type not in registry and letter.python:
        if not trust:
            problem = f"node type {letter.node_type!r} is in {', '.join(letter.python)}; --trust runs that file"
            raise UsageError(problem)
        registry = registry.with_files(Path(file) for file in letter.python)
    return registry


def retry_node(
    letter: KeptLetter,
    registry: Mapping[str, NodeType],
    parameters: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Retried:
    """Run the node again on the inputs that were kept, with its code as it is installed now.

    A node with a state begins anew: it has not seen the events before.

    Parameters
    ----------
    letter
        The letter.
    registry
        The node types.
    parameters
        The node's parameters; by default those that were in force.
    changes
        ``{"node.parameter": value}``, or without the node: parameters to use instead.

    Raises
    ------
    DocumentError
        If the inputs were not kept.
    UsageError
        If a parameter makes no sense, there is no such node type, or it failed at the begin or end of the run.
    """
    kind = registry.get(letter.node_type)
    if kind is None:
        problem = f"no node type {letter.node_type!r} is installed; name the graph, so that its own files are read"
        raise UsageError(problem)
    if kind.stateful and not kind.keeps and letter.phase != "event":
        why = f"{letter.node!r} failed at the {letter.phase} of the run, which can't be tried without the run"
        problem = f"{why}; run the graph on it again: headrace run GRAPH --from STORE/{letter.run[:8]}"
        raise UsageError(problem)
    given = letter.parameters if parameters is None else parameters
    used = _parameters(letter, kind, {**given, **_own(letter, changes or {})})
    kept = letter.values()
    missing = [port for port in letter.inputs if port not in kept["inputs"]]
    if missing:
        problem = f"input {', '.join(missing)} was not kept ({dict(letter.left_out)}); try the event from its store"
        raise DocumentError(problem)
    began = time.perf_counter()
    outputs, error, trace = _tried(lambda: _called(kind, letter, kept, used))
    remarks = ("it began anew, without what it had seen before the event",) if kind.stateful else ()
    return Retried(letter.id, not error, outputs, error, trace, time.perf_counter() - began, used, remarks)


def _tried(work: Callable[[], dict[str, str]]) -> tuple[dict[str, str], str, str]:
    try:
        return work(), "", ""
    except (Exception, SystemExit) as error:
        return {}, f"{type(error).__name__}: {error}", trace_of(error)


def _own(letter: KeptLetter, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the changes of the letter's node by parameter.

    Raises
    ------
    UsageError
        If one is of another node.
    """
    found = {}
    for key, value in changes.items():
        node, name = split_reference(key)
        if name is not None and node != letter.node:
            problem = f"{key}: the dead letter is of node {letter.node!r}; only its parameters matter here"
            raise UsageError(problem)
        found[name or node] = value
    return found


def _parameters(letter: KeptLetter, kind: NodeType, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give every parameter in its declared type."""
    for name in given:
        if name not in kind.parameters:
            problem = f"{kind.name} has no parameter {name!r}; it has {', '.join(kind.parameters) or 'none'}"
            raise UsageError(problem)
    found = {}
    for name, parameter in kind.parameters.items():
        try:
            found[name] = convert(given[name], parameter.annotation) if name in given else parameter.default
        except ValueError as error:
            problem = f"{letter.node}.{name}: {error}"
            raise UsageError(problem) from error
    return found


def _called(kind: NodeType, letter: KeptLetter, kept: Mapping[str, Any], used: Mapping[str, Any]) -> dict[str, str]:
    """Call the node as the engine does, and describe what it gives."""
    ports = [port.name for port in kind.inputs if not port.variadic]
    inputs = dict(kept["inputs"])
    positional = [inputs.pop(port) for port in ports if port in inputs]
    event, run = _event(kept), RunContext(kept.get("start") or {"uid": letter.run})
    contexts = {name: event if context == "event" else run for name, context in kind.contexts.items()}
    if kind.keeps:
        return _encoded(inputs)
    if not kind.stateful:
        return _described(kind, kind.target(*positional, **inputs, **used, **contexts))
    instance = kind.target(**used, **dict.fromkeys(kind.init_contexts, run))
    given = instance.update(*positional, **inputs, **contexts)
    shown = instance.value() if hasattr(instance, "value") else given
    return _described(kind, shown)


def _event(kept: Mapping[str, Any]) -> Event | None:
    given = kept.get("event")
    if given is None:
        return None
    return Event(EventKey(**given["key"]), given["time"], given["data"], given["descriptor"])


def _encoded(inputs: Mapping[str, Any]) -> dict[str, str]:
    """See whether values can be kept as results."""
    from headrace.engine.documents.encoding import encode

    for name, value in inputs.items():
        encode(name, value)
    return {name: describe(value) for name, value in inputs.items()}


def _described(kind: NodeType, value: Any) -> dict[str, str]:
    names = [output.name for output in kind.outputs if output.method != "final"] or ["value"]
    if value is SKIP:
        return dict.fromkeys(names, "left out")
    if value is None:
        if kind.stateful and not any(output.method in ("update", "value") for output in kind.outputs):
            return {"state": "taken in"}
        problem = "the node gave None where it declares an output"
        raise TypeError(problem)
    several = len(names) > 1 and isinstance(value, tuple)
    return {name: describe(item) for name, item in zip(names, value if several else (value,), strict=False)}


def retry_event(
    letter: KeptLetter,
    store: str | Path,
    graph: Graph | None = None,
    changes: Mapping[str, Any] | None = None,
    **options: Any,
) -> Retried:
    """Run the whole event again through the graph, from the store of the raw run.

    Only this event of its stream is worked on; nodes with a state begin anew. Events of other streams (darks) are
    read, as far as the graph holds their values.

    Parameters
    ----------
    letter
        The letter.
    store
        The store with the raw run.
    graph
        The graph; by default the one that was in force.
    changes
        ``{"node.parameter": value}``: parameters to use instead of the graph's.
    **options
        What else `Job` takes.

    Raises
    ------
    HeadraceError
        If the graph has faults, or the run or the graph is not there.
    """
    from headrace.engine.documents.store import FolderStore
    from headrace.engine.jobs.job import Job

    if letter.event is None:
        problem = f"the node failed at the {letter.phase} of the run: run the graph on the run again, with headrace run"
        raise UsageError(problem)
    run = FolderStore(store).find(letter.run)
    outputs: dict[str, str] = {}
    errors: list[Any] = []
    began = time.perf_counter()
    with Job(graph or _graph_of(letter), to=[], set=changes, **options) as job:
        outputs, errors = _only(job, run.records(), letter.event, letter.run)
        used = dict(job.pipeline.parameters.to_dict().get(letter.node, {}))
    failure = next((one for one in errors if one.node == letter.node), errors[0] if errors else None)
    error = "" if failure is None else failure.error
    trace = "" if failure is None else f"node {failure.node!r}\n{failure.trace}"
    remarks = ("nodes with a state began anew, without the events before this one",)
    return Retried(letter.id, failure is None, outputs, error, trace, time.perf_counter() - began, used, remarks)


def _only(job: Any, records: Iterable[Any], event: tuple[str, int], uid: str) -> tuple[dict[str, str], list[Any]]:
    """Feed a job a run of which only one event is in its stream; give what each node made of it, and failures."""
    seen: dict[str, str] = {}
    for node, kind in job.pipeline.plan.types.items():
        for output in kind.outputs:
            port = node if len(kind.outputs) < 2 else f"{node}.{output.name}"
            job.pipeline.tap(port).sink(lambda value, port=port: seen.__setitem__(port, describe(value)))
    found = False
    for record in records:
        if isinstance(record, RunEnd):
            break
        if isinstance(record, Event) and record.key.stream == event[0]:
            if record.key.seq_num != event[1]:
                continue
            found = True
            seen.clear()
        job.feed(record)
        if found:
            break
    outputs, letters = dict(seen), job.letters.recent
    job.end(uid)
    if not found:
        problem = f"run {uid} has no event {event[1]} in stream {event[0]!r}"
        raise NotReachableError(problem)
    return outputs, letters


def _graph_of(letter: KeptLetter) -> Graph:
    """Give the graph that was in force when a result run had its first failure."""
    path = letter.folder / "graph.json" if letter.folder is not None else None
    if path is None or not path.is_file():
        problem = "the graph was not kept with the dead letter; name it with --graph"
        raise UsageError(problem)
    return Graph.from_yaml(path.read_text(encoding="utf-8"), file=str(path))
