"""A raw run as something to draw: its numbers, and a few of its images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from headrace.engine.view.results import Drawable

__all__ = ["RawRun", "drawable"]

_MOST_IMAGES = 16


class _Read(Protocol):
    """What is needed of a run that was opened."""

    @property
    def start(self) -> Mapping[str, Any]: ...
    @property
    def stop(self) -> Mapping[str, Any] | None: ...
    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def units(self) -> Mapping[str, str]: ...
    def documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]: ...
    def events(self, stream: str) -> Iterator[Any]: ...
    def table(self, stream: str) -> Any: ...
    @property
    def streams(self) -> list[str]: ...
    def __getitem__(self, name: str) -> Any: ...
    def port_type(self, name: str) -> str: ...


def drawable(run: _Read) -> Drawable:
    """Give a run as something to draw: a result as it is, a raw run field by field."""
    return run if run.outputs else RawRun(run)


class RawRun:
    """A raw run: a stream for the numbers of each of its streams, and one for each field of images.

    Parameters
    ----------
    run
        The run.
    """

    outputs: Mapping[str, Mapping[str, Any]] = {}

    def __init__(self, run: _Read) -> None:
        self._run = run
        self.start, self.stop, self.units = run.start, run.stop, run.units
        described = [doc for kind, doc in run.documents() if kind == "descriptor"]
        self._tables = dict.fromkeys(str(doc["name"]) for doc in described)
        self._arrays = {
            f"{doc['name']}_{field}": (str(doc["name"]), str(field))
            for doc in described
            for field, key in doc["data_keys"].items()
            if key.get("dtype") == "array" or len(key.get("shape") or ()) > 1
        }

    @property
    def streams(self) -> list[str]:
        """Names of what can be drawn."""
        return [*self._arrays, *self._tables]

    def port_type(self, name: str) -> str:
        """Give what is drawn: images or curves of a field, or numbers."""
        return "Value"

    def __getitem__(self, name: str) -> Any:
        if name not in self._arrays:
            return self._run.table(name)
        stream, field = self._arrays[name]
        count = int(((self.stop or {}).get("num_events") or {}).get(stream, _MOST_IMAGES))
        wanted = set(np.linspace(0, max(count - 1, 0), _MOST_IMAGES).round().astype(int).tolist())
        values = [_flat(event.data[field]) for number, event in enumerate(self._run.events(stream)) if number in wanted]
        same = [value for value in values if value.shape == values[-1].shape]
        return np.stack(same) if same else np.empty((0,))


def _flat(value: Any) -> Any:
    """Give one image of a stack: their mean."""
    array = np.asarray(value)
    return array.mean(axis=tuple(range(array.ndim - 2))) if array.ndim > 2 and array.dtype.kind in "biuf" else array
