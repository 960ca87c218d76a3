"""From documents to records: the one place where bluesky's documents become runs and events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from headrace.engine.documents.assets import AssetReader, AssetSettings
from headrace.engine.documents.pages import KINDS, Document, checked_documents, document_name
from headrace.engine.documents.routes import RunRoutes
from headrace.engine.documents.run_assembly import RunAssembly
from headrace.engine.model.records import Event, RecordedRun, RunContext, RunEnd

__all__ = ["Assembler", "Record"]

Record = RunContext | Event | RunEnd


class Assembler:
    """Turns documents, as they come, into run contexts, events and run ends.

    Runs may be interleaved; each has its own state. Events of a stream come out in the order of ``seq_num``,
    everything else in the order in which it came in. Only an event that points to data whose asset documents
    haven't come yet is held, and those of its stream behind it, until they come or the run ends. No file is
    opened before a field that is in it is read.

    Parameters
    ----------
    find_run
        Looks other runs up by uid (a dark run, say), for `RunContext.find_run`. Without it, no other run is
        known.
    assets
        Where data files are and how long they are waited for.

    Attributes
    ----------
    notes
        What was odd about the documents, and how often: repeated ones, ones of an unknown run or kind.

    Notes
    -----
    Documents are never changed. Feed from one thread; events may be read from any.

    An event has the time of its document. In a fly scan there is none; then it is its descriptor's.

    Examples
    --------
    >>> assembler = Assembler()
    >>> [context] = assembler.feed("start", {"uid": "5c1f", "time": 0.0})
    >>> context.uid
    '5c1f'
    >>> [end] = assembler.feed("stop", {"uid": "s", "run_start": "5c1f", "num_events": {"primary": 3}})
    >>> end.lost
    {'primary': 3}
    """

    def __init__(
        self,
        find_run: Callable[[str], RecordedRun | None] | None = None,
        assets: AssetSettings | None = None,
    ) -> None:
        self.notes: Counter[str] = Counter()
        self._find_run = find_run
        self._assets = assets
        self._routes = RunRoutes()
        self._runs: dict[str, RunAssembly] = {}

    @property
    def open_runs(self) -> tuple[str, ...]:
        """Unique ids of the runs that have started and not ended, oldest first."""
        return tuple(self._runs)

    def feed(self, name: object, doc: Document) -> list[Record]:
        """Take one document in and give the records it completes.

        Parameters
        ----------
        name
            The kind of document, as text or as ``event_model.DocumentNames``. Pages and bulk forms too.
        doc
            The document.

        Raises
        ------
        DocumentError
            If the document lacks something that is needed to make sense of it. The assembler goes on as if it
            had not come.
        """
        kind = document_name(name)
        if kind not in KINDS:
            self.notes[f"unknown kind of document: {kind:.40}"] += 1
            return []
        singles = checked_documents(kind, doc)
        return [record for one, single in singles for record in self._feed_one(one, single)]

    def _feed_one(self, kind: str, doc: Document) -> Iterator[Record]:
        if kind == "start" and doc["uid"] in self._runs:
            self.notes["start repeated"] += 1
            return
        runs = self._routes.of(kind, doc)
        if not runs:
            self.notes[f"{kind} of an unknown run"] += 1
        elif kind == "start":
            yield self._begin(doc)
        elif kind == "stop":
            yield from self._end(runs[0], doc)
        else:
            for run in runs:
                yield from self._runs[run].feed(kind, doc)

    def _begin(self, start: Document) -> RunContext:
        self._runs[start["uid"]] = RunAssembly(start["uid"], AssetReader(self._assets), self.notes)
        options: dict[str, Any] = {} if self._find_run is None else {"find_run": self._find_run}
        return RunContext(start, **options)

    def _end(self, run: str, stop: Document | None) -> Iterator[Event | RunEnd]:
        self._routes.forget(run)
        yield from self._runs.pop(run).end(stop)

    def finish(self, run: str | None = None) -> list[Event | RunEnd]:
        """End a run, or every open run, although its stop document never came.

        Parameters
        ----------
        run
            Unique id of the run; None for all of them.
        """
        ended = [uid for uid in self._runs if run in (None, uid)]
        return [record for uid in ended for record in self._end(uid, None)]
