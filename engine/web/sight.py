"""What there is to look at: a graph and its values, of a job at work or of a run that is over."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from headrace.engine.jobs.job import Job
from headrace.engine.jobs.letter import KeptLetter
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.records import EventKey
from headrace.engine.web.moments import Moment
from headrace.engine.web.probes import Watch

__all__ = ["JobSight", "Seen", "Sight", "upstream_image"]

MOST_HELD = 4
"""Pages that may hold the view at the same time: each holds references to values."""


class Seen(Protocol):
    """The values of one event; see `headrace.engine.web.moments.Moment`."""

    @property
    def number(self) -> int:
        """Counted from 1; never used twice."""

    @property
    def key(self) -> EventKey:
        """The event."""

    @property
    def time(self) -> float:
        """The time that it says of itself."""

    @property
    def revision(self) -> int:
        """The revision it was worked on under."""

    @property
    def full(self) -> bool:
        """Whether its large values are there."""

    def has(self, port: str) -> bool:
        """Tell whether there is a value of a port."""

    def get(self, port: str) -> Any:
        """Give the value of a port; None if there is none."""

    def light(self, port: str) -> Any:
        """Give the value of a port if it is a small one."""


class Sight(Protocol):
    """A graph and its values. May be asked from any thread."""

    live: bool

    @property
    def graph(self) -> Graph:
        """The graph in force."""

    @property
    def types(self) -> Mapping[str, NodeType]:
        """The type of each of its nodes, as far as known."""

    def moments(self) -> Sequence[Seen]:
        """Give the events that can be looked at, the oldest first."""

    def find(self, number: int) -> Seen | None:
        """Give the event of a number, also one that is held for somebody or was the last of a revision."""

    def lasting(self, port: str) -> Any:
        """Give what a port has that belongs to no event; None if nothing."""

    def letters(self) -> Sequence[KeptLetter]:
        """Give the failures, the oldest first."""

    def status(self) -> dict[str, Any] | None:
        """Give how its runs did, as in a status; None where a monitor knows that."""


class JobSight:
    """A job at work.

    Parameters
    ----------
    job
        The job.

    Attributes
    ----------
    watch
        Its probes; they are in place as long as somebody looks.
    """

    live = True

    def __init__(self, job: Job) -> None:
        self.job = job
        self.watch = Watch(job.pipeline)
        self._lookers = 0
        self._held: dict[int, Sequence[Moment]] = {}
        self._lock = threading.Lock()
        self._settling = threading.Lock()

    @property
    def graph(self) -> Graph:
        """The graph in force."""
        return self.job.pipeline.plan.graph

    @property
    def types(self) -> Mapping[str, NodeType]:
        """The type of each of its nodes."""
        return self.job.pipeline.plan.types

    def look(self) -> None:
        """Begin to look; see `settle`."""
        with self._lock:
            self._lookers += 1

    def leave(self, looker: int) -> None:
        """Look no longer; see `settle`."""
        with self._lock:
            self._lookers -= 1
            self._held.pop(looker, None)

    @property
    def unsettled(self) -> bool:
        """Whether `settle` has something to do."""
        return self.watch.stale if self._lookers else self.watch.there

    def settle(self) -> None:
        """Put probes in place if somebody looks, take them away if nobody does. Waits for the work under way."""
        with self._settling:
            if self._lookers:
                self.watch.begin()
            else:
                self.watch.every = False
                self.watch.end()

    def hold(self, looker: int) -> Sequence[Moment] | None:
        """Hold what there is for a looker; None if too many do that."""
        with self._lock:
            if looker not in self._held and len(self._held) >= MOST_HELD:
                return None
            self._held[looker] = self.watch.moments.held()
            return self._held[looker]

    def release(self, looker: int) -> None:
        """Hold nothing for a looker any more."""
        with self._lock:
            self._held.pop(looker, None)

    def moments(self) -> Sequence[Moment]:
        """Give the events that can be looked at, the oldest first."""
        return self.watch.moments.all()

    def find(self, number: int) -> Moment | None:
        """Give the event of a number."""
        with self._lock:
            held = [moment for moments in self._held.values() for moment in moments]
        former = self.watch.moments.former()
        return next((one for one in (*held, *former, *reversed(self.moments())) if one.number == number), None)

    def lasting(self, port: str) -> Any:
        """Give what a port has that belongs to no event."""
        return self.watch.lasting.get(port)

    def letters(self) -> Sequence[KeptLetter]:
        """Give the failures, the oldest first."""
        return self.job.letters.recent

    def status(self) -> dict[str, Any] | None:
        """Give nothing: the monitor of the jobs knows."""
        return None


def upstream_image(sight: Sight, port: str, has_image: Mapping[str, bool]) -> str | None:
    """Give the port whose image a value was made of: the nearest one upstream that has an image."""
    graph, types = sight.graph, sight.types
    waiting, seen = [port.partition(".")[0]], set()
    while waiting:
        node = waiting.pop(0)
        if node in seen or node not in graph.nodes:
            continue
        seen.add(node)
        for reference in graph.nodes[node].inputs.values():
            origin, _, output = reference.partition(".")
            kind = types.get(origin)
            found = kind.output(output or None) if kind else None
            if found is not None and has_image.get(f"{origin}.{found.name}"):
                return f"{origin}.{found.name}"
            waiting.append(origin)
    return None
