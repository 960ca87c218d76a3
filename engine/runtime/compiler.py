"""Graph to plan: slots, ordered steps for run start, events and run end, liveness, segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from headrace.engine.model.analysis import Analysis, analyse
from headrace.engine.model.graph import Graph, Node
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.ports import Cadence
from headrace.engine.runtime.grouping import grouped
from headrace.engine.runtime.liveness import freed
from headrace.engine.runtime.plan import Fusing, Output, Plan, Segment, Step, Work

__all__ = ["compile_graph"]


def compile_graph(graph: Graph, registry: Mapping[str, NodeType], fuse: Fusing = "all") -> Plan:
    """Compile a checked graph.

    Parameters
    ----------
    graph
        A graph without faults.
    registry
        Node type name to node type.
    fuse
        How far consecutive steps are put together; the results are the same.

    Raises
    ------
    GraphError
        If the graph has faults.
    """
    facts = analyse(graph, registry)
    outline = _Outline(graph, facts)
    segments = tuple(outline.segment(names) for names in grouped(facts, fuse))
    streams = frozenset(stream for segment in segments for stream in segment.events)
    plan = Plan(graph, facts.types, outline.slots, segments, outline.outputs, streams, outline.needed(), fuse)
    return replace(plan, segments=freed(plan))


class _Outline:
    """The facts of a graph, asked for the steps of each node."""

    def __init__(self, graph: Graph, facts: Analysis) -> None:
        self.graph = graph
        self.facts = facts
        places = [(name, port.name) for name in facts.order for port in facts.types[name].outputs]
        self.slots = {place: number for number, place in enumerate(places)}
        self.held = {name: self._held_by(name) for name in facts.order}
        self.outputs = tuple(
            output for name in facts.order if facts.types[name].keeps for output in self._outputs(graph.nodes[name])
        )

    def segment(self, names: tuple[str, ...]) -> Segment:
        """Give the segment of some nodes."""
        streams = {stream for name in names for stream in self._streams(name)}
        # A missing value must be dealt with before any step of the event, and a renewed one before its first use;
        # both follow from the order of the nodes.
        return Segment(
            nodes=names,
            stateful=any(self.facts.types[name].stateful or self.facts.types[name].keeps for name in names),
            begin=tuple(step for name in names for step in self._begin(name)),
            events={
                stream: tuple(step for name in names for step in self._event(name, stream))
                for stream in sorted(streams)
            },
            end=tuple(step for name in names for step in self._end(name)),
        )

    def needed(self) -> frozenset[str]:
        """Give the streams that some node reads for more than holding the value."""
        return frozenset(
            stream
            for name in self.facts.order
            if self.facts.types[name].is_source
            and not self.facts.types[name].held
            and (stream := self.facts.stream[name]) is not None
            and not all(self.facts.types[user].held for user in self.facts.graph.successors(name))
        )

    # What a node depends on

    def _held_by(self, name: str) -> frozenset[str]:
        """Give the held nodes whose renewal renews a run-level node (itself included)."""
        if self.facts.types[name].held:
            return frozenset({name})
        if self._cadence(name) is not Cadence.RUN:
            return frozenset()
        return frozenset().union(*(self._held_by(origin.node) for origin in self.facts.origins[name].values()))

    def _cadence(self, name: str) -> Cadence | None:
        """Give the cadence at which a function node works."""
        kind = self.facts.types[name]
        if kind.outputs:
            return self.facts.cadence[name][kind.outputs[0].name]
        inputs = [self.facts.cadence_into(name, port) for port in self.graph.nodes[name].inputs]
        return next((wanted for wanted in (Cadence.FINAL, Cadence.EVENT) if wanted in inputs), Cadence.RUN)

    def _renewing(self, name: str) -> set[str]:
        """Give the streams whose events renew a run-level node."""
        streams = (self.facts.stream[held] for held in self.held[name])
        return {stream for stream in streams if stream is not None}

    def _needed_by(self, held: str) -> set[str]:
        """Give the streams whose events need a held node's value."""
        return {
            stream
            for name in self.facts.order
            if not self.facts.types[name].held and (stream := self.facts.stream[name]) is not None
            for origin in self.facts.origins[name].values()
            if held in self.held[origin.node]
        }

    def _streams(self, name: str) -> set[str]:
        kind = self.facts.types[name]
        if kind.keeps:
            inputs = self.graph.nodes[name].inputs
            streams = {stream for port in inputs if (stream := self.facts.stream_into(name, port)) is not None}
            renewed = (self._renewing(self.facts.origins[name][port].node) for port in inputs)
            return streams.union(*renewed)
        own = {stream} if (stream := self.facts.stream[name]) is not None else set()
        if kind.held:
            return own | self._needed_by(name)
        return own | self._renewing(name)

    # The steps of a node

    def _begin(self, name: str) -> Iterator[Step]:
        kind = self.facts.types[name]
        if kind.keeps:
            yield from self._keep(name, Cadence.RUN, None)
        elif kind.held:
            yield Step(name, Work.BEGIN, outs=self._outs(name, "update"), publishes=True)
        elif not kind.stateful and self._cadence(name) is Cadence.RUN:
            yield self._call(name, publishes=True)

    def _event(self, name: str, stream: str) -> Iterator[Step]:
        kind = self.facts.types[name]
        if kind.keeps:
            yield from self._keep(name, Cadence.EVENT, stream)
        elif kind.held:
            if self.facts.stream[name] == stream:
                yield Step(name, Work.UPDATE, self._ins(name), self._outs(name, "update"), publishes=True)
            if stream in self._needed_by(name):
                yield Step(name, Work.MISSING, outs=self._outs(name, "update"))
        elif kind.stateful and self.facts.stream[name] == stream:
            yield Step(
                name, Work.UPDATE, self._ins(name), self._outs(name, "update"), self._outs(name, "value", used=True)
            )
        elif not kind.stateful and self.facts.stream[name] == stream:
            yield self._call(name)
        elif not kind.stateful and stream in self._renewing(name):
            yield self._call(name, publishes=True)

    def _end(self, name: str) -> Iterator[Step]:
        kind = self.facts.types[name]
        if kind.keeps:
            yield from self._keep(name, Cadence.FINAL, None)
        elif kind.stateful and hasattr(kind.target, "final"):
            yield Step(name, Work.FINAL, outs=self._outs(name, "final"))
        elif not kind.stateful and self._cadence(name) is Cadence.FINAL:
            yield self._call(name)

    def _call(self, name: str, publishes: bool = False) -> Step:
        return Step(name, Work.CALL, self._ins(name), self._outs(name, ""), publishes=publishes)

    def _keep(self, name: str, cadence: Cadence, stream: str | None) -> Iterator[Step]:
        ins = tuple(
            (output.name, output.slot)
            for output in self.outputs
            if output.sink == name and self._kept_now(output, cadence, stream)
        )
        if ins:
            yield Step(name, Work.KEEP, ins)

    def _kept_now(self, output: Output, cadence: Cadence, stream: str | None) -> bool:
        if output.cadence is Cadence.RUN:  # at the start, and again when it is renewed
            return stream in self._renewing(output.node) if cadence is Cadence.EVENT else cadence is Cadence.RUN
        return output.cadence is cadence and output.stream == stream

    def _ins(self, name: str) -> tuple[tuple[str | None, int], ...]:
        """Give argument and slot of each input; leading inputs go by position, which is fastest."""
        kind, origins = self.facts.types[name], self.facts.origins[name]
        leading = [port.name for port in kind.inputs if not port.variadic]
        gap = next((number for number, port in enumerate(leading) if port not in origins), len(leading))
        by_position = leading[:gap]
        ordered = [*by_position, *(port for port in origins if port not in by_position)]
        return tuple(
            (None if port in by_position else port, self.slots[origins[port].node, origins[port].output])
            for port in ordered
        )

    def _outs(self, name: str, method: str, used: bool = False) -> tuple[tuple[int | None, int], ...]:
        """Give field and slot of each output of a method; only those that someone uses, if asked."""
        ports = [port for port in self.facts.types[name].outputs if port.method == method]
        single = len(ports) == 1
        return tuple(
            (None if single else field, self.slots[name, port.name])
            for field, port in enumerate(ports)
            if not used or self._is_used(name, port.name)
        )

    def _is_used(self, name: str, port: str) -> bool:
        return any(
            origin.node == name and origin.output == port
            for origins in self.facts.origins.values()
            for origin in origins.values()
        )

    def _outputs(self, sink: Node) -> Iterator[Output]:
        for result in sink.inputs:
            origin = self.facts.origins[sink.name][result]
            port = self.facts.types[origin.node].output(origin.output)
            if port is None:  # a checked graph has no such reference
                continue
            yield Output(
                name=result,
                node=origin.node,
                port=origin.output,
                slot=self.slots[origin.node, origin.output],
                types=port.types,
                cadence=self.facts.cadence[origin.node][origin.output],
                stream=self.facts.stream_into(sink.name, result),
                sink=sink.name,
            )
