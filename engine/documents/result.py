"""Reading a run: its documents, and each of its streams as a table or an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from headrace.engine.documents.encoding import field_name
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest
from headrace.engine.model.records import DEAD_LETTERS, Event

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

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
        described = (doc["data_keys"] for name, doc in self.documents() if name == "descriptor")
        return {field: str(key["units"]) for keys in described for field, key in keys.items() if key.get("units")}

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
        if stream not in self.streams:
            hint = nearest(stream, self.streams)
            problem = f"run {self.uid[:8]} has no stream {stream!r}; {hint or 'it has ' + ', '.join(self.streams)}"
            raise UsageError(problem)
        kinds = set(self.port_type(stream).split(" | "))
        if kinds == {"Table"}:
            return self._table(stream)
        if stream in self.outputs and self._is_array(stream, kinds):
            return self._array(stream)
        return self._scalars(stream)

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
