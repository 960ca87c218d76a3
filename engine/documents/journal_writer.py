"""Writing a journal: records at the end of the newest segment, old segments out when there is too much."""

from __future__ import annotations

import fcntl
import json
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from headrace.engine.documents.journal_bounds import Bounds, Kept, to_drop
from headrace.engine.documents.journal_file import SegmentFile
from headrace.engine.documents.journal_holdings import Holdings, Place
from headrace.engine.documents.journal_index import Note, Segment, segment_path
from headrace.engine.documents.journal_record import Buffer, pack_record
from headrace.engine.documents.journal_sync import Sync, Syncing
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["JournalWriter"]

_log = logging.getLogger(__name__)
_LOOK = 60.0  # seconds after which it is seen again whether something is too old


class JournalWriter:
    """Writes records and keeps the bounds. Thread-safe.

    Parameters
    ----------
    folder, bounds, sync, segment_bytes
        As for `headrace.engine.documents.journal.Journal`.

    Attributes
    ----------
    lock
        To be held while `holdings` is read.
    holdings
        What there is.
    under_way
        Uids of the runs that are held.
    spilled_in
        Number of the first segment in which documents wait that were spilled; None if none wait.
    counts
        ``dropped`` segments, ``dropped under way``, and ``unwritten`` records.
    problem
        Why it can't be written now; empty if it can.
    """

    def __init__(self, folder: Path, bounds: Bounds, sync: Sync, segment_bytes: int) -> None:
        self.folder = folder
        self.lock = threading.RLock()
        self.counts: Counter[str] = Counter()
        self.problem = ""
        self.spilled_in: int | None = None
        self._bounds = bounds
        self._segment_bytes = segment_bytes
        self._sync = Syncing(sync)
        self._guard = _claimed(folder)
        self._heading: dict[str, Mapping[str, Any]] = {}
        self._file: SegmentFile | None = None
        self._rare = RareLog(_log)
        self._floor = 0  # bytes of a segment that holds nothing but what each begins with
        self._looked = time.time()
        self.holdings = Holdings(folder)
        try:
            self.holdings.take_over()
        except BaseException:
            self._guard.close()
            raise
        self.under_way = set(self.holdings.starts()) - self.holdings.ended()

    def write(self, kind: str, prefix: bytes, name: str, runs: Sequence[str], parts: Sequence[Buffer]) -> Place | None:
        """Write a record; give where it is, or None if it could not be written."""
        before, entry = pack_record(kind, time.time(), prefix, name, runs, parts)
        with self.lock:
            if self._guard.closed:
                return None
            try:
                file, segment = self._open_for(entry.size)
                offset = file.append([before, *parts])
                self._sync.written(file)
            except OSError as error:
                self._fail(error)
                return None
            segment.add(replace(entry, offset=offset))
            self._recover()
            return Place(segment.number, offset)

    def _open_for(self, size: int) -> tuple[SegmentFile, Segment]:
        """Give the segment for the next record: the one that is open, or a new one if that is full."""
        file = self._file
        if file is not None and file.bytes > self._floor and file.bytes + size > self._segment_bytes:
            self._finish_file()
            file = None
        if file is None:
            file = self._begin_file()
            self._keep_bounds()
        elif time.time() - self._looked > _LOOK:
            self._keep_bounds()
        return file, self.holdings[self.holdings.newest]

    def _begin_file(self) -> SegmentFile:
        number = self.holdings.newest + 1
        file = self._file = SegmentFile(segment_path(self.folder, number))
        self.holdings.add(Segment(number, file.path))
        self._floor = sys.maxsize  # what each begins with is never too much
        for kind, data in self._heading.items():
            self.note(kind, data)
        self._floor = file.bytes
        return file

    def _finish_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            self._sync.finish(file)
            file.close()
            self.holdings[self.holdings.newest].save()

    def _fail(self, error: OSError) -> None:
        if not self.problem:
            self.counts["before"] = self.counts["unwritten"]
            _log.error("%s can't be written (%s); what comes meanwhile is not kept", self.folder, error.strerror)
        self.counts["unwritten"] += 1
        self.problem = str(error.strerror or error)

    def _recover(self) -> None:
        if self.problem:
            missing = self.counts["unwritten"] - self.counts["before"]
            _log.warning("%s is written again; %d documents are missing in it", self.folder, missing)
            self.problem = ""

    def note(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Write something down between the documents; tell whether it could be written.

        Parameters
        ----------
        kind
            What sort of note it is: a word.
        data
            What it says: plain data that JSON can hold. If it is about a run, that one's uid under ``run``.
        """
        body = json.dumps(data).encode()
        runs = (str(data["run"]),) if "run" in data else ()
        with self.lock:
            at = self.write("note", b"", kind, runs, [body])
            if at is not None:
                made = self.holdings[at.segment].last
                self.holdings.add_note(Note(kind, made, json.loads(body), at.segment))
            return at is not None

    def heading(self, kind: str, data: Mapping[str, Any]) -> None:
        """Have a note written at the head of each new segment, so that it is known as long as any of them is."""
        self._heading[kind] = dict(data)

    def _keep_bounds(self) -> None:
        """Drop what is too much or too old, the segment that is being written apart."""
        self._looked = time.time()
        *others, _ = self.holdings
        kept = [Kept(one.number, one.bytes, one.last, self._is_needed(one)) for one in others]
        left = Bounds(self._bounds.bytes - self._segment_bytes, self._bounds.age)
        for one in to_drop(kept, left, self._looked):
            self._drop(one)

    def _is_needed(self, segment: Segment) -> bool:
        spilled = self.spilled_in is not None and segment.number >= self.spilled_in
        return spilled or not self.under_way.isdisjoint(segment.runs)

    def _drop(self, one: Kept) -> None:
        segment = self.holdings.drop(one.number)
        self.counts["dropped"] += 1
        if one.needed:
            self.counts["dropped under way"] += 1
            runs = ", ".join(sorted(self.under_way.intersection(segment.runs))) or "documents that wait"
            text = "%s has reached its bounds; %s goes although it holds what is under way: %s"
            self._rare.warning("bounds", text, self.folder, segment.path.name, runs)
        try:
            segment.forget()
        except OSError as error:
            _log.warning("%s can't be deleted: %s", segment.path, error.strerror)

    def close(self) -> None:
        """Close it. May be called twice."""
        with self.lock:
            try:
                self._finish_file()
            except OSError as error:
                _log.warning("%s: the last segment can't be finished: %s", self.folder, error.strerror)
            self._guard.close()
        self._sync.close()


def _claimed(folder: Path) -> IO[bytes]:
    """Make the folder and see that nobody else writes there, for as long as the file that is given stays open."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        guard = (folder / "lock").open("ab")
    except OSError as error:
        problem = f"can't write a journal into {str(folder)!r}: {error.strerror or error}"
        raise NotReachableError(problem) from error
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        guard.close()
        problem = f"the journal {folder} is being written by another program; give each service one of its own"
        raise UsageError(problem) from error
    return guard
