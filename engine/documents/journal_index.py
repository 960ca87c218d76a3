"""What is in one segment of a journal: which runs and where, and the notes; found by going through it once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from headrace.engine.documents.journal_record import FILE_HEAD, Entry
from headrace.engine.documents.journal_segment import SegmentReader

__all__ = ["SUFFIX", "Note", "Segment", "Span", "cut_tail", "go_on", "load_segment", "segment_path", "segment_paths"]

SUFFIX = ".journal"
"""How segment files end; their names count them."""
_FORM = 1
_LEADS = frozenset({"start", "descriptor", "resource", "stream_resource"})


@dataclass(slots=True)
class Span:
    """Where the documents of a run are in a segment: the first, the last, its start and stop (-1: not here).

    ``leads`` are those that others refer to, from which it follows to which run these belong.
    """

    first: int
    last: int
    documents: int = 0
    start: int = -1
    stop: int = -1
    leads: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was noted between the documents.

    Attributes
    ----------
    kind
        What sort of note it is.
    time
        When it was made.
    data
        What it says; ``run`` is the uid of the run that it is about, if it is about one.
    segment
        Number of the segment that it is in.
    """

    kind: str
    time: float
    data: Mapping[str, Any]
    segment: int = 0


@dataclass(slots=True)
class Segment:
    """What is in one segment.

    Attributes
    ----------
    number, path
        The segment and its file.
    bytes
        How far the file was gone through.
    records, corrupt
        Records that were found, and damaged places.
    first, last
        Times of the first and last record.
    runs, notes
        Uid to where that run is, and the notes.
    """

    number: int
    path: Path
    bytes: int = len(FILE_HEAD)
    records: int = 0
    corrupt: int = 0
    first: float = float("inf")
    last: float = float("-inf")
    runs: dict[str, Span] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def add(self, record: Entry) -> None:
        """Take a record in."""
        self.bytes = record.offset + record.size
        self.records += 1
        self.first, self.last = min(self.first, record.time), max(self.last, record.time)
        for run in record.runs if record.kind == "document" else ():
            span = self.runs.setdefault(run, Span(record.offset, record.offset))
            span.last = record.offset
            span.documents += 1
            if record.name in _LEADS:
                span.leads.append(record.offset)
            if record.name == "start" and span.start < 0:
                span.start = record.offset
            if record.name == "stop" and span.stop < 0:
                span.stop = record.offset

    def save(self) -> None:
        """Write it beside the segment, which will not grow any more, so that it need not be gone through again.

        It is no loss if that can't be written.
        """
        about = asdict(self) | {"form": _FORM, "path": self.path.name}
        written = _beside(self.path).with_suffix(".part")
        try:
            written.write_text(json.dumps(about), encoding="utf-8")
            written.replace(_beside(self.path))
        except OSError:
            with suppress(OSError):
                written.unlink(missing_ok=True)

    def forget(self) -> int:
        """Delete it; give the bytes that this freed."""
        size = 0
        with suppress(FileNotFoundError):
            size = self.path.stat().st_size
        self.path.unlink(missing_ok=True)
        _beside(self.path).unlink(missing_ok=True)
        return size


def segment_path(folder: Path, number: int) -> Path:
    """Give the file of a segment."""
    return folder / f"{number:08d}{SUFFIX}"


def segment_paths(folder: Path) -> list[Path]:
    """Give the files of a journal, oldest first."""
    found = (path for path in folder.iterdir() if path.suffix == SUFFIX and path.stem.isdigit())
    return sorted(found, key=lambda path: int(path.stem))


def load_segment(path: Path) -> Segment:
    """Find out what is in a segment: from what was saved beside it, or by going through it.

    Raises
    ------
    OSError
        If it can't be read.
    DocumentError
        If it is no file of a journal.
    """
    return _saved(path) or go_on(Segment(int(path.stem), path))


def _saved(path: Path) -> Segment | None:
    try:
        about = json.loads(_beside(path).read_text(encoding="utf-8"))
        if about.pop("form") != _FORM or about["bytes"] != path.stat().st_size:
            return None
        runs = {uid: Span(**span) for uid, span in about.pop("runs").items()}
        notes = [Note(**note) for note in about.pop("notes")]
        return Segment(**about | {"path": path, "runs": runs, "notes": notes})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # not there, or damaged: it can always be made anew


def go_on(segment: Segment) -> Segment:
    """Take in what has been written since."""
    with SegmentReader(segment.path) as reader:
        for entry in reader.entries(segment.bytes):
            segment.add(entry)
            if entry.kind == "note" and (parts := reader.read(entry)) is not None:
                segment.notes.append(Note(entry.name, entry.time, json.loads(bytes(parts[0])), segment.number))
        segment.corrupt += reader.corrupt
    return segment


def cut_tail(segment: Segment) -> int:
    """Cut off what a crash left behind the last whole record; give its bytes."""
    size = segment.path.stat().st_size
    torn = max(size - segment.bytes, 0)
    if torn:
        os.truncate(segment.path, segment.bytes)
    return torn


def _beside(path: Path) -> Path:
    return path.with_suffix(".index")
