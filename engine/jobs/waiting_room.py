"""Where the records of a run wait until the other runs it refers to (its dark, say) are there.

A run waits as a whole, before the graph sees anything of it. So its nodes find at their beginning what they would find
if the run came from a store, and its events go through the graph in the same order with the same result.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from headrace.engine.model.records import Event, Reference, RunContext, RunEnd
from headrace.engine.runtime.pipeline import Pipeline

__all__ = ["Give", "Needs", "WaitingRoom", "lacking"]

_log = logging.getLogger(__name__)

Record: TypeAlias = RunContext | Event | RunEnd
Needs: TypeAlias = Callable[[RunContext], Iterable[tuple[str, Reference]]]
"""Takes a run; gives the nodes that lack another run, and that run."""
Give: TypeAlias = Callable[[Record], None]
"""Takes a record that waits no longer."""

_PAUSE = 2.0
"""Seconds between looks into a store, where a run may appear without a document passing by."""


@dataclass(slots=True)
class _Held:
    """A run that waits."""

    context: RunContext
    lacking: dict[str, Reference]  # node -> what it lacks
    records: list[Record] = field(default_factory=list)
    size: int = 0
    given_up: set[str] = field(default_factory=set)  # nodes that wait no longer
    looked: float = 0.0


class WaitingRoom:
    """Keeps back the records of runs that refer to other runs which are not there yet.

    A run goes on as soon as all it lacks has come; or when the time is over for which its nodes wish to wait, by the
    time of its own events; or when it ends; or when the room is full. In the last three cases its nodes do what they
    do when there is nothing (``missing``).

    Parameters
    ----------
    needs
        What a run lacks, by now.
    most_events, most_bytes
        How much may wait, over all runs; see below.
    say
        Told when a run begins to wait.

    Attributes
    ----------
    most_events, most_bytes
        How many events may wait, over all runs, and how many bytes of values that stand in documents. If it is more,
        the run that takes most room goes on. May be changed at any time.

    Notes
    -----
    Records come from one thread. `waiting` and `room` may be read in any.
    """

    def __init__(
        self,
        needs: Needs,
        *,
        most_events: int = 10_000,
        most_bytes: int = 1 << 29,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._needs = needs
        self.most_events = most_events
        self.most_bytes = most_bytes
        self._say = say
        self._held: dict[str, _Held] = {}

    def take(self, record: Record, give: Give) -> None:
        """Take a record: give it on, or keep it until its run waits no longer.

        Parameters
        ----------
        record
            The record.
        give
            Takes it, and those that had to wait for it.
        """
        if isinstance(record, RunContext):
            self._begin(record, give)
            return
        run = record.key.run if isinstance(record, Event) else record.run
        held = self._held.get(run)
        if held is None:
            give(record)
            return
        held.records.append(record)
        if isinstance(record, RunEnd):
            self._look_again(run, held)
            self._release(run, give, "the run has ended")
            return
        held.size += int(getattr(record.data, "inline_bytes", 0))
        self._give_up_late(held, record.time)
        self._look(run, held, give)
        self._make_room(give)

    def _begin(self, context: RunContext, give: Give) -> None:
        held = _Held(context, {}, [context])
        self._look_again(context.uid, held)
        if not held.lacking or context.uid in self._held:
            give(context)
            return
        self._held[context.uid] = held
        self._say(f"run {context.uid[:8]}: {'; '.join(_reasons(held).values())}")

    def look(self, give: Give) -> None:
        """See whether what runs wait for has come; to be called when another run has ended, and now and then."""
        for run, held in list(self._held.items()):
            self._look(run, held, give, at_once=True)

    def _look(self, run: str, held: _Held, give: Give, *, at_once: bool = False) -> None:
        if at_once or held.lacking.keys() <= held.given_up or time.monotonic() - held.looked > _PAUSE:
            self._look_again(run, held)
        if not held.lacking:
            self._release(run, give)

    def _look_again(self, run: str, held: _Held) -> None:
        held.looked = time.monotonic()
        try:
            needs = dict(self._needs(held.context))
        except Exception:  # the node itself will say so, where it counts
            _log.exception("can't tell what run %s refers to; it does not wait", run)
            needs = {}
        held.lacking = {node: lacked for node, lacked in needs.items() if lacked.wait > 0 and node not in held.given_up}

    def _give_up_late(self, held: _Held, now: float) -> None:
        began = float(held.context.start.get("time", now))
        late = [node for node, lacked in held.lacking.items() if now - began > lacked.wait]
        for node in late:
            _log.warning("run %s waits no longer for %s: node %r", held.context.uid, held.lacking[node], node)
        held.given_up.update(late)

    def _make_room(self, give: Give) -> None:
        while self._held:
            events, size = self.room
            if events <= self.most_events and size <= self.most_bytes:
                return
            too_many = events > self.most_events
            largest = max(
                self._held, key=lambda run: len(self._held[run].records) if too_many else self._held[run].size
            )
            self._release(largest, give, f"more waits than {self.most_events} events or {self.most_bytes} bytes")

    def _release(self, run: str, give: Give, reason: str = "") -> None:
        held = self._held.pop(run)
        if held.lacking and reason:
            lacked = ", ".join(str(one) for one in held.lacking.values())
            _log.warning("run %s goes on without %s: %s", run, lacked, reason)
        for record in held.records:
            give(record)

    @property
    def waiting(self) -> Mapping[str, Mapping[str, str]]:
        """What waits: run to node to the reason in words, such as ``waiting for dark run 5c1f0a2e``."""
        return {run: _reasons(held) for run, held in list(self._held.items())}

    @property
    def room(self) -> tuple[int, int]:
        """How many events wait, and the bytes of their values."""
        held = list(self._held.values())
        return sum(len(one.records) - 1 for one in held), sum(one.size for one in held)


def _reasons(held: _Held) -> dict[str, str]:
    return {node: f"waiting for {lacked}" for node, lacked in dict(held.lacking).items()}


def lacking(pipeline: Pipeline, context: RunContext) -> Iterator[tuple[str, Reference]]:
    """Give the nodes of a graph that refer to a run which is not known, each with the first such run."""
    for name, kind in pipeline.plan.types.items():
        if kind.refers_to is not None:
            references = kind.refers_to(pipeline.parameters.values[name], context)
            unknown = (reference for reference in references if context.find_run(reference.uid) is None)
            yield from ((name, reference) for reference in islice(unknown, 1))
