"""Composing the documents of one run after the other, with a clock and uids of their own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from itertools import count
from typing import Any

__all__ = ["Recorder"]

_NAMESPACE = uuid.UUID("4e1c6a52-6f0b-4c0e-9b53-0f6a3d1c8a77")


class Recorder:
    """Gives valid bluesky documents, one run after the other.

    Parameters
    ----------
    began
        Time of the first document, in seconds since 1970.
    origin
        What uids are derived from; None: they are random.
    """

    def __init__(self, began: float, origin: str | None) -> None:
        self._now, self._origin, self._numbers = began, origin, count()
        self._run: Any = None
        self._streams: dict[str, Any] = {}

    def _uid(self) -> str:
        if self._origin is None:
            return str(uuid.uuid4())
        return str(uuid.uuid5(_NAMESPACE, f"{self._origin}/{next(self._numbers)}"))

    def _tick(self, seconds: float) -> float:
        self._now = round(self._now + seconds, 6)
        return self._now

    def open(self, start: Mapping[str, Any]) -> tuple[str, tuple[str, dict[str, Any]]]:
        """Start a run; give its uid and its start document."""
        from event_model import compose_run

        self._run = compose_run(uid=self._uid(), time=self._tick(1.0), metadata=dict(start))
        self._streams.clear()
        return self._run.start_doc["uid"], ("start", self._run.start_doc)

    def describe(
        self,
        data_keys: Mapping[str, Any],
        objects: Mapping[str, list[str]],
        configuration: Mapping[str, tuple[Any, str, str]],
        stream: str = "primary",
    ) -> tuple[str, dict[str, Any]]:
        """Open a stream; the configuration is name to (value, dtype, unit) and is the detector's, the last object."""
        now, detector = self._tick(0.05), list(objects)[-1]
        keys = {
            name: {"source": f"SIM:{name}", "shape": [], "dtype": dtype, **({"units": unit} if unit else {})}
            for name, (_, dtype, unit) in configuration.items()
        }
        values = {name: value for name, (value, _, _) in configuration.items()}
        empty: dict[str, Any] = {"data": {}, "timestamps": {}, "data_keys": {}}
        held = {"data": values, "timestamps": dict.fromkeys(values, now), "data_keys": keys}
        self._streams[stream] = self._run.compose_descriptor(
            name=stream,
            data_keys=dict(data_keys),
            object_keys=dict(objects),
            hints={name: {"fields": _to_plot(fields, data_keys, name == detector)} for name, fields in objects.items()},
            configuration={name: held if name == detector else empty for name in objects},
            time=now,
            uid=self._uid(),
        )
        return "descriptor", self._streams[stream].descriptor_doc

    def record(
        self, readings: Mapping[str, Any], *, busy: float, stream: str = "primary"
    ) -> tuple[str, dict[str, Any]]:
        """Take an event after so many seconds of moving and counting."""
        now = self._tick(busy)
        stamps = dict.fromkeys(readings, now)
        compose = self._streams[stream].compose_event
        # Validating takes longer than simulating a shot; that the documents are valid is tested.
        return "event", compose(data=dict(readings), timestamps=stamps, time=now, uid=self._uid(), validate=False)

    def close(self) -> tuple[str, dict[str, Any]]:
        """End the run."""
        return "stop", self._run.compose_stop(time=self._tick(0.2), uid=self._uid())


def _to_plot(fields: list[str], data_keys: Mapping[str, Any], of_detector: bool) -> list[str]:
    """Give the field of an object that is worth a plot: a motor's position, a detector's last number."""
    numbers = [field for field in fields if not data_keys[field]["shape"]]
    return numbers[-1:] if of_detector else numbers[:1]
