"""One stream of one run, put together: events in order, each with the asset documents it needs."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from headrace.engine.documents.asset_book import AssetBook
from headrace.engine.documents.lazy_data import LazyData
from headrace.engine.documents.pages import Document
from headrace.engine.documents.stream_rows import StreamRows
from headrace.engine.documents.weight import weight
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, EventKey

__all__ = ["StreamAssembly"]

_PATIENCE = 8
"""An event that lacks asset documents is let go once this many later ones are complete: they are lost."""


class _Waiting(NamedTuple):
    """An event document that has come, and what it still needs."""

    seq_num: int
    doc: Document
    descriptor: Document
    datums: tuple[str, ...]
    rows: tuple[str, ...]
    size: int = 0


class StreamAssembly:
    """Puts the events of one stream together.

    An event stream takes one of two forms. With event documents, an event is complete when the datums and the
    stream rows it needs are known. Without (a fly scan: all values are in files, only stream_datum documents
    come), every announced ``seq_num`` is an event, complete when all its keys have announced it.

    Parameters
    ----------
    run
        Unique id of the run.
    name
        Name of the stream.
    book
        The run's asset documents.
    notes
        Counts what was odd.
    """

    def __init__(self, run: str, name: str, book: AssetBook, notes: Counter[str]) -> None:
        self.name = name
        self._run = run
        self._book = book
        self._notes = notes
        self._descriptors: dict[str, Document] = {}
        self._outside: dict[str, tuple[str, ...]] = {}  # descriptor uid -> keys whose values are not in events
        self._rows = StreamRows()
        self._waiting: deque[_Waiting] = deque()
        self.held = 0  # bytes of the events that wait
        self._last = 0  # seq_num of the last event taken in
        self._gaps = 0
        self.accepted = 0  # events that came, each number once
        self.dropped = 0  # events that came and were given up before they could be taken in
        self.repeated = 0  # events that came under a number that had been
        self._has_events: bool | None = None  # None: not known yet

    def describe(self, descriptor: Document) -> None:
        """Take in a descriptor: the first one of the stream, or another one."""
        uid = descriptor["uid"]
        if uid in self._descriptors:
            self._notes["descriptor repeated"] += 1
            return
        keys = descriptor["data_keys"]
        if not all(isinstance(key, Mapping) for key in keys.values()):
            message = f"descriptor document {uid}: not every data key is a mapping"
            raise DocumentError(message)
        self._descriptors[uid] = descriptor
        self._outside[uid] = tuple(name for name, key in keys.items() if key.get("external"))

    def take_event(self, doc: Document) -> None:
        """Take in an event document."""
        seq_num = int(doc["seq_num"])
        data, filled = doc["data"], doc.get("filled") or {}
        outside = self._outside[doc["descriptor"]]
        data_keys = self._descriptors[doc["descriptor"]]["data_keys"]
        datums = tuple(key for key in outside if _is_datum_id(key, data, filled, data_keys))
        rows = tuple(key for key in outside if key not in data)
        if not self._accept(seq_num):
            return
        self._has_events = True
        waiting = _Waiting(seq_num, doc, self._descriptors[doc["descriptor"]], datums, rows)
        if self._waiting or not self._is_complete(waiting):
            waiting = waiting._replace(size=weight(data)[1])
        self.held += waiting.size
        self._waiting.append(waiting)

    def _accept(self, seq_num: int) -> bool:
        if seq_num <= self._last:
            if self._has_events is not False:  # the event of a row that is out already adds nothing
                self._notes["event repeated or out of order"] += 1
                self.repeated += 1
            return False
        self._gaps += seq_num - self._last - 1
        self._last = seq_num
        self.accepted += 1
        return True

    def drop(self, first: int, last: int) -> None:
        """Take note of events that came and were given up: they are no gap."""
        first = max(first, self._last + 1)
        if last < first:
            return
        self._gaps += first - self._last - 1
        self._last = last
        self.dropped += last - first + 1
        self._has_events = True

    @property
    def gaps(self) -> int:
        """Numbers that were left out so far."""
        return self._gaps

    def take_rows(self, key: str, doc: Document) -> None:
        """Take in a stream_datum document for one of the data keys."""
        before = self._rows.announced(key)
        if not self._rows.add(key, doc):
            self._notes["stream_datum repeated"] += 1
        elif before and self._has_events is None and self._is_fly_scan(doc["descriptor"]):
            self._has_events = False  # the rows go on and no event came: there will be none

    def _is_fly_scan(self, descriptor: str) -> bool:
        return len(self._outside[descriptor]) == len(self._descriptors[descriptor]["data_keys"])

    def release(self, *, final: bool = False) -> Iterator[Event]:
        """Give the events that are complete, in order; in the end (`final`) the others too."""
        if final and self._has_events is None and self._rows.last:
            newest = next(reversed(self._descriptors))
            self._has_events = not self._is_fly_scan(newest)
        if self._has_events is False:
            yield from self._release_rows(final)
        while self._waiting and (final or self._is_due()):
            waiting = self._waiting.popleft()
            self.held -= waiting.size
            yield self._event(waiting)

    def _is_due(self) -> bool:
        if self._is_complete(self._waiting[0]):
            return True
        later = list(islice(self._waiting, 1, 1 + _PATIENCE))
        return len(later) == _PATIENCE and all(map(self._is_complete, later))

    def _is_complete(self, waiting: _Waiting) -> bool:
        return all(self._book.can_read(waiting.doc["data"][key]) for key in waiting.datums) and all(
            self._rows.announced(key) >= waiting.seq_num for key in waiting.rows
        )

    def _release_rows(self, final: bool) -> Iterator[Event]:
        """Give an event for every row that all data keys have announced, or passed over."""
        while True:
            descriptor = self._descriptors[next(reversed(self._descriptors))]
            row = self._rows.first_after(list(descriptor["data_keys"]), self._last)
            if row is None:
                return
            descriptor = self._descriptors[row.descriptor]
            seq_num = max(row.first, self._last + 1)
            settled = all(self._rows.announced(key) >= seq_num for key in descriptor["data_keys"])
            if not (settled or final):
                return
            self._accept(seq_num)
            doc = {"time": descriptor.get("time", 0.0), "data": {}}
            yield self._event(_Waiting(seq_num, doc, descriptor, (), tuple(descriptor["data_keys"])))

    def _event(self, waiting: _Waiting) -> Event:
        key = EventKey(self._run, self.name, waiting.seq_num)
        data, data_keys = waiting.doc["data"], waiting.descriptor["data_keys"]
        outside: dict[str, Callable[[], Any]] = {}
        for name in waiting.datums:
            outside[name] = partial(self._book.read_datum, data[name], f"event {key}, field {name!r}")
        for name in waiting.rows:
            outside[name] = self._row_reader(name, key, data_keys[name])
        self._rows.drop_until(waiting.seq_num)
        return Event(
            key=key,
            time=float(waiting.doc.get("time", 0.0)),
            data=LazyData(data, data_keys, outside),
            descriptor=waiting.descriptor,
            uid=str(waiting.doc.get("uid", "")),
        )

    def _row_reader(self, name: str, key: EventKey, data_key: Document) -> Callable[[], Any]:
        row = self._rows.find(name, key.seq_num)
        if row is None:
            return partial(_never_came, name, key)
        return partial(self._book.read_row, row.resource, row.offset + key.seq_num - row.first, data_key)

    def lost(self, announced: int) -> int:
        """Count the events that were numbered or announced and never came.

        Parameters
        ----------
        announced
            How many events the stop document says there are; 0 if it doesn't say.
        """
        return self._gaps + max(announced, self._rows.last, self._last) - self._last


def _is_datum_id(key: str, data: Mapping[str, Any], filled: Mapping[str, Any], data_keys: Mapping[str, Any]) -> bool:
    """Say whether what stands in the event is only the name of a datum. A filled value stands there itself."""
    if not isinstance(data.get(key), str) or str(data_keys[key]["external"]).startswith("STREAM"):
        return False
    return filled.get(key, False) is False


def _never_came(name: str, key: EventKey) -> Any:
    message = f"event {key}, field {name!r}: no stream_datum document for it ever came, so it can't be read"
    raise DocumentError(message)
