"""Documents that find no room in memory wait in the journal, where they are anyway."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.journal_holdings import Place
from headrace.engine.documents.journal_index import segment_path
from headrace.engine.documents.journal_reading import decoded
from headrace.engine.documents.journal_record import Entry
from headrace.engine.documents.journal_segment import SegmentReader
from headrace.engine.model.errors import DocumentError

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal

__all__ = ["JournalSpill"]

_log = logging.getLogger(__name__)


class JournalSpill:
    """Gives documents back that were written to a journal, in their order.

    It satisfies `headrace.engine.documents.intake_queue.Spill`. Only two places in the journal are remembered, however
    many documents wait: from the first of them on, all that come are kept here until none is left.

    Parameters
    ----------
    journal
        The journal, to which each document was written before it is kept here.

    Attributes
    ----------
    lost
        Documents that could not be given back: they were damaged, or dropped from the journal meanwhile.
    """

    def __init__(self, journal: Journal) -> None:
        self.lost = 0
        self._journal = journal
        self._count = 0
        self._next = self._last = Place(0, 0)
        self._reader: SegmentReader | None = None
        self._entries: Iterator[Entry] = iter(())
        journal.close_too(self.close)

    def put(self, name: str, doc: Mapping[str, Any]) -> bool:
        """Keep the document that was written to the journal just now; False if it could not be written there."""
        at = self._journal.place_of(doc)
        if at is None:
            return False
        if not self._count:
            self._go_to(at)
        self._count += 1
        self._last = at
        self._tell()
        return True

    def get(self) -> tuple[str, dict[str, Any]] | None:
        """Give the oldest document that was kept, and let it go; None if there is none."""
        while self._count:
            entry = next(self._entries, None)
            if entry is None:
                if self._go_on():
                    continue
                self._lose(self._count)
                break
            self._next = Place(self._next.segment, entry.offset + entry.size)
            if entry.kind == "document":
                self._count -= 1
                document = self._decoded(entry)
                if document is not None:
                    self._tell()
                    return entry.name, document
        self._tell()
        return None

    def __len__(self) -> int:
        return self._count

    def _decoded(self, entry: Entry) -> dict[str, Any] | None:
        document = decoded(self._reader, entry) if self._reader is not None else None
        if document is None:
            self.lost += 1
        return document

    def _lose(self, number: int) -> None:
        _log.warning("%d documents that waited in the journal are lost: it has reached its bounds", number)
        self.lost += number
        self._count = 0

    def _go_on(self) -> bool:
        """Go on in the same segment if it has grown, else in the next one; False if there is nothing more."""
        if self._next > self._last:
            return False
        if self._reader is not None:
            entries = self._reader.entries(self._next.offset)
            first = next(entries, None)
            if first is not None:
                self._entries = chain([first], entries)
                return True
        if self._next.segment >= self._last.segment:
            return False
        self._go_to(Place(self._next.segment + 1, 0))
        return True

    def _go_to(self, at: Place) -> None:
        self.close()
        self._next = at
        try:
            self._reader = SegmentReader(segment_path(self._journal.folder, at.segment))
            self._entries = self._reader.entries(at.offset)
        except (OSError, DocumentError):
            self._entries = iter(())

    def _tell(self) -> None:
        if not self._count:
            self.close()
        self._journal.waits(self, self._count, self._next.segment)

    def close(self) -> None:
        """Close the file that is being read."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
            self._entries = iter(())
