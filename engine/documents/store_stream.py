"""How the events of one descriptor are stored: which fields go to the array file, and what the documents say then.

The documents stay documents of the event model. A field that goes to the array file becomes one that is stored
externally (``STREAM:``), described by a stream_resource document and one stream_datum for each event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from headrace.engine.documents.arrays import from_document, to_json
from headrace.engine.documents.pages import Document
from headrace.engine.documents.store_arrays import ArrayFile, can_be_stored

__all__ = ["LARGE", "Shelf", "StreamStore"]

LARGE = 64
"""Arrays of more elements than this go to the array file."""


class Shelf:
    """The place of one field in the array file.

    Parameters
    ----------
    field
        Name of the field.
    dataset
        Path of its dataset.
    like
        An array of the shape and type that are put there.
    uri
        Where the array file will be, once the run is whole.
    run
        Unique id of the run.
    """

    def __init__(self, field: str, dataset: str, like: NDArray[Any], uri: str, run: str) -> None:
        self.field = field
        self.dataset = dataset
        self.shape = like.shape
        self.dtype = like.dtype
        self.resource = {
            "uid": str(uuid4()),
            "run_start": run,
            "data_key": field,
            "mimetype": "application/x-hdf5",
            "uri": uri,
            "parameters": {
                "dataset": dataset,
                "chunk_shape": [1, *like.shape],
                "join_method": "stack",  # every event is one row, whatever the reader's default
                "swmr": False,
            },
        }

    def takes(self, array: Any) -> bool:
        """Say whether an array has the form that is put here."""
        if not isinstance(array, np.ndarray):
            return False
        return (array.shape, array.dtype.str) == (self.shape, self.dtype.str)

    def datum(self, descriptor: str, seq_num: int, row: int) -> Document:
        """Give the stream_datum document for one event."""
        return {
            "uid": f"{self.resource['uid']}/{row}",
            "stream_resource": self.resource["uid"],
            "descriptor": descriptor,
            "indices": {"start": row, "stop": row + 1},
            "seq_nums": {"start": seq_num, "stop": seq_num + 1},
        }


class StreamStore:
    """Turns the events of one descriptor into documents for the file, large arrays put elsewhere.

    The descriptor is held until the first event: only then it is known which fields are large arrays and of
    what type they are.

    Parameters
    ----------
    descriptor
        The descriptor document.
    arrays
        The run's array file.
    uri
        Where the array file will be, once the run is whole.
    shelves
        The shelves of the stream's earlier descriptors by field. They are used on where they fit.
    """

    def __init__(self, descriptor: Document, arrays: ArrayFile, uri: str, shelves: dict[str, Shelf]) -> None:
        self._descriptor = descriptor
        self._name = str(descriptor.get("name", "primary"))
        self._arrays = arrays
        self._uri = uri
        self._known = shelves
        self._shelves: dict[str, Shelf] = {}  # those this descriptor declares
        self._begun = False

    def begin(self, event: Document | None = None) -> Iterator[tuple[str, Document]]:
        """Give the descriptor and the stream resources, once, decided by the first event if there is one."""
        if self._begun:
            return
        self._begun = True
        values = {} if event is None else self._values(event)
        new = [shelf for field, value in values.items() if (shelf := self._place(field, value))]
        data_keys = {k: self._data_key(k, v, values.get(k)) for k, v in self._descriptor["data_keys"].items()}
        self._descriptor = {**self._descriptor, "data_keys": data_keys}
        yield "descriptor", self._descriptor
        yield from (("stream_resource", shelf.resource) for shelf in new)

    def _values(self, event: Document) -> dict[str, Any]:
        """Give the event's values as the analysis will see them."""
        data_keys = self._descriptor["data_keys"]
        return {key: from_document(value, data_keys.get(key, {})) for key, value in event["data"].items()}

    def _place(self, field: str, value: Any) -> Shelf | None:
        """Find a shelf for a large array; give it if it is a new one."""
        data_key = self._descriptor["data_keys"].get(field)
        if data_key is None or None in (data_key.get("shape") or ()):  # declared as ragged
            return None
        if not isinstance(value, np.ndarray) or value.size <= LARGE or not can_be_stored(value):
            return None
        known = self._known.get(field)
        if known is not None and known.takes(value):
            self._shelves[field] = known
            return None
        dataset = self._arrays.new_dataset(self._name, field, value)
        shelf = Shelf(field, dataset, value, self._uri, str(self._descriptor["run_start"]))
        self._shelves[field] = self._known[field] = shelf
        return shelf

    def _data_key(self, field: str, data_key: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
        """Describe a field as it is stored; a small array's type is added where it is missing."""
        if field in self._shelves:
            shelf = self._shelves[field]
            shape, dtype = list(shelf.shape), shelf.dtype.str
            return {**data_key, "dtype": "array", "shape": shape, "dtype_numpy": dtype, "external": "STREAM:"}
        declared = data_key.get("dtype_numpy") or data_key.get("dtype_str")
        if isinstance(value, np.ndarray) and not declared and value.dtype.kind in "biufc":
            return {**data_key, "dtype_numpy": value.dtype.str}
        return data_key

    def event(self, event: Document) -> Iterator[tuple[str, Document]]:
        """Give the documents that stand for an event in the file."""
        yield from self.begin(event)
        seq_num, data_keys = int(event["seq_num"]), self._descriptor["data_keys"]
        data: dict[str, Any] = {}
        put: set[str] = set()
        for field, value in self._values(event).items():
            shelf = self._shelves.get(field)
            if shelf is not None and shelf.takes(value):
                row = self._arrays.append(shelf.dataset, value, _own_time(event, field))
                put.add(field)
                yield "stream_datum", shelf.datum(str(event["descriptor"]), seq_num, row)
            else:
                data[field] = to_json(value, data_keys.get(field, {}))
        yield "event", {**event, "data": data, **_without(event, put)}


def _own_time(event: Document, field: str) -> float | None:
    """Give the time stamp of a field, where it is another than the event's time."""
    stamps = event.get("timestamps")
    stamp = stamps.get(field) if isinstance(stamps, Mapping) else None
    return float(stamp) if isinstance(stamp, int | float) and stamp != event.get("time") else None


def _without(event: Document, fields: set[str]) -> dict[str, Any]:
    """Give the event's other mappings without the fields that are stored elsewhere now."""
    mappings = {name: event[name] for name in ("timestamps", "filled") if isinstance(event.get(name), Mapping)}
    return {name: {k: v for k, v in old.items() if k not in fields} for name, old in mappings.items()}
