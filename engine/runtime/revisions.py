"""The revisions of a pipeline: what is in force, what was, and what waits for its event."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.records import EventKey
from headrace.engine.runtime.change import Change, prepare
from headrace.engine.runtime.revision import Revision

__all__ = ["Revisions", "end_of"]

_log = logging.getLogger(__name__)


class Revisions:
    """Numbered snapshots, of which one is in force.

    Making one never waits for the work on an event, nor holds it up: what is in force is one reference, replaced
    at once and read once per event.

    Parameters
    ----------
    first
        What is in force at the beginning.
    registry
        Node type name to node type, for graphs to come.

    Attributes
    ----------
    current
        The revision in force.
    waiting
        Revisions to come, in order, each with the event from which on it will be in force.
    """

    def __init__(self, first: Revision, registry: Mapping[str, NodeType]) -> None:
        self.current = first
        self.waiting: tuple[tuple[Revision, EventKey], ...] = ()
        self._registry = registry
        self._made = [first]
        self._lock = threading.Lock()

    @property
    def made(self) -> tuple[Revision, ...]:
        """All that were made, in order; one that waits is the last."""
        return tuple(self._made)

    def plan(self, graph: Graph) -> Change:
        """Check a graph that is to take over, and say what that will do; see `prepare`."""
        return prepare(self._made[-1], graph, self._registry)

    def make(
        self,
        graph: Graph,
        *,
        author: str = "",
        at: EventKey | None = None,
        busy: bool = False,
        undoes: int | None = None,
        number: int | None = None,
        made_at: float | None = None,
    ) -> Revision:
        """Make a revision.

        Parameters
        ----------
        graph
            The graph as it shall be.
        author
            Who wants it.
        at
            The event from which on it is in force; None for the next one, whichever it is. Of its run the beginning
            of the uid will do, or nothing for any run. `end_of` a run stands for what is
            left when all its events are done.
        busy
            Whether runs are under way, so that nodes may refuse.
        undoes
            Number of the revision that it takes back.
        number, made_at
            Its number, and when it was made, if it is one that is made again; else the next number, and now.

        Returns
        -------
        The revision; the one in force if nothing changes.

        Raises
        ------
        GraphError
            If the graph has faults.
        UsageError
            If a node refuses, or another revision still waits for its event and this one would not.
        """
        with self._lock:
            if at is None:
                self._refuse_while_waiting()
            change = prepare(self._made[-1], graph, self._registry, number)
            if change.is_empty:
                return self.current
            if busy and (refusals := change.refusals()):
                problem = f"refused, nothing was changed: {'; '.join(refusals)}; stop, or change it between two runs"
                raise UsageError(problem)
            made = Revision(
                plan=change.plan,
                parameters=change.parameters,
                time=time.time() if made_at is None else made_at,
                author=author,
                changes=change.values,
                rewired=change.rewired,
                base=change.base.number,
                undoes=undoes,
            )
            self._made.append(made)
            if at is None:
                self.current = made
            else:
                self.waiting = (*self.waiting, (made, at))
            return made

    def _refuse_while_waiting(self) -> None:
        if self.waiting:
            revision, key = self.waiting[0]
            problem = f"revision {revision.number} still waits for event {key}; undo it first, or wait"
            raise UsageError(problem)

    def undone(self) -> tuple[Graph, int]:
        """Give the graph as it was before the last revision that is still in force, and that revision's number.

        Raises
        ------
        UsageError
            If there is nothing to undo.
        """
        taken_back = {revision.undoes for revision in self._made}
        for revision in reversed(self._made):
            if revision.base is not None and revision.undoes is None and revision.number not in taken_back:
                before = next(made for made in self._made if made.number == revision.base)
                return before.plan.graph, revision.number
        problem = "there is nothing to undo: this is the graph as it began"
        raise UsageError(problem)

    def forget_waiting(self) -> bool:
        """Take back the last revision, if it still waits; tell whether it did."""
        with self._lock:
            if not self.waiting:
                return False
            self._made.remove(self.waiting[-1][0])
            self.waiting = self.waiting[:-1]
            return True

    def reach(self, key: EventKey) -> None:
        """Put in force what waits for this event, or for one before it in its stream."""
        while self.waiting and _is_reached(self.waiting[0][1], key):
            self._put_next_in_force()

    def leave(self, run: str) -> None:
        """Put in force what waits for the end of a run, and forget what waits for events that it never had."""
        while self.waiting and run.startswith(self.waiting[0][1].run):
            revision, at = self.waiting[0]
            if at.stream == "":
                self._put_next_in_force()
            elif at.run:
                _log.warning("run %s ended before event %s: revision %d is dropped", run, at, revision.number)
                self._drop_waiting()
            else:
                return

    def _put_next_in_force(self) -> None:
        with self._lock:
            (revision, _), *rest = self.waiting
            self.current, self.waiting = revision, tuple(rest)

    def _drop_waiting(self) -> None:
        """Forget all that waits: each revision was made from the one before it."""
        with self._lock:
            self._made = [made for made in self._made if made not in [revision for revision, _ in self.waiting]]
            self.waiting = ()


def end_of(run: str) -> EventKey:
    """Give what stands for the end of a run, where an event is asked for: what is left when all events are done."""
    return EventKey(run, "", 0)


def _is_reached(at: EventKey, key: EventKey) -> bool:
    return key.run.startswith(at.run) and at.stream == key.stream and key.seq_num >= at.seq_num
