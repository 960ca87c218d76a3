"""Raw runs from the wire into a store, as they are."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.pages import KINDS, checked_documents, document_name
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.documents.recorded import RunRecord, storable_stop
from headrace.engine.documents.routes import RunRoutes
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.model.errors import DocumentError, HeadraceError, UsageError

if TYPE_CHECKING:
    from headrace.engine.documents.live import LiveSource

__all__ = ["Recorded", "Recording", "record"]

_log = logging.getLogger(__name__)

_MOST = 100
"""Runs that may be under way; each has files open. Of more, the one with the fewest events is ended."""

PROXY_WITHIN = 10.0
"""Seconds within which the proxy must be there at the start; later it may come and go."""


@dataclass(slots=True)
class Recorded:
    """What was recorded.

    Attributes
    ----------
    runs
        The runs, in the order in which they ended.
    notes
        What was odd about the documents, and how often.
    problems
        What went wrong with the store.
    refused
        Messages that were no documents.
    """

    runs: list[RunRecord] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    refused: int = 0


class Recording:
    """Stores every run that passes, several under way at once if need be.

    A run whose stop document never comes is kept: when the recording ends it gets a stop document with
    ``exit_status`` abort and a ``reason`` that says so. Runs that are in the store already are passed over. What can't
    be understood, or not be written, is told to the log and the recording goes on.

    Parameters
    ----------
    address
        ``zmq://host:port/prefix``, the out-port of a proxy or where a publisher binds.
    store
        A folder; see `FolderStoreWriter`.
    ended
        Called with each run that has ended.

    Raises
    ------
    UsageError
        If the address makes no sense.

    Notes
    -----
    One thread runs it. `stop` may be called from any thread, and in a signal handler.
    """

    def __init__(self, address: str, store: str | Path, ended: Callable[[RunRecord], None] = lambda run: None) -> None:
        from headrace.engine.documents.live import LiveSource

        self.done = Recorded()
        self._ended = ended
        self._source: LiveSource = LiveSource(address, connected_within=PROXY_WITHIN)
        self._writer = FolderStoreWriter(store)
        self._routes = RunRoutes()
        self._open: dict[str, RunRecord] = {}
        self._received = 0
        self._rare = RareLog(_log, burst=5)

    def run(self, runs: int | None = None, ready: Callable[[], None] = lambda: None) -> Recorded:
        """Record until stopped, or until so many runs have ended; tells what was recorded.

        Parameters
        ----------
        runs
            End after so many runs; None to go on until `stop`.
        ready
            Called once it listens.

        Raises
        ------
        NotReachableError
            If the host can't be found, no proxy is there, or the folder can't be made.
        """
        self._writer.make_folder()  # others may name it from now on
        try:
            with self._source:
                ready()
                for name, doc in self._source:
                    self._take(name, doc)
                    self._received += 1
                    if runs is not None and len(self.done.runs) >= runs:
                        break
            self._end_open()
        finally:
            self._writer.close()
        self.done.notes += self._writer.notes
        self.done.refused = self._source.stats.refused
        return self.done

    def stop(self) -> None:
        """End it: what has come in is stored, open runs are ended."""
        self._source.stop()

    @property
    def received(self) -> int:
        """How many documents were taken so far."""
        return self._received

    def _take(self, name: str, doc: Mapping[str, Any]) -> None:
        kind = document_name(name)
        if kind not in KINDS:
            self.done.notes[f"unknown kind of document: {kind:.40}"] += 1
            return
        try:
            singles = checked_documents(kind, doc)
        except DocumentError as error:
            self._pass_over(error)
            return
        for one, single in singles:
            try:
                self._store(one, single)
            except Exception as error:  # whatever anybody sends must not end the recording
                self._pass_over(error)

    def _store(self, kind: str, doc: Mapping[str, Any]) -> None:
        if kind == "start" and str(doc["uid"]) not in self._open:
            self._begin(str(doc["uid"]))
        runs = [run for uid in self._routes.of(kind, doc) if (run := self._open.get(uid))]
        if kind == "stop" and runs:
            doc = storable_stop(doc)
        try:
            self._writer(kind, doc)
        except DocumentError as error:
            self._pass_over(error)
            if kind == "start":
                self._forget(runs)
            return
        except HeadraceError as error:
            self.done.problems.append(str(error))
            _log.error("%s", error)
            self._forget(runs)
            return
        for run in runs:
            run.take(kind, doc)
        if kind == "stop":
            self._forget(runs)
            for run in runs:
                self.done.runs.append(run)
                self._ended(run)

    def _begin(self, uid: str) -> None:
        folder = self._writer.folder_of(uid)
        if len(self._open) >= _MOST:
            fewest = min(self._open.values(), key=lambda run: run.events.total())
            self.done.notes[f"ended, since more than {_MOST} runs were under way"] += 1
            self._store("stop", fewest.missing_stop())
        if not folder.exists():
            self._open[uid] = RunRecord(uid, folder)

    def _end_open(self) -> None:
        for run in list(self._open.values()):
            self._store("stop", run.missing_stop())

    def _pass_over(self, error: Exception) -> None:
        self.done.notes["document passed over"] += 1
        what = str(error) if isinstance(error, DocumentError) else f"{type(error).__name__}: {error}"
        self._rare.warning("passed over", "a document was passed over: %s", what)

    def _forget(self, runs: Iterable[RunRecord]) -> None:
        for run in runs:
            self._open.pop(run.uid, None)
            self._routes.forget(run.uid)


def record(source: str, store: str | Path, runs: int | None = None) -> Recorded:
    """Store raw runs as they are published, until interrupted.

    Parameters
    ----------
    source
        ``zmq://host:port/prefix``, the out-port of a proxy or where a publisher binds.
    store
        A folder; each run gets a folder of its own in it.
    runs
        End after so many runs; None to go on until interrupted.

    Returns
    -------
    :
        The runs, and what was odd.

    Raises
    ------
    UsageError
        If the address makes no sense.
    NotReachableError
        If the host can't be found, or no proxy is there.

    Examples
    --------
    Keep a copy of the next run::

        headrace.record("zmq://127.0.0.1:5578/raw", "copies", runs=1)
    """
    if not source.startswith("zmq://"):
        problem = f"{source!r} can't be recorded: expected zmq://host:port/prefix"
        raise UsageError(problem)
    return Recording(source, store).run(runs)
