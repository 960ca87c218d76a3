"""Cadences and alignment: cycles, values that never exist together, events of different streams."""

from __future__ import annotations

from collections.abc import Iterator

from headrace.engine.model.checks.subject import Subject
from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import Node
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.places import VALUE
from headrace.engine.model.ports import Cadence

__all__ = ["check_cadence"]


def check_cadence(subject: Subject) -> Iterator[Fault]:
    """Find loops, and inputs of one node that can't be joined."""
    yield from _cycles(subject)
    for name, kind in subject.facts.types.items():
        if kind.keeps:  # a sink joins nothing: it keeps each input on its own
            continue
        node = subject.graph.nodes[name]
        yield from _event_with_final(subject, node)
        yield from _nothing_to_collect(subject, node, kind)
        yield from _other_streams(subject, node)


def _cycles(subject: Subject) -> Iterator[Fault]:
    for loop in subject.facts.cycles:
        first, last = loop[0], loop[-1]
        port = next(port for port, origin in subject.facts.origins[first].items() if origin.node == last)
        way = " -> ".join([*loop, first])
        path = ("nodes", first, "in", port, VALUE)
        yield subject.fault("HR410", f"{first}: a cycle: {way}", *path, hint="take one of these inputs away")


def _inputs_at(subject: Subject, node: Node, cadence: Cadence) -> list[str]:
    return [port for port in node.inputs if subject.facts.cadence_into(node.name, port) is cadence]


def _event_with_final(subject: Subject, node: Node) -> Iterator[Fault]:
    events, finals = (_inputs_at(subject, node, cadence) for cadence in (Cadence.EVENT, Cadence.FINAL))
    if not events:
        return
    for port in finals:
        reference = node.inputs[port]
        message = (
            f"{node.name}: input {port!r} ({reference}) exists only when the run ends, "
            f"input {events[0]!r} ({node.inputs[events[0]]}) for each event"
        )
        path = ("nodes", node.name, "in", port, VALUE)
        yield subject.fault("HR411", message, *path, hint=_running(subject, node, port))


def _running(subject: Subject, node: Node, port: str) -> str:
    """Give the hint to take what the same node gives while the run lasts, if it does."""
    origin = subject.facts.origins[node.name][port]
    cadences = subject.facts.cadence[origin.node]
    wanted = f"running_{origin.output}" if origin.output != "out" else "running"
    running = [output for output, cadence in cadences.items() if cadence is Cadence.EVENT]
    best = wanted if wanted in running else next(iter(running), None)
    return f"'{origin.node}.{best}' exists for each event" if best else "join values of one cadence"


def _nothing_to_collect(subject: Subject, node: Node, kind: NodeType) -> Iterator[Fault]:
    if not kind.stateful or kind.is_source or not node.inputs:
        return
    cadences = [subject.facts.cadence_into(node.name, port) for port in node.inputs]
    if any(cadence in (None, Cadence.EVENT) for cadence in cadences):
        return
    port, reference = next(iter(node.inputs.items()))
    when = "when the run starts" if cadences[0] is Cadence.RUN else "when the run ends"
    message = f"{node.name}: {kind.name} collects events, and {reference!r} exists once per run, {when}"
    path = ("nodes", node.name, "in", port, VALUE)
    hint = _running(subject, node, port) if cadences[0] is Cadence.FINAL else ""
    yield subject.fault("HR412", message, *path, expected="an input that exists for each event", hint=hint)


def _other_streams(subject: Subject, node: Node) -> Iterator[Fault]:
    events = _inputs_at(subject, node, Cadence.EVENT)
    if not events:
        return
    first = subject.facts.stream_into(node.name, events[0])
    for port in events[1:]:
        stream = subject.facts.stream_into(node.name, port)
        if stream is None or first is None or stream == first:
            continue
        message = (
            f"{node.name}: input {port!r} ({node.inputs[port]}) has events of stream {stream!r}, "
            f"input {events[0]!r} ({node.inputs[events[0]]}) of stream {first!r}"
        )
        hint = f"put a node between that holds one of them: {{type: latest, in: {node.inputs[port]}}}"
        yield subject.fault("HR413", message, "nodes", node.name, "in", port, VALUE, hint=hint)
