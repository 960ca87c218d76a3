"""The streams of a pipeline: a head, and behind it a node of a stream for each segment of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace.engine.model.records import EventKey
from headrace.engine.runtime.message import Message, Worker
from headrace.engine.runtime.plan import Plan, Segment
from headrace.engine.runtime.streams import StreamLibrary, segment_class, stream_base, takes_metadata
from headrace.engine.runtime.taps import Taps

__all__ = ["Chain"]


class Chain:
    """The streams through which messages go.

    Parameters
    ----------
    runtime
        The stream library to build on: ``"streamz"``, ``"rapidz"`` or a ``Stream`` class.

    Attributes
    ----------
    head
        The first stream.
    taps
        Who reads values on the way.
    plan
        The plan that the streams were made for; None before the first.
    """

    def __init__(self, runtime: StreamLibrary | type) -> None:
        base = stream_base(runtime)
        self._takes_metadata = takes_metadata(base)
        self._node_class = segment_class(base)
        self._nodes: list[Any] = []
        self.taps = Taps(base, takes_metadata=self._takes_metadata)
        self.plan: Plan | None = None
        self.head = self._node_class(stream_name="documents")
        self.head.work = _pass_on

    def build(self, plan: Plan) -> None:
        """Make the streams for a plan; as long as its segments have the same nodes, the streams stay the same."""
        if plan is self.plan:
            return
        self.plan = plan
        self.taps.number(plan)
        if [node.name for node in self._nodes] != [_name(segment) for segment in plan.segments]:
            self._hang(plan.segments)
        for number, (node, segment) in enumerate(zip(self._nodes, plan.segments, strict=True)):
            node.work = Worker(segment, number, self.taps)

    def _hang(self, segments: Sequence[Segment]) -> None:
        """Hang new streams on the head; what users attached to the head itself stays."""
        if self._nodes:
            self.head.downstreams.discard(self._nodes[0])
        self.head.following, self._nodes = None, []
        previous = self.head
        for segment in segments:
            node = self._node_class(upstream=previous, stream_name=_name(segment))
            previous.following = previous = node
            self._nodes.append(node)

    def send(self, message: Message, key: EventKey | None = None) -> Any:
        """Send a message through the streams; gives what the library's ``emit`` gives."""
        metadata = {"metadata": [{"event": key}]} if key is not None and self._takes_metadata else {}
        if self.head.loop is None:
            # Not through `emit`: that would tell streamz that this thread may not wait, and a tap with a buffer
            # behind it could then not hold us back.
            return self.head.update(message, **metadata)
        return self.head.emit(message, **metadata)


def _name(segment: Segment) -> str:
    return " ".join(segment.nodes)


def _pass_on(message: Message) -> None:
    """Do nothing: the head of the chain has no work."""
