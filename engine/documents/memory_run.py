"""A run whose documents are held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.time_order import in_time_order
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, RecordedRun

__all__ = ["MemoryRun"]


class MemoryRun:
    """One run as a list of documents. It satisfies `headrace.engine.model.records.RecordedRun`.

    Parameters
    ----------
    documents
        ``(name, document)``, the start document first.
    find_run
        Looks other runs up by uid.
    assets
        Where data files are and how long they are waited for.

    Raises
    ------
    DocumentError
        If the first document is no start document.
    """

    def __init__(
        self,
        documents: Iterable[tuple[str, Mapping[str, Any]]],
        find_run: Callable[[str], RecordedRun | None] | None = None,
        assets: AssetSettings | None = None,
    ) -> None:
        self._documents = [(str(name), doc) for name, doc in documents]
        self._find_run = find_run
        self._assets = assets
        if not self._documents or self._documents[0][0] != "start":
            problem = "a run begins with a start document; got " + (
                repr(self._documents[0][0]) if self._documents else "no documents"
            )
            raise DocumentError(problem)

    @property
    def start(self) -> Mapping[str, Any]:
        """The start document."""
        return self._documents[0][1]

    @property
    def uid(self) -> str:
        """Unique id of the run."""
        return str(self.start["uid"])

    @property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document, if it has come."""
        return next((doc for name, doc in reversed(self._documents) if name == "stop"), None)

    def documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give the documents."""
        return iter(self._documents)

    def records(self) -> Iterator[Record]:
        """Give the run's context, its events and its end."""
        assembler = Assembler(self._find_run, self._assets)
        for name, doc in in_time_order((name, dict(doc)) for name, doc in self._documents):
            yield from assembler.feed(name, doc)
        yield from assembler.finish()

    def events(self, stream: str) -> Iterator[Event]:
        """Give the events of one stream, in the order of ``seq_num``."""
        return (record for record in self.records() if isinstance(record, Event) and record.key.stream == stream)
