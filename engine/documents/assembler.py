"""From documents to records: the one place where bluesky's documents become runs and events."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from headrace.engine.documents.assets import AssetReader, AssetSettings
from headrace.engine.documents.dropped_events import DroppedEvents
from headrace.engine.documents.pages import KINDS, Document, checked_documents, document_name
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.documents.routes import ASSETS, RunRoutes
from headrace.engine.documents.run_assembly import RunAssembly
from headrace.engine.documents.strangers import Stranger, Strangers
from headrace.engine.model.records import Event, RecordedRun, RunContext, RunEnd

__all__ = ["Assembler", "Record"]

_log = logging.getLogger(__name__)

Record = RunContext | Event | RunEnd

_MOST_STRAYS = 256 << 20
"""Bytes of asset documents that name no run under way, and so may be of any."""


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
    on_missed
        Called with each run whose stop document came, but not its beginning.

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
        on_missed: Callable[[Stranger], None] = lambda stranger: None,
    ) -> None:
        self.strangers = Strangers()
        self._notes: Counter[str] = Counter()  # of no open run
        self._find_run = find_run
        self._assets = assets
        self._on_missed = on_missed
        self._routes = RunRoutes()
        self._runs: dict[str, RunAssembly] = {}
        self._strays = 0
        self._rare = RareLog(_log, burst=3)

    @property
    def notes(self) -> Counter[str]:
        """What was odd about the documents, and how often: repeated ones, ones of an unknown run or kind."""
        notes = Counter(dict(self._notes))
        for run in list(self._runs.values()):
            notes.update(dict(run.notes))
        return notes

    @property
    def open_runs(self) -> tuple[str, ...]:
        """Unique ids of the runs that have started and not ended, oldest first."""
        return tuple(self._runs)

    def assembly(self, run: str) -> RunAssembly:
        """Give an open run, as far as it has come."""
        return self._runs[run]

    def feed(self, name: object, doc: Document, at: float = 0.0) -> list[Record]:
        """Take one document in and give the records it completes; see `records`."""
        return list(self.records(name, doc, at))

    def records(self, name: object, doc: Document, at: float = 0.0, size: int = 0) -> Iterator[Record]:
        """Take one document in and give the records it completes, one by one: a few bytes can announce a million.

        Parameters
        ----------
        name
            The kind of document, as text or as ``event_model.DocumentNames``. Pages and bulk forms too.
        doc
            The document.
        at
            When it came, by any clock, for `silent_since`.
        size
            How many bytes are kept of it, for `RunAssembly.metadata`.

        Raises
        ------
        DocumentError
            If the document lacks something that is needed to make sense of it. The assembler goes on as if it
            had not come.
        """
        kind = document_name(name)
        if kind not in KINDS:
            self._notes[f"unknown kind of document: {kind:.40}" if len(self._notes) < 100 else "unknown kind"] += 1
            return iter(())
        singles = checked_documents(kind, doc)
        share = size // max(1, len(singles))
        return (record for one, single in singles for record in self._feed_one(one, single, at, share))

    def _feed_one(self, kind: str, doc: Document, at: float, size: int) -> Iterator[Record]:
        if kind == "start" and doc["uid"] in self._runs:
            self._begin_again(self._runs[doc["uid"]], doc, at)
            return
        runs = self._routes.of(kind, doc)
        stray = kind in ASSETS and not self._routes.names_run(kind, doc)
        if stray:
            self._strays, size = self._strays + size, 0  # of no run in particular
        if not runs or (stray and self._strays > _MOST_STRAYS):
            self._pass_over(kind, doc)
        elif kind == "start":
            context = self._begin(doc, at)
            self._runs[runs[0]].metadata += size
            yield context
        elif kind == "stop":
            yield from self._end(runs[0], doc)
        else:
            for run in runs:
                self._runs[run].last = at
                self._runs[run].metadata += size
                yield from self._runs[run].feed(kind, doc)

    def _begin(self, start: Document, at: float) -> RunContext:
        self.strangers.forget(start["uid"])
        self._runs[start["uid"]] = RunAssembly(start["uid"], AssetReader(self._assets), start)
        self._runs[start["uid"]].last = at
        options: dict[str, Any] = {} if self._find_run is None else {"find_run": self._find_run}
        return RunContext(start, **options)

    def _begin_again(self, run: RunAssembly, start: Document, at: float) -> None:
        run.last = at
        same = repr(run.start) == repr(start)
        run.notes["start repeated" if same else "start repeated, and other than before: the first one holds"] += 1
        text = "run %s began again before it had ended%s: what had come holds, what is sent again is passed over"
        self._rare.warning(f"again {run.uid}", text, run.uid, "" if same else " (with another start document)")

    def _pass_over(self, kind: str, doc: Document) -> None:
        self._notes[f"{kind} of an unknown run"] += 1
        stranger = self.strangers.note(kind, doc)
        if kind == "stop":
            text = "run %s ended, of which no beginning was seen here: %d documents, %d events passed over"
            self._rare.warning("missed", text, stranger.name, stranger.documents, stranger.events)
            self._on_missed(stranger)
        elif stranger.documents == 1:
            why = "it was ended before" if stranger.given_up else "it began before we listened, or its start was lost"
            text = "documents came of run %s, which is not under way here (%s): passed over and counted"
            self._rare.warning("stranger", text, stranger.name, why)

    def drop(self, dropped: DroppedEvents) -> None:
        """Take note of events that came and were given up before they reached us; they do not count as lost."""
        run = self._routes.owner(dropped.descriptor)
        if run is None:
            number = sum(last - first + 1 for first, last in dropped.stretches)
            self._notes["event of an unknown run, dropped"] += number
        else:
            self._runs[run].drop(dropped)

    def _end(self, run: str, stop: Document | None, reason: str = "") -> Iterator[Event | RunEnd]:
        uids = self._routes.forget(run)
        if stop is None:
            self.strangers.adopt(run, uids)
        ended = self._runs.pop(run)
        if not self._runs:
            self._strays = 0
        self._notes.update(ended.notes)
        yield from ended.end(stop, reason)

    def silent_since(self, at: float) -> list[str]:
        """Give the open runs of which nothing has come since a time, on the clock of `feed`."""
        return [uid for uid, run in self._runs.items() if run.last < at]

    def finish(self, run: str | None = None, reason: str = "") -> list[Event | RunEnd]:
        """End a run, or every open run, although its stop document never came.

        Parameters
        ----------
        run
            Unique id of the run; None for all of them.
        reason
            Why, in words.
        """
        ended = [uid for uid in self._runs if run in (None, uid)]
        return [record for uid in ended for record in self._end(uid, None, reason)]
