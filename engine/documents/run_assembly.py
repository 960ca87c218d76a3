"""One run, put together from its documents."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from headrace.engine.documents.asset_book import AssetBook
from headrace.engine.documents.assets import AssetReader
from headrace.engine.documents.dropped_events import DroppedEvents
from headrace.engine.documents.pages import Document
from headrace.engine.documents.stream_assembly import StreamAssembly
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.one_line import one_line
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
    start
        The start document.

    Attributes
    ----------
    notes
        What was odd, and how often.
    last
        When its last document came, by the clock of whoever feeds.
    metadata
        Bytes of its documents other than events, as far as whoever feeds counts them.
    """

    def __init__(self, uid: str, reader: AssetReader, start: Document) -> None:
        self.uid = uid
        self.start = start
        self.notes: Counter[str] = Counter()
        self.last = 0.0
        self.metadata = 0
        self._book = AssetBook(reader)
        self._streams: dict[str, StreamAssembly] = {}  # by name
        self._of_descriptor: dict[str, StreamAssembly] = {}  # descriptor uid -> its stream
        self._early: dict[str, list[Document]] = {}  # stream resource uid -> stream_datums that came before it

    def feed(self, kind: str, doc: Document) -> Iterator[Event]:
        """Take a document in (any kind but start and stop) and give the events it completes."""
        if kind == "descriptor":
            self._describe(doc)
        elif kind == "event":
            stream = self._stream_of(kind, doc)
            stream.take_event(doc)
            yield from stream.release()
        elif kind == "stream_datum":
            yield from self._rows(doc)
        else:
            yield from self._asset(kind, doc)

    def _stream_of(self, kind: str, doc: Document) -> StreamAssembly:
        stream = self._of_descriptor.get(doc["descriptor"])
        if stream is None:
            message = f"{kind} document: {doc['descriptor']!r} is no descriptor of run {self.uid}"
            raise DocumentError(message)
        return stream

    def drop(self, dropped: DroppedEvents) -> None:
        """Take note of events that came and were given up."""
        stream = self._of_descriptor.get(dropped.descriptor)
        if stream is None:
            return
        for first, last in dropped.stretches:
            stream.drop(first, last)

    def counts(self) -> dict[str, dict[str, int]]:
        """Give for each stream how many events came, were dropped, are missing and came again."""
        return {
            name: {"events": one.accepted, "dropped": one.dropped, "missing": one.gaps, "repeated": one.repeated}
            for name, one in list(self._streams.items())
        }

    @property
    def size(self) -> int:
        """About how many bytes are kept of it here."""
        return self.metadata + sum(stream.held for stream in self._streams.values())

    @property
    def events(self) -> int:
        """How many events came."""
        return sum(stream.accepted for stream in self._streams.values())

    def _describe(self, doc: Document) -> None:
        name = str(doc.get("name", "primary"))
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = StreamAssembly(self.uid, name, self._book, self.notes)
        stream.describe(doc)
        self._of_descriptor[doc["uid"]] = stream

    def _rows(self, doc: Document) -> Iterator[Event]:
        resource = self._book.get("stream_resource", doc["stream_resource"])
        if resource is None:
            self._early.setdefault(doc["stream_resource"], []).append(doc)
            return
        stream = self._stream_of("stream_datum", doc)
        stream.take_rows(resource["data_key"], doc)
        yield from stream.release()

    def _asset(self, kind: str, doc: Document) -> Iterator[Event]:
        if not self._book.add(kind, doc):
            self.notes[f"{kind} repeated"] += 1
            return
        for early in self._early.pop(doc["uid"], []) if kind == "stream_resource" else []:
            yield from self._rows(early)
        for stream in self._streams.values():
            yield from stream.release()

    def _rest(self, stream: StreamAssembly) -> Iterator[Event]:
        """Give what is left of a stream; what makes no sense must not keep the run from ending."""
        try:
            yield from stream.release(final=True)
        except Exception as error:
            self.notes[f"events left out at the end: {one_line(error, 200)}"] += 1

    def end(self, stop: Document | None, reason: str = "") -> Iterator[Event | RunEnd]:
        """Give what is left and the end of the run; the reason is for an end without a stop document."""
        for waiting in self._early.values():
            self.notes["stream_datum without stream_resource"] += len(waiting)
        for stream in self._streams.values():
            yield from self._rest(stream)
        announced = _announced(stop or {})
        lost = {name: stream.lost(announced.pop(name, 0)) for name, stream in self._streams.items()}
        lost.update(announced)
        self._book.reader.close()
        yield RunEnd(
            self.uid,
            stop,
            lost={name: count for name, count in lost.items() if count},
            repeated={name: stream.repeated for name, stream in self._streams.items() if stream.repeated},
            dropped={name: stream.dropped for name, stream in self._streams.items() if stream.dropped},
            notes=dict(self.notes),
            reason=reason,
        )


_MOST_STREAMS = 1000  # that a stop document is believed to count


def _announced(stop: Document) -> dict[str, int]:
    """Give how many events a stop document says each stream has, as far as it makes sense."""
    given = stop.get("num_events")
    pairs = islice(given.items(), _MOST_STREAMS) if isinstance(given, Mapping) else ()
    sound = ((name, _count(number)) for name, number in pairs if isinstance(name, str) and name.isprintable())
    return {name: number for name, number in sound if number > 0 and len(name) <= _MOST_STREAMS}


def _count(number: object) -> int:
    """Give a number of events; 0 if it is none."""
    try:
        count = operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        return 0
    return count if count < 2**63 else 0
