"""Changing a graph while it runs: what a change would do, making it, taking it back, computing anew what was before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from headrace.engine.documents.assembler import Record
from headrace.engine.documents.result_writer import ResultWriter
from headrace.engine.jobs.graph_watch import GraphWatch, without_trust_fault
from headrace.engine.jobs.retro import Retro
from headrace.engine.jobs.write_back import WrittenBack, file_of, unwritten, write_back
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import EventKey
from headrace.engine.model.registry import Registry
from headrace.engine.model.yaml_reader import read_graph
from headrace.engine.runtime.change import Change
from headrace.engine.runtime.pipeline import Pipeline
from headrace.engine.runtime.revision import Revision

__all__ = ["Changes", "History"]

_log = logging.getLogger(__name__)

History: TypeAlias = Callable[[str], Iterable[Record | None]]
"""Gives the records of a run from its beginning; None where more is to come but is not there yet."""


class Changes:
    """The changes of one running graph.

    Parameters
    ----------
    pipeline, registry
        What runs, and the node types that a changed graph may use.
    writer
        What takes the results of the pipeline.
    another_writer
        Makes one that takes results of the same runs, computed again.

    Attributes
    ----------
    history
        Where runs under way can be read from their beginning; None if that is not kept.
    again
        What was, and is, computed again; the newest last.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        registry: Registry,
        writer: ResultWriter,
        another_writer: Callable[[], ResultWriter],
    ) -> None:
        self.history: History | None = None
        self.again: list[Retro] = []
        self._pipeline = pipeline
        self._registry = registry
        self._writers = [writer]
        self._another_writer = another_writer
        self._watch: GraphWatch | None = None

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """Every revision that was made, in order."""
        return self._pipeline.revisions.made

    @property
    def in_force(self) -> tuple[Revision, tuple[tuple[Revision, EventKey], ...]]:
        """The revision in force, and those that wait, each with its event."""
        return self._pipeline.revisions.current, self._pipeline.revisions.waiting

    def read(self, text: str) -> Graph:
        """Read a graph that is to take over from YAML text, with the node types there are; nothing in it is run."""
        return Graph.from_yaml(text, self._registry, file="<the new graph>")

    def plan(self, change: Mapping[str, Any] | Graph) -> Change:
        """Say what a change would do; see `Pipeline.plan_change`."""
        return self._pipeline.plan_change(change)

    def set(
        self,
        change: Mapping[str, Any] | Graph,
        *,
        author: str = "",
        at: EventKey | None = None,
        retro: bool = False,
    ) -> Revision:
        """Change parameters, nodes or edges between two events; see `Pipeline.set`.

        Parameters
        ----------
        change, author, at
            See `Pipeline.set`.
        retro
            Whether to compute the events that came before, of the runs under way, again under the change.

        Raises
        ------
        GraphError
            If the graph would have faults.
        UsageError
            If it is refused; or if ``retro`` is asked for and what came before is not kept. Nothing was changed then.
        """
        if retro:
            self._refuse_retro(at)
        before = self.revisions[-1]
        revision = self._pipeline.set(change, author=author, at=at)
        if retro and revision is not before:
            self._compute_again(revision)
        return revision

    def repeat(self, text: str, *, at: EventKey | None, number: int, time: float, author: str) -> Revision:
        """Make a revision again that was made before: the graph as YAML text, and what else is known of it.

        Raises
        ------
        GraphError
            If the graph has faults by now.
        UsageError
            If a result would become another kind of value.
        """
        graph = without_trust_fault(self.read(text), self.revisions[-1].plan.graph)
        return self._pipeline.revisions.make(graph, author=author, at=at, number=number, made_at=time)

    def undo(self, *, author: str = "", retro: bool = False) -> Revision:
        """Take the last change back; see `Pipeline.undo`."""
        if retro:
            self._refuse_retro(None)
        revision = self._pipeline.undo(author=author)
        if retro:
            self._compute_again(revision)
        return revision

    def _refuse_retro(self, at: EventKey | None) -> None:
        if self.history is None:
            problem = "what came before the change is not kept, so it can't be computed again: start with --journal DIR"
            raise UsageError(problem)
        if at is not None:
            problem = (
                "a change from an event on, and one for all events before it, exclude each other; give one of them"
            )
            raise UsageError(problem)

    def _compute_again(self, revision: Revision) -> None:
        """Begin to compute the runs under way again; what was computed again under an older revision is given up."""
        for older in self.again:
            older.stop()
        for state in self._pipeline.under_way:
            uid = self._result_of(state.run.uid)
            if uid is None or self.history is None:
                continue
            self._writers.append(self._another_writer())
            again = Pipeline(revision.plan, self._writers[-1], registry=self._registry, first=revision)
            records = self.history(state.run.uid)
            retro = Retro(self._pipeline, state.run.uid, revision, records, again, supersedes=uid)
            self.again.append(retro)
            retro.start()

    def _result_of(self, run: str) -> str | None:
        """Give the uid of the result run that a run under way has now."""
        uids = (writer.uid_of(run) for writer in reversed(self._writers))
        return next((uid for uid in uids if uid is not None), None)

    def follow(self, run: str, revision: Revision, first: EventKey | None) -> None:
        """Tell what is computed again that a run under way is under another revision from an event on."""
        for retro in self.again:
            if retro.run == run:
                retro.follow(revision, first)

    def finish(self, *, at_once: bool) -> None:
        """Wait until all that is computed again is done; or give it up at once."""
        for retro in self.again:
            retro.stop() if at_once else retro.join()

    def write_back(self, keys: Iterable[str] = ()) -> WrittenBack:
        """Write parameters as they are now into the graph's file; only these values change.

        Parameters
        ----------
        keys
            ``node.parameter``; all that differ from the file if none are given.

        Raises
        ------
        UsageError
            If the graph has no file of its own, or a key is the same in both.
        NotReachableError
            If the file can't be written.
        """
        running = self.revisions[-1].plan.graph
        graph = read_graph(file_of(running), self._registry)
        values = unwritten(graph, running)
        if unknown := [key for key in keys if key not in values]:
            problem = (
                f"{', '.join(unknown)}: the file has this value already; it differs in {', '.join(values) or 'none'}"
            )
            raise UsageError(problem)
        wanted = {key: value for key, value in values.items() if not keys or key in list(keys)}
        return write_back(graph, wanted)

    def watch(self) -> bool:
        """Begin to follow the graph's file; tell whether there is one to follow."""
        running = self.revisions[-1].plan.graph
        try:
            graph = read_graph(file_of(running), self._registry)
        except UsageError:
            return False
        self._watch = GraphWatch(graph, self._pipeline, self._registry)
        self._watch.start()
        return True

    def close(self, *, at_once: bool) -> None:
        """End following the file, and see `finish`."""
        if self._watch is not None:
            self._watch.stop()
        self.finish(at_once=at_once)
