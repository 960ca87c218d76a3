"""One run that is stored in a document file, read as often as wanted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.files import last_document, read_documents
from headrace.engine.documents.pages import Document, document_name
from headrace.engine.documents.time_order import in_time_order
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, RecordedRun, RunContext, RunEnd

__all__ = ["StoredRun"]

_log = logging.getLogger(__name__)


class StoredRun:
    """A run in a document file. It satisfies `headrace.engine.model.records.RecordedRun`.

    Parameters
    ----------
    path
        The document file.
    start
        The run's start document.
    find_run
        Looks other runs up by uid, for `RunContext.find_run`.
    assets
        Where data files are and how long they are waited for. Those of a run that has ended are not waited for.

    Attributes
    ----------
    path
        The document file.
    start
        The start document.
    notes
        What was odd about the documents when they were read last, and how often.
    """

    def __init__(
        self,
        path: Path,
        start: Document,
        *,
        find_run: Callable[[str], RecordedRun | None] | None = None,
        assets: AssetSettings | None = None,
    ) -> None:
        self.path = path
        self.start: Mapping[str, Any] = start
        self.notes: Counter[str] = Counter()
        self._find_run = find_run
        self._assets = assets or AssetSettings()

    @property
    def uid(self) -> str:
        """Unique id of the run."""
        return str(self.start["uid"])

    @cached_property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document, or None if the run was not written to its end."""
        last = last_document(self.path)
        if last is not None and document_name(last[0]) == "stop" and last[1].get("run_start") == self.uid:
            return last[1]
        stops = (doc for name, doc in read_documents(self.path) if name == "stop")
        return next((doc for doc in stops if doc.get("run_start") == self.uid), None)

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Give all documents of the file as they are stored, those of other runs in it too.

        Raises
        ------
        DocumentError
            If there is something else in the file.
        """
        self.notes = Counter()
        return read_documents(self.path, self.notes)

    def records(self) -> Iterator[Record]:
        """Give the run's context, its events and its end; the end has no stop document if there is none stored.

        Events of several streams come in the order in which they were stored, or by their time if the file
        holds them grouped by stream.
        """
        patience = self._assets.patience if self.stop is None else 0.0  # a finished run's files grow no more
        settings = replace(self._assets, beside=self.path.absolute().parent, patience=patience)
        assembler = Assembler(self._find_run, settings)
        try:
            for record in self._read(assembler):
                if _run_of(record) == self.uid:
                    yield self._placed(record)
                    if isinstance(record, RunEnd):
                        return
        finally:
            assembler.finish()  # closes the files of a reading that was broken off
            self.notes += assembler.notes

    def _placed(self, record: Record) -> Record:
        """Say where the run is, in its beginning."""
        return replace(record, origin=str(self.path.absolute())) if isinstance(record, RunContext) else record

    def _read(self, assembler: Assembler) -> Iterator[Record]:
        for name, doc in in_time_order(self.documents()):
            try:
                records = assembler.feed(name, doc)
            except DocumentError as error:  # as live: told, passed over, and an event that is missing is counted
                _log.warning("%s: a document was passed over: %s", self.path, error)
                self.notes["document passed over"] += 1
                continue
            yield from records
        yield from assembler.finish()

    def events(self, stream: str) -> Iterator[Event]:
        """Give the events of one stream, in the order of ``seq_num``."""
        events = (record for record in self.records() if isinstance(record, Event))
        return (event for event in events if event.key.stream == stream)

    def __repr__(self) -> str:
        return f"<StoredRun {self.uid} in {self.path}>"


def _run_of(record: RunContext | Event | RunEnd) -> str:
    if isinstance(record, RunContext):
        return record.uid
    return record.key.run if isinstance(record, Event) else record.run
