"""A journal: what comes from the wire, on the disk before anything is made of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.journal_bounds import Bounds
from headrace.engine.documents.journal_holdings import Place
from headrace.engine.documents.journal_index import Note
from headrace.engine.documents.journal_reading import Stretch, decoded, documents_in, records_in
from headrace.engine.documents.journal_record import Buffer
from headrace.engine.documents.journal_routes import JournalRoutes
from headrace.engine.documents.journal_run import JournalRun, document_at
from headrace.engine.documents.journal_segment import SegmentReader
from headrace.engine.documents.journal_stats import JournalStats
from headrace.engine.documents.journal_sync import Sync
from headrace.engine.documents.journal_writer import JournalWriter

if TYPE_CHECKING:
    import zmq

    from headrace.engine.documents.wire import Message

__all__ = ["Journal"]


class Journal:
    """Raw documents in files that only grow, bounded in bytes and age.

    Each record has checksums. What was written survives the end of the program, however it comes; it survives a loss
    of power as far as `sync` asks for it. A torn end is cut off when the journal is opened again, and damaged records
    are passed over when it is read. Every opening begins a new segment.

    When the disk is full, documents are counted as not written, which is told once, and everything else goes on.

    Parameters
    ----------
    folder
        Where it is; made if need be.
    bounds
        How much it may hold. Whole segments go, oldest first; those that hold a run under way only when there is no
        other way to keep the bounds, which is counted and told.
    sync
        ``never`` leaves it to the system when data reach the disk itself, ``second`` asks for it once a second,
        ``always`` after each document.
    segment_bytes
        About how large a segment is; by default an eighth of the bound, at most 256 MiB.
    assets
        Where data files of runs are that are looked up here.

    Raises
    ------
    UsageError
        If another program writes this journal now.
    NotReachableError
        If the folder can't be written to.

    Notes
    -----
    Thread-safe, but for `append` and `place_of`, which are for one thread.

    Attributes
    ----------
    folder
        Where it is.
    first_segment
        Number of the first segment of this opening; what was before is in those with lower numbers.

    Examples
    --------
    >>> import tempfile
    >>> from headrace.engine.documents.packing import packb
    >>> start, stop = {"uid": "5c1f", "time": 0.0}, {"uid": "s", "run_start": "5c1f", "time": 1.0}
    >>> with tempfile.TemporaryDirectory() as folder, Journal(folder) as journal:
    ...     _ = journal.append(b"raw", "start", [packb(start)], start)
    ...     _ = journal.append(b"raw", "stop", [packb(stop)], stop)
    ...     [name for name, doc in journal.documents("5c1f")]
    ['start', 'stop']
    """

    def __init__(
        self,
        folder: str | Path,
        bounds: Bounds | None = None,
        *,
        sync: Sync = "never",
        segment_bytes: int | None = None,
        assets: AssetSettings | None = None,
    ) -> None:
        self.folder = Path(folder)
        bounds = bounds or Bounds()
        each = segment_bytes or max(1, min(256 << 20, bounds.bytes // 8))
        self._writer = JournalWriter(self.folder, bounds, sync, each)
        self._lock = self._writer.lock
        self._holdings = self._writer.holdings
        self.first_segment = self._holdings.newest + 1
        self._assets = assets
        self._corrupt = 0
        self._newest: tuple[object, Place | None] = (None, None)
        self._spilled: dict[object, tuple[int, int]] = {}  # who spilled -> how many wait, from which segment on
        self._waiting_since = 0.0
        self._readers: list[Callable[[], None]] = []
        self._routes = JournalRoutes()
        self._restore_routes()

    def _restore_routes(self) -> None:
        """Learn again what leads to the runs that have not ended."""
        for segment in self._holdings:
            runs = self._writer.under_way.intersection(segment.runs)
            places = sorted({offset for run in runs for offset in segment.runs[run].leads})
            if not places:
                continue
            with SegmentReader(segment.path) as reader:
                for entry in map(reader.entry_at, places):
                    if entry is not None:
                        self._routes.of(entry.name, decoded(reader, entry) or {})

    def append(self, prefix: bytes, name: str, parts: Sequence[Buffer], doc: Mapping[str, Any]) -> Place | None:
        """Write a document down.

        Parameters
        ----------
        prefix, name
            As on the wire.
        parts
            The body as received, in one piece or several. Not copied.
        doc
            What the body says; only looked at to find the run it belongs to.

        Returns
        -------
        :
            Where it is; None if it could not be written.
        """
        runs = self._routes.of(name, doc)
        if name == "start":
            for run in runs:
                self.hold(run)
        at = self._writer.write("document", prefix, name, runs, parts)
        self._newest = (doc, at)
        return at

    def receive(self, message: Message, frames: Sequence[zmq.Frame]) -> None:
        """Write a message down that came from the wire, as `append` does."""
        before = len(message.prefix) + len(message.name) + 2  # two spaces
        parts = [frames[0].buffer[before:], *(frame.buffer for frame in frames[1:])]
        self.append(message.prefix, message.name, parts, message.doc)

    def place_of(self, doc: Mapping[str, Any]) -> Place | None:
        """Give where the document is that was written last; None if it is another one, or could not be written."""
        newest, at = self._newest
        return at if newest is doc else None

    def note(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Write something down between the documents; tell whether it could be written.

        Parameters
        ----------
        kind
            What sort of note it is: a word.
        data
            What it says: plain data that JSON can hold. If it is about a run, that one's uid under ``run``.
        """
        return self._writer.note(kind, data)

    def heading(self, kind: str, data: Mapping[str, Any]) -> None:
        """Have a note written at the head of each new segment, so that it is known as long as any of them is."""
        self._writer.heading(kind, data)

    def notes(self, run: str | None = None) -> list[Note]:
        """Give what was noted, in order: about a run, or about none in particular."""
        with self._lock:
            return self._holdings.notes(run)

    def noted(self, kind: str) -> list[str]:
        """Give the uids of runs about which there is a note of a kind; they need not have begun here."""
        with self._lock:
            return self._holdings.noted(kind)

    def hold(self, run: str) -> None:
        """Keep a run, as it is under way; one that begins is held from its start document on."""
        with self._lock:
            self._writer.under_way.add(run)

    def release(self, run: str) -> None:
        """Let a run go when the bounds ask for it: all was made of it that was wanted."""
        with self._lock:
            self._writer.under_way.discard(run)

    def under_way(self) -> list[str]:
        """Give the uids of the runs that are held."""
        with self._lock:
            return list(self._writer.under_way)

    def waits(self, who: object, documents: int, segment: int) -> None:
        """Take note of how many documents wait that somebody spilled, and that they begin in a segment."""
        with self._lock:
            if not self._spilled:
                self._waiting_since = time.time()
            if documents:
                self._spilled[who] = (documents, segment)
            else:
                self._spilled.pop(who, None)
            self._writer.spilled_in = min((first for _, first in self._spilled.values()), default=None)

    def runs(self) -> dict[str, Place]:
        """Give the uids of the runs whose start it holds, oldest first, and where that is."""
        with self._lock:
            return self._holdings.starts()

    def start_of(self, run: str) -> Place | None:
        """Give where the start document of a run is; None if it is not there."""
        with self._lock:
            return self._holdings.start_of(run)

    def stop_of(self, run: str) -> Place | None:
        """Give where the stop document of a run is; None if it is not there."""
        with self._lock:
            return self._holdings.stop_of(run)

    def parts_of(self, run: str) -> list[Stretch]:
        """Give the parts of the journal in which a run is."""
        with self._lock:
            return self._holdings.stretches({run})

    def document_at(self, at: Place) -> dict[str, Any] | None:
        """Give one document; None if it is damaged, or has gone."""
        return document_at(self.folder, at)

    def documents(self, *runs: str, before: int | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the documents of runs as they came, as far as they are there now; more may be written meanwhile.

        Parameters
        ----------
        *runs
            Uids of the runs.
        before
            Number of a segment; only those before it are read.
        """
        return ((name, doc) for _, name, doc in self.arrivals(*runs, before=before))

    def arrivals(self, *runs: str, before: int | None = None) -> Iterator[tuple[float, str, dict[str, Any]]]:
        """Give when each document came, and the document; see `documents`."""
        with self._lock:
            where = self._holdings.stretches(runs, before)
        counts: Counter[str] = Counter()
        try:
            yield from documents_in(where, runs, counts)
        finally:
            self._corrupt += counts["damaged in the journal"]

    def follow(self, run: str) -> Iterator[tuple[str, dict[str, Any]] | None]:
        """Give the documents of a run up to its stop; None for as long as there are no more yet."""
        reached: dict[Path, int] = {}
        while True:
            for part in self.parts_of(run):
                before = reached.get(part.path, -1)
                if part.last <= before:
                    continue
                for entry, document in records_in([part._replace(first=max(part.first, before))], {run}):
                    if entry.offset > before:
                        yield entry.name, document
                        if entry.name == "stop":
                            return
                reached[part.path] = part.last
            yield None

    def find_run(self, uid: str) -> JournalRun | None:
        """Give a run that has ended, to be read as a stored one; None if there is none of that uid."""
        at = self.start_of(uid) if self.stop_of(uid) is not None else None
        start = None if at is None else self.document_at(at)
        return None if start is None else JournalRun(self, start, find_run=self.find_run, assets=self._assets)

    @property
    def stats(self) -> JournalStats:
        """How it is."""
        with self._lock:
            segments = list(self._holdings)
            counts = self._writer.counts
            return JournalStats(
                folder=str(self.folder),
                bytes=sum(one.bytes for one in segments),
                segments=len(segments),
                records=sum(one.records for one in segments),
                runs=len(self._holdings.starts()),
                oldest=min((one.first for one in segments if one.records), default=None),
                under_way=len(self._writer.under_way),
                waiting=max((number for number, _ in self._spilled.values()), default=0),
                lag=max(0.0, time.time() - self._waiting_since) if self._spilled else 0.0,
                dropped_segments=counts["dropped"],
                dropped_under_way=counts["dropped under way"],
                corrupt=self._corrupt + self._holdings.unreadable + sum(one.corrupt for one in segments),
                unwritten=counts["unwritten"],
                problem=self._writer.problem,
            )

    def close_too(self, close: Callable[[], None]) -> None:
        """Have something called when it is closed."""
        self._readers.append(close)

    def close(self) -> None:
        """Close it. May be called twice."""
        for close in self._readers:
            close()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
