"""What a journal holds, over all its segments."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from headrace.engine.documents.journal_index import Note, Segment, cut_tail, go_on, load_segment, segment_paths
from headrace.engine.documents.journal_reading import Stretch, stretches
from headrace.engine.model.errors import DocumentError

__all__ = ["Holdings", "Place"]

_log = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where a document is in a journal."""

    segment: int
    offset: int


class Holdings:
    """The segments of a journal, oldest first, and the notes in them.

    Parameters
    ----------
    folder
        Where the journal is.

    Attributes
    ----------
    unreadable
        Files that could not be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unreadable = 0
        self._segments: dict[int, Segment] = {}
        self._notes: dict[str | None, list[Note]] = {}

    def __iter__(self) -> Iterator[Segment]:
        return iter(list(self._segments.values()))

    def __getitem__(self, number: int) -> Segment:
        return self._segments[number]

    @property
    def newest(self) -> int:
        """Number of the newest segment; 0 if there is none."""
        return max(self._segments, default=0)

    def take_over(self) -> None:
        """Read what an earlier writer left, and finish it: a torn end is cut off."""
        for path in segment_paths(self.folder):
            segment = self._load(path)
            if segment is None:
                continue
            if torn := cut_tail(segment):
                _log.warning("%s: the last %d bytes were not written whole and are cut off", path, torn)
            segment.save()
            self.add(segment)

    def look(self) -> None:
        """See what is there now, without touching it: a writer may be at it."""
        paths = segment_paths(self.folder)
        for number in set(self._segments) - {int(path.stem) for path in paths}:
            self.drop(number)
        for path in paths:
            known = self._segments.get(int(path.stem))
            if known is None:
                segment = self._load(path)
                if segment is not None:
                    self.add(segment)
            elif path.stat().st_size > known.bytes:
                before = len(known.notes)
                go_on(known)
                self._add_notes(known.notes[before:])

    def _load(self, path: Path) -> Segment | None:
        try:
            return load_segment(path)
        except FileNotFoundError:
            return None
        except (OSError, DocumentError) as error:
            _log.warning("%s can't be read and is left out: %s", path, error)
            self.unreadable += 1
            return None

    def add(self, segment: Segment) -> None:
        """Add a segment, newer than the others."""
        self._segments[segment.number] = segment
        self._add_notes(segment.notes)

    def add_note(self, note: Note) -> None:
        """Add a note to the newest segment."""
        self._segments[note.segment].notes.append(note)
        self._add_notes([note])

    def _add_notes(self, notes: list[Note]) -> None:
        for note in notes:
            run = note.data.get("run")
            self._notes.setdefault(None if run is None else str(run), []).append(note)

    def drop(self, number: int) -> Segment:
        """Take a segment out and give it."""
        for run in {note.data.get("run") for note in self._segments[number].notes}:
            left = [note for note in self._notes.pop(run, []) if note.segment != number]
            if left:
                self._notes[run] = left
        return self._segments.pop(number)

    def notes(self, run: str | None) -> list[Note]:
        """Give what was noted about a run, or about none in particular."""
        return list(self._notes.get(run, ()))

    def noted(self, kind: str) -> list[str]:
        """Give the runs about which there is a note of a kind."""
        return [run for run, notes in self._notes.items() if run and any(note.kind == kind for note in notes)]

    def starts(self) -> dict[str, Place]:
        """Give where the start documents are, in the order in which they came."""
        found: dict[str, Place] = {}
        for segment in self:
            began = [(span.start, uid) for uid, span in segment.runs.items() if span.start >= 0]
            for offset, uid in sorted(began):
                found.setdefault(uid, Place(segment.number, offset))
        return found

    def ended(self) -> set[str]:
        """Give the uids of the runs whose stop document is there."""
        return {uid for segment in self for uid, span in segment.runs.items() if span.stop >= 0}

    def start_of(self, run: str) -> Place | None:
        """Give where the start document of a run is; None if it is not there."""
        found = ((one.number, one.runs[run].start) for one in self if run in one.runs)
        return next((Place(number, offset) for number, offset in found if offset >= 0), None)

    def stop_of(self, run: str) -> Place | None:
        """Give where the stop document of a run is; None if it is not there."""
        found = ((one.number, one.runs[run].stop) for one in self if run in one.runs)
        return next((Place(number, offset) for number, offset in found if offset >= 0), None)

    def stretches(self, runs: Collection[str], before: int | None = None) -> list[Stretch]:
        """Give the parts in which runs are; only of segments before one if `before` is its number."""
        return stretches([one for one in self if before is None or one.number < before], runs)
