"""Documents out of a journal: of one run, or of several in the order in which they came."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from headrace.engine.documents.journal_index import Segment, Span
from headrace.engine.documents.journal_record import Entry
from headrace.engine.documents.journal_segment import SegmentReader
from headrace.engine.documents.raw_parts import unpack_parts
from headrace.engine.documents.wire import decode_body
from headrace.engine.documents.wire_refusal import RefusalError

__all__ = ["Stretch", "decoded", "documents_in", "records_in", "stretches"]

_log = logging.getLogger(__name__)


class Stretch(NamedTuple):
    """A part of a segment: from the place of one record to that of another, both included."""

    path: Path
    first: int
    last: int


def stretches(segments: Sequence[Segment], runs: Collection[str]) -> list[Stretch]:
    """Give the parts of a journal in which runs are, oldest first."""
    found = []
    for segment in segments:
        spans: list[Span] = [span for uid, span in segment.runs.items() if uid in runs]
        if spans:
            last = max(span.last for span in spans)
            found.append(Stretch(segment.path, min(span.first for span in spans), last))
    return found


def documents_in(
    parts: Sequence[Stretch], runs: Collection[str], notes: Counter[str] | None = None
) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Give the documents of some runs as they came, and when; damaged ones are told, counted and passed over.

    Parameters
    ----------
    parts
        Where to look.
    runs
        Uids of the runs.
    notes
        Counts what could not be read.
    """
    for entry, document in records_in(parts, runs, notes):
        yield entry.time, entry.name, document


def records_in(
    parts: Sequence[Stretch], runs: Collection[str], notes: Counter[str] | None = None
) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """Give the documents as `documents_in` does, each with its entry."""
    wanted = set(runs)
    counted = Counter[str]() if notes is None else notes
    for part in parts:
        try:
            reader = SegmentReader(part.path)
        except FileNotFoundError:
            counted["part of the journal dropped"] += 1
            _log.warning("%s was dropped from the journal before it was read", part.path)
            continue
        with reader:
            for entry in reader.entries(part.first, part.last + 1):
                if entry.kind == "document" and not wanted.isdisjoint(entry.runs):
                    document = decoded(reader, entry)
                    if document is not None:
                        yield entry, document
            counted["damaged in the journal"] += reader.corrupt
    counted += Counter()  # without the zeros


def decoded(reader: SegmentReader, entry: Entry) -> dict[str, Any] | None:
    """Give the document of a record; None, told and counted, if it is damaged."""
    parts = reader.read(entry)
    if parts is None:
        return None
    try:
        if len(parts) == 1:
            return decode_body(parts[0])
        document = unpack_parts(parts[0], parts[1:])
    except RefusalError as refusal:
        reader.pass_over(entry, f"can't be read: {refusal}")
        return None
    return document if isinstance(document, dict) else None
