"""One run, put together from its documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from headrace.engine.documents.asset_book import AssetBook
from headrace.engine.documents.assets import AssetReader
from headrace.engine.documents.pages import Document
from headrace.engine.documents.stream_assembly import StreamAssembly
from headrace.engine.model.records import Event, RunEnd

__all__ = ["RunAssembly"]


class RunAssembly:
    """Puts one run together.

    Parameters
    ----------
    uid
        Unique id of the run.
    reader
        Reads the run's data files.
    notes
        Counts what was odd.
    """

    def __init__(self, uid: str, reader: AssetReader, notes: Counter[str]) -> None:
        self.uid = uid
        self._notes = notes
        self._book = AssetBook(reader)
        self._streams: dict[str, StreamAssembly] = {}  # by name
        self._of_descriptor: dict[str, StreamAssembly] = {}  # descriptor uid -> its stream
        self._early: dict[str, list[Document]] = {}  # stream resource uid -> stream_datums that came before it

    def feed(self, kind: str, doc: Document) -> Iterator[Event]:
        """Take a document in (any kind but start and stop) and give the events it completes."""
        if kind == "descriptor":
            self._describe(doc)
        elif kind == "event":
            stream = self._of_descriptor[doc["descriptor"]]
            stream.take_event(doc)
            yield from stream.release()
        elif kind == "stream_datum":
            yield from self._rows(doc)
        else:
            yield from self._asset(kind, doc)

    def _describe(self, doc: Document) -> None:
        name = str(doc.get("name", "primary"))
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = StreamAssembly(self.uid, name, self._book, self._notes)
        stream.describe(doc)
        self._of_descriptor[doc["uid"]] = stream

    def _rows(self, doc: Document) -> Iterator[Event]:
        resource = self._book.get("stream_resource", doc["stream_resource"])
        if resource is None:
            self._early.setdefault(doc["stream_resource"], []).append(doc)
            return
        stream = self._of_descriptor[doc["descriptor"]]
        stream.take_rows(resource["data_key"], doc)
        yield from stream.release()

    def _asset(self, kind: str, doc: Document) -> Iterator[Event]:
        if not self._book.add(kind, doc):
            self._notes[f"{kind} repeated"] += 1
            return
        for early in self._early.pop(doc["uid"], []) if kind == "stream_resource" else []:
            yield from self._rows(early)
        for stream in self._streams.values():
            yield from stream.release()

    def end(self, stop: Document | None) -> Iterator[Event | RunEnd]:
        """Give what is left and the end of the run."""
        for waiting in self._early.values():
            self._notes["stream_datum without stream_resource"] += len(waiting)
        for stream in self._streams.values():
            yield from stream.release(final=True)
        announced = dict((stop or {}).get("num_events") or {})
        lost = {name: stream.lost(int(announced.pop(name, 0))) for name, stream in self._streams.items()}
        lost.update((name, int(count)) for name, count in announced.items())
        self._book.reader.close()
        repeated = {name: stream.repeated for name, stream in self._streams.items() if stream.repeated}
        yield RunEnd(self.uid, stop, {name: count for name, count in lost.items() if count}, repeated)
