"""Reading a run: its documents, and each of its streams as a table or an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from headrace.engine.documents.dimensions import motors
from headrace.engine.documents.encoding import field_name
from headrace.engine.model.display import mime_bundle
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest
from headrace.engine.model.records import DEAD_LETTERS, Event

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import xarray as xr

__all__ = ["ReadableRun", "Result"]


class ReadableRun(Protocol):
    """A run whose documents can be read, in memory or stored."""

    @property
    def start(self) -> Mapping[str, Any]:
        """The start document."""

    @property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document, if it has come."""

    def documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give the documents, in order."""

    def events(self, stream: str) -> Iterator[Event]:
        """Give the events of one stream."""


class Result:
    """A run to read: most often the result of a graph, but any run will do.

    ``result["tracks"]`` gives a stream by its name: a `pandas.DataFrame` for tables and scalars, a `numpy.ndarray`
    with the events along its first axis for images, profiles and maps (what exists once per run has one event).
    `table` and `array` always give the one or the other, `xarray` gives arrays with their coordinates.

    Parameters
    ----------
    run
        The run, in memory or stored.

    Notes
    -----
    Values are read from the documents at each call and not kept.
    """

    def __init__(self, run: ReadableRun) -> None:
        self._run = run

    @property
    def uid(self) -> str:
        """Unique id of the run."""
        return str(self.start["uid"])

    @property
    def start(self) -> Mapping[str, Any]:
        """The start document, with the provenance under ``headrace``."""
        return self._run.start

    @property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document, with verdict and counts; None if the run never ended."""
        return self._run.stop

    @property
    def run(self) -> ReadableRun:
        """The run that is read."""
        return self._run

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """What the streams of a result hold: node, port, port type, cadence; empty for a raw run."""
        about: Mapping[str, Any] = self.start.get("headrace") or {}
        outputs: Mapping[str, Mapping[str, Any]] = about.get("outputs", {})
        return outputs

    @property
    def streams(self) -> list[str]:
        """The names of the streams, those that turned out empty included."""
        described = (str(doc["name"]) for name, doc in self.documents() if name == "descriptor")
        return list(dict.fromkeys([*self.outputs, *described]))

    @property
    def units(self) -> Mapping[str, str]:
        """The units of the fields that have one, motors among them."""
        about: Mapping[str, Any] = (self.stop or {}).get("headrace") or {}
        described = (doc["data_keys"] for name, doc in self.documents() if name == "descriptor")
        own = {field: str(key["units"]) for keys in described for field, key in keys.items() if key.get("units")}
        return {**{str(field): str(unit) for field, unit in about.get("units", [])}, **own}

    @property
    def dead_letters(self) -> pd.DataFrame:
        """The failures: node, raw event, error and full text of each."""
        return self._scalars(DEAD_LETTERS)

    def documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give the documents, in order."""
        return self._run.documents()

    def events(self, stream: str) -> Iterator[Event]:
        """Give the events of one stream."""
        return self._run.events(stream)

    def port_type(self, stream: str) -> str:
        """Give what a stream holds, as the graph declares it: ``Table``, ``Frame``, …; ``Value`` for a raw run."""
        return str(self.outputs.get(stream, {}).get("port_type", "Value"))

    def __contains__(self, stream: object) -> bool:
        return stream in self.streams

    def __iter__(self) -> Iterator[str]:
        return iter(self.streams)

    def __getitem__(self, stream: str) -> Any:
        self._check(stream)
        kinds = set(self.port_type(stream).split(" | "))
        if kinds == {"Table"}:
            return self._table(stream)
        if stream in self.outputs and self._is_array(stream, kinds):
            return self._array(stream)
        return self._scalars(stream)

    def table(self, stream: str) -> pd.DataFrame:
        """Give a stream as a table that says of each row where it came from.

        Columns ``raw_seq_num`` (or ``seq_num``), ``time`` and those of the scan's motors tell the event. Then come the
        columns of a table, with a row for each of its rows; or the value of a scalar; nothing more for arrays.

        Raises
        ------
        UsageError
            If there is no such stream.
        """
        import pandas as pd

        self._check(stream)
        along = pd.DataFrame(self.coordinates(stream))
        if set(self.port_type(stream).split(" | ")) == {"Table"}:
            rows = [_rows(stream, event) for event in self.events(stream)]
            repeated = along.loc[along.index.repeat([len(table) for table in rows])].reset_index(drop=True)
            values = pd.concat([table for table in rows if len(table)] or rows[:1] or [along], ignore_index=True)
        else:
            repeated, values = along, pd.DataFrame([_plain(event) for event in self.events(stream)])
        return pd.concat([repeated, values.drop(columns=[*along, "seq_num"], errors="ignore")], axis=1)

    def array(self, stream: str) -> npt.NDArray[Any]:
        """Give a stream as an array, the events along its first axis; of dtype object if their shapes differ.

        Raises
        ------
        UsageError
            If there is no such stream, or it holds tables, or several fields.
        """
        import numpy as np

        value = self[stream]
        if isinstance(value, np.ndarray):
            return value
        if stream not in value or set(self.port_type(stream).split(" | ")) == {"Table"}:
            problem = f"{stream!r} holds no single value per event but columns; read it with result.table({stream!r})"
            raise UsageError(problem)
        return np.stack(value[stream].to_list())

    def xarray(self, stream: str) -> xr.DataArray:
        """Give a stream as an array with coordinates.

        Along ``event``: ``raw_seq_num``, ``time`` and the positions of the scan's motors. Maps have the motors of the
        grid as their last axes, curves the axis that was kept with them, images ``y`` and ``x``. What exists once per
        run has no axis ``event``.

        Raises
        ------
        UsageError
            If there is no such stream, it holds tables, or xarray is not installed.
        """
        from headrace.engine.documents.result_xarray import labelled

        return labelled(self, stream)

    def coordinates(self, stream: str) -> dict[str, npt.NDArray[Any]]:
        """Give for each event of a stream its number, its time, and where the motors of the scan stood."""
        import numpy as np

        self._check(stream)
        events = list(self.events(stream))
        number = "raw_seq_num" if any("raw_seq_num" in event.data for event in events) else "seq_num"
        kept = [name for name in motors(self.start) if name != stream and events and _numbers(events, name)]
        columns = {number: [event.data.get(number, event.key.seq_num) for event in events]}
        columns["time"] = [event.time for event in events]
        columns |= {name: [event.data[name] for event in events] for name in kept}
        return {name: np.asarray(column) for name, column in columns.items()}

    def points(self, stream: str) -> int:
        """Give the number of points of a stream of curves; 0 for others."""
        shapes = (doc["data_keys"].get(stream, {}) for name, doc in self.documents() if _describes(name, doc, stream))
        shape = [key.get("shape") or [] for key in shapes]
        return int(shape[-1][0]) if shape and len(shape[-1]) == 1 and shape[-1][0] else 0

    def _check(self, stream: str) -> None:
        if stream not in self.streams:
            hint = nearest(stream, self.streams)
            problem = f"run {self.uid[:8]} has no stream {stream!r}; {hint or 'it has ' + ', '.join(self.streams)}"
            raise UsageError(problem)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the result in a notebook."""
        return mime_bundle("result", self)

    def __repr__(self) -> str:
        status = self.stop["exit_status"] if self.stop else "not ended"
        return f"<run {self.uid[:8]} of {self.start.get('analysis_stage', 'raw')}, {status}: {', '.join(self.streams)}>"

    def _is_array(self, stream: str, kinds: set[str]) -> bool:
        """Tell arrays from scalars; where the graph does not say, the descriptor does."""
        if kinds <= {"Scalar", "Metadata"}:
            return False
        keys = (doc["data_keys"] for name, doc in self.documents() if name == "descriptor" and doc["name"] == stream)
        described = next(keys, None)
        if described is None:
            return bool(kinds & {"Array", "Stack", "Frame", "Profile"})
        return stream in described and described[stream]["dtype"] == "array"

    def _array(self, stream: str) -> npt.NDArray[Any]:
        import numpy as np

        values = [event.data[stream] for event in self.events(stream)]
        if len({np.shape(value) for value in values}) > 1:  # an image that changed its size in mid-run
            ragged = np.empty(len(values), dtype=object)
            ragged[:] = values
            return ragged
        return np.stack(values) if values else np.empty((0,))

    def _table(self, stream: str) -> pd.DataFrame:
        import pandas as pd

        rows = [_rows(stream, event) for event in self.events(stream)]
        if not rows:
            return pd.DataFrame()
        filled = [table for table in rows if len(table)] or rows[:1]
        return pd.concat(filled, ignore_index=True)

    def _scalars(self, stream: str) -> pd.DataFrame:
        import pandas as pd

        rows = [{"seq_num": event.key.seq_num, "time": event.time, **event.data} for event in self.events(stream)]
        return pd.DataFrame(rows)


def _rows(stream: str, event: Event) -> pd.DataFrame:
    """Give the table that one event holds, its columns named as the node named them."""
    import pandas as pd

    fields = event.descriptor["object_keys"][stream]
    prefix = field_name(stream, "")
    return pd.DataFrame({field.removeprefix(prefix): event.data[field] for field in fields})


def _describes(name: str, doc: Mapping[str, Any], stream: str) -> bool:
    return name == "descriptor" and doc["name"] == stream


def _numbers(events: list[Event], field: str) -> bool:
    """Tell whether a field is a number in every event."""
    return all(isinstance(event.data.get(field), int | float) for event in events)


def _plain(event: Event) -> dict[str, Any]:
    """Give the fields of an event that are no arrays, which may be large and far away."""
    keys = event.descriptor.get("data_keys", {})
    fields = [field for field, key in keys.items() if key.get("dtype") != "array" and not key.get("shape")]
    return {field: event.data[field] for field in fields if field in event.data}
