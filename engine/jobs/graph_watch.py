"""Watching the file of a running graph: what is edited there takes effect, if it is right."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.engine.jobs.write_back import unwritten
from headrace.engine.model.check import check_graph
from headrace.engine.model.errors import HeadraceError
from headrace.engine.model.faults import report
from headrace.engine.model.graph import Graph
from headrace.engine.model.yaml_reader import read_graph

if TYPE_CHECKING:
    from headrace.engine.model.registry import Registry
    from headrace.engine.runtime.pipeline import Pipeline

__all__ = ["GraphWatch", "merged", "without_trust_fault"]

_log = logging.getLogger(__name__)

_Stamp = tuple[tuple[str, int, int], ...]


class GraphWatch:
    """Looks at a graph's file, and those it extends, and takes over what was changed in it.

    A faulty file is told to the log with its faults and their places, and the pipeline goes on as it was. Parameters
    that were set while the pipeline ran stay set, unless the edit is about the same parameter.

    Parameters
    ----------
    graph
        The graph as read from its file.
    pipeline
        What runs it.
    registry
        The node types; local Python files are not run again.
    every
        Seconds between two looks.
    """

    def __init__(self, graph: Graph, pipeline: Pipeline, registry: Registry, every: float = 0.5) -> None:
        self._graph = graph
        self._pipeline = pipeline
        self._registry = registry
        self._every = every
        self._path = Path(graph.where().file) if graph.where() else Path()  # type: ignore[union-attr]
        self._seen = self._stamp()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watch of {self._path}", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End looking."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self.look()
            except Exception:
                _log.exception("watching %s failed; it is watched on", self._path)

    def look(self) -> bool:
        """Look once; tell whether something was taken over."""
        now = self._stamp()
        if now == self._seen or not now:  # a file that is just being replaced may not be there
            return False
        self._seen = now
        return self._take_over()

    def _stamp(self) -> _Stamp:
        """Give what changes when a file is written: its size and time, and those of the files it extends."""
        files = sorted({place.file for place in self._graph.places.values()} | {str(self._path)})
        found = []
        for file in files:
            try:
                facts = Path(file).stat()
            except OSError:
                if file == str(self._path):
                    return ()
                continue
            found.append((file, facts.st_mtime_ns, facts.st_size))
        return tuple(found)

    def _take_over(self) -> bool:
        try:
            edited = without_trust_fault(read_graph(self._path, self._registry), self._graph)
            faults = check_graph(edited, self._registry)
            if faults:
                _log.warning("%s was edited and is not taken over: %s", self._path, report(edited.name, faults))
                return False
            wanted = merged(self._graph, edited, self._pipeline.revisions.made[-1].plan.graph)
            before = self._pipeline.revisions.made[-1].number
            revision = self._pipeline.set(wanted, author=f"file {self._path.name}")
        except HeadraceError as error:
            _log.warning("%s was edited and is not taken over: %s", self._path, error)
            return False
        self._graph = edited
        self._seen = self._stamp()
        if revision.number == before:
            return False
        _log.info("%s was edited: revision %d", self._path, revision.number)
        return True


def without_trust_fault(graph: Graph, trusted: Graph) -> Graph:
    """Give a graph without the fault that its Python files are not trusted, if they are those of one that was."""
    if graph.python != trusted.python:
        return graph
    return replace(graph, faults=tuple(fault for fault in graph.faults if fault.code != "HR140"))


def merged(file: Graph, edited: Graph, running: Graph) -> Graph:
    """Give the edited graph, with what was set while it ran and the edit does not speak of.

    Parameters
    ----------
    file, edited
        The graph as it stood in the file, and as it stands there now.
    running
        The graph as it runs.
    """
    spoken = {*unwritten(file, edited), *unwritten(edited, file)}
    kept = {
        key: value
        for key, value in unwritten(file, running).items()
        if key not in spoken and _is_same_node(file, edited, key.partition(".")[0])
    }
    return edited.set(kept) if kept else edited


def _is_same_node(file: Graph, edited: Graph, name: str) -> bool:
    return name in edited.nodes and file.nodes[name].type == edited.nodes[name].type
