"""A run in a journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.journal_holdings import Place
from headrace.engine.documents.journal_index import segment_path
from headrace.engine.documents.journal_reading import Stretch, decoded, documents_in
from headrace.engine.documents.journal_segment import SegmentReader
from headrace.engine.documents.pages import Document
from headrace.engine.documents.stored_run import StoredRun
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import RecordedRun

__all__ = ["JournalRun", "Places", "document_at"]


class Places(Protocol):
    """Knows where the runs of a journal are."""

    folder: Path

    def parts_of(self, run: str) -> list[Stretch]:
        """Give the parts of the journal in which a run is."""

    def start_of(self, run: str) -> Place | None:
        """Give where the start document of a run is."""

    def stop_of(self, run: str) -> Place | None:
        """Give where the stop document of a run is."""


class JournalRun(StoredRun):
    """A run in a journal, which may still be growing.

    Parameters
    ----------
    places
        Knows where it is.
    start
        Its start document.
    find_run, assets
        As for `headrace.engine.documents.stored_run.StoredRun`.
    """

    def __init__(
        self,
        places: Places,
        start: Document,
        *,
        find_run: Callable[[str], RecordedRun | None] | None = None,
        assets: AssetSettings | None = None,
    ) -> None:
        super().__init__(places.folder / "documents", start, find_run=find_run, assets=assets)
        self._places = places

    @cached_property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document, or None if it has not come."""
        at = self._places.stop_of(self.uid)
        return None if at is None else document_at(self._places.folder, at)

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Give the documents as they came, up to the stop; what came again after it is left out."""
        self.notes = Counter()
        for _, name, doc in documents_in(self._places.parts_of(self.uid), {self.uid}, self.notes):
            yield name, doc
            if name == "stop":
                return

    def __repr__(self) -> str:
        return f"<JournalRun {self.uid} in {self._places.folder}>"


def document_at(folder: Path, at: Place) -> dict[str, Any] | None:
    """Give one document of a journal; None if it is damaged, or has gone."""
    try:
        with SegmentReader(segment_path(folder, at.segment)) as reader:
            entry = reader.entry_at(at.offset)
            return None if entry is None else decoded(reader, entry)
    except (OSError, DocumentError):
        return None
