"""A finished run to look at: the graph, the counts and the values that its stored result has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from headrace.engine.documents.encoding import field_name
from headrace.engine.documents.result import Result
from headrace.engine.jobs.dead_letters import dead_letters
from headrace.engine.jobs.letter import KeptLetter
from headrace.engine.jobs.replay_source import recorded_graph
from headrace.engine.model.errors import HeadraceError, UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.records import Event, EventKey
from headrace.engine.model.registry import types_for
from headrace.engine.web.stored_status import stored_status

__all__ = ["ResultSight", "StoredMoment"]


@dataclass(slots=True, eq=False)
class StoredMoment:
    """The values of one raw event, as a result has them; read when they are asked for.

    Attributes
    ----------
    number, key, time, revision
        As of a `headrace.engine.web.moments.Moment`.
    events
        ``node.port`` to the name of its stream, its event, and whether its values are small.
    """

    number: int
    key: EventKey
    time: float
    revision: int = 1
    full: bool = True
    events: dict[str, tuple[str, Event, bool]] = field(default_factory=dict)

    def has(self, port: str) -> bool:
        """Tell whether there is a value of a port."""
        return port in self.events

    def get(self, port: str) -> Any:
        """Read the value of a port; None if there is none."""
        found = self.events.get(port)
        return None if found is None else _value(found[0], found[1])

    def light(self, port: str) -> Any:
        """Read the value of a port if it is a small one."""
        found = self.events.get(port)
        return self.get(port) if found is not None and found[2] else None


class ResultSight:
    """The result of a run, to look at.

    Parameters
    ----------
    result
        The result.
    place
        Where it was found, for its dead letters; empty if that is not known.

    Raises
    ------
    UsageError
        If it is a raw run.
    """

    live = False

    def __init__(self, result: Result, place: str = "") -> None:
        about = result.start.get("headrace")
        if not isinstance(about, Mapping) or "graph" not in about:
            problem = f"run {result.uid[:8]} is no result of a graph; headrace run makes one"
            raise UsageError(problem)
        self.result = result
        self._place = place

    @cached_property
    def graph(self) -> Graph:
        """The graph that it began with."""
        return recorded_graph(self.result)

    @cached_property
    def types(self) -> Mapping[str, NodeType]:
        """The types of its nodes that are installed here."""
        registry = types_for(self.graph)
        return {name: registry[node.type] for name, node in self.graph.nodes.items() if node.type in registry}

    def moments(self) -> Sequence[StoredMoment]:
        """Give the raw events of which values were kept, in order."""
        return self._read[0]

    def find(self, number: int) -> StoredMoment | None:
        """Give the event of a number."""
        moments = self.moments()
        return moments[number - 1] if 0 < number <= len(moments) else None

    def lasting(self, port: str) -> Any:
        """Read what a port gave once."""
        found = self._read[1].get(port)
        return None if found is None else _value(*found)

    def letters(self) -> Sequence[KeptLetter]:
        """Give the failures, the oldest first."""
        try:
            return dead_letters(Path(self._place)) if self._place else []
        except HeadraceError:
            return []

    def status(self) -> dict[str, Any]:
        """Give how the run did."""
        return stored_status(self.result.start, self.result.stop)

    @cached_property
    def _read(self) -> tuple[list[StoredMoment], dict[str, tuple[str, Event]]]:
        """Sort the events of all streams by the raw event they were made of."""
        moments: dict[tuple[str, int], StoredMoment] = {}
        lasting: dict[str, tuple[str, Event]] = {}
        for port, stream, about in self._ports():
            for event in self.result.events(stream):
                raw = event.data.get("raw_seq_num")
                if about.get("cadence") != "event" or not isinstance(raw, int):
                    lasting[port] = (stream, event)
                    continue
                key = (str(about.get("raw_stream") or "primary"), raw)
                moment = moments.get(key)
                if moment is None:
                    raw_key = EventKey(str(self.result.start.get("raw_uid", "")), *key)
                    moment = moments[key] = StoredMoment(0, raw_key, event.time, _revision(stream, event))
                moment.events[port] = (stream, event, _is_number(stream, event))
        ordered = [moments[key] for key in sorted(moments)]
        for number, moment in enumerate(ordered, 1):
            moment.number = number
        return ordered, lasting

    def _ports(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        described = set(self.result.streams)
        for stream, about in self.result.outputs.items():
            if stream in described:
                yield f"{about.get('node')}.{about.get('port')}", stream, about


def _revision(stream: str, event: Event) -> int:
    about = event.descriptor.get("configuration", {}).get(stream, {}).get("data", {})
    return int(about.get("revision", 1))


def _is_number(stream: str, event: Event) -> bool:
    key = event.descriptor.get("data_keys", {}).get(stream, {})
    return key.get("dtype") in ("number", "integer", "boolean") and not key.get("shape")


def _value(stream: str, event: Event) -> Any:
    """Give the value that an event of a result holds: a table has its columns in fields of their own."""
    if stream in event.data:
        return event.data[stream]
    import pandas as pd

    prefix = field_name(stream, "")
    fields = [name for name in event.descriptor.get("object_keys", {}).get(stream, ()) if name.startswith(prefix)]
    return pd.DataFrame({name.removeprefix(prefix): event.data[name] for name in fields})
