"""The documents of a stored run as they came from the beamline: single, in order, with their arrays in the events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from headrace.engine.documents.arrays import from_document
from headrace.engine.documents.pages import KINDS, Document, checked_documents, document_name
from headrace.engine.documents.routes import RunRoutes
from headrace.engine.documents.store_arrays import TIMES
from headrace.engine.documents.store_folder import ARRAYS, DOCUMENTS
from headrace.engine.documents.time_order import in_time_order
from headrace.engine.model.errors import NotReachableError

__all__ = ["HasDocuments", "original_documents"]


class HasDocuments(Protocol):
    """A run that gives its documents."""

    @property
    def start(self) -> Document:
        """The start document."""

    def documents(self) -> Iterator[tuple[str, Document]]:
        """Give the documents."""


def original_documents(run: HasDocuments) -> Iterator[tuple[str, Document]]:
    """Give the documents of one run as a RunEngine would have given them.

    Pages are taken apart. Events come in the order in which they were stored, or by their time if the file holds them
    grouped by stream. Arrays that headrace's own store has put into its array file stand in their events again; files
    of a detector stay where they are, and the documents point to them. Lists become arrays where the descriptor says
    so.

    Parameters
    ----------
    run
        A run that was stored or is held in memory. Documents of other runs in its file are left out.

    Raises
    ------
    NotReachableError
        If the array file is missing or can't be read.
    DocumentError
        If there is something else in the file.
    """
    path = getattr(run, "path", None)
    arrays = path.parent / ARRAYS if isinstance(path, Path) and path.name == DOCUMENTS else None
    documents = in_time_order(_of_run(run.documents(), str(run.start["uid"])))
    singles = (single for name, doc in documents for single in checked_documents(document_name(name), doc))
    with closing(_Restorer(arrays)) as restorer:
        for kind, doc in singles:
            yield from restorer.feed(kind, doc)
        yield from restorer.rest()


def _of_run(documents: Iterable[tuple[str, Document]], uid: str) -> Iterator[tuple[str, Document]]:
    """Leave out documents of other runs, and of no known kind."""
    routes = RunRoutes()
    alike = {"event_page": "event", "datum_page": "datum"}
    for name, doc in documents:
        kind = document_name(name)
        if kind in ("bulk_events", "bulk_datum"):
            yield from _of_run_bulk(checked_documents(kind, doc), routes.of, uid)
        elif kind in KINDS and uid in routes.of(alike.get(kind, kind), doc):
            yield kind, doc


def _of_run_bulk(
    documents: Iterable[tuple[str, Document]], runs_of: Callable[[str, Document], tuple[str, ...]], uid: str
) -> Iterator[tuple[str, Document]]:
    return ((kind, doc) for kind, doc in documents if uid in runs_of(kind, doc))


class _Restorer:
    """Puts arrays back into the events they were taken from.

    The store writes a descriptor right before what tells where its arrays are, so it is held until that is known.
    """

    def __init__(self, arrays: Path | None) -> None:
        self._path = arrays
        self._file: Any = None
        self._resources: dict[str, tuple[str, str]] = {}  # uid of one of the store's own -> field, dataset
        self._held: dict[str, Document] = {}  # descriptors not given yet
        self._keys: dict[str, dict[str, Any]] = {}  # uid of a descriptor -> its data keys, as given
        self._rows: dict[tuple[str, int], dict[str, tuple[str, int]]] = {}  # event -> field -> dataset, row

    def feed(self, kind: str, doc: Document) -> Iterator[tuple[str, Document]]:
        """Take a document; gives it as it was, and those that were held."""
        if kind == "descriptor":
            self._held[doc["uid"]] = doc
        elif kind == "stream_resource" and self._is_ours(doc):
            self._resources[doc["uid"]] = (doc["data_key"], doc["parameters"]["dataset"])
        elif kind == "stream_datum" and doc["stream_resource"] in self._resources:
            self._note_row(doc)
        else:
            yield from self.rest()
            yield kind, (self._event(doc) if kind == "event" else doc)

    def rest(self) -> Iterator[tuple[str, Document]]:
        """Give the descriptors that are held."""
        for uid, doc in self._held.items():
            inside = {field for (owner, _), row in self._rows.items() if owner == uid for field in row}
            keys = {name: _without_place(key) if name in inside else key for name, key in doc["data_keys"].items()}
            self._keys[uid] = keys
            yield "descriptor", {**doc, "data_keys": keys}
        self._held.clear()

    def _is_ours(self, resource: Document) -> bool:
        name = str(resource.get("uri", "")).rpartition("/")[2]
        return self._path is not None and name == ARRAYS and "dataset" in resource.get("parameters", {})

    def _note_row(self, datum: Document) -> None:
        field, dataset = self._resources[datum["stream_resource"]]
        first = datum["seq_nums"]["start"]
        for seq_num in range(first, datum["seq_nums"]["stop"]):
            row = datum["indices"]["start"] + seq_num - first
            self._rows.setdefault((datum["descriptor"], seq_num), {})[field] = (dataset, row)

    def _event(self, event: Document) -> Document:
        keys = self._keys.get(event["descriptor"], {})
        rows = self._rows.pop((event["descriptor"], event["seq_num"]), {})
        inline = event["data"]
        data = {name: self._read(*rows[name]) for name in rows}
        data |= {name: from_document(value, keys.get(name, {})) for name, value in inline.items()}
        ordered = {name: data[name] for name in [*keys, *data] if name in data}
        times = {name: self._time(*row, event) for name, row in rows.items()} | event.get("timestamps", {})
        return {**event, "data": ordered, "timestamps": times}

    def _read(self, dataset: str, row: int) -> Any:
        import h5py

        try:
            if self._file is None:
                self._file = h5py.File(self._path, "r")
            array = self._file[dataset][row]
        except (OSError, KeyError, ValueError, IndexError) as error:
            message = f"can't read row {row} of {dataset} in {self._path}: {error}"
            raise NotReachableError(message) from error
        array.setflags(write=False)  # nobody else has it, so that it can be sent without another copy
        return array

    def _time(self, dataset: str, row: int, event: Document) -> float:
        """Give the time stamp of an array that was read; the event's time, unless it has one of its own."""
        stamps = self._file.get(dataset + TIMES)
        own = float(stamps[row]) if stamps is not None and row < len(stamps) else math.nan
        return float(event.get("time", 0.0)) if math.isnan(own) else own

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _without_place(key: Document) -> Document:
    """Leave out of a data key that its values are stored elsewhere."""
    return {name: value for name, value in key.items() if name != "external"}
