"""Where values come from: fields of events, metadata of runs, and the latest value of another stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.node import node_class, source_node
from headrace.engine.model.ports import Cadence, Value
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.lookup import MISSING, find, not_there

__all__ = ["latest", "source"]

Origin: TypeAlias = Literal["event", "time", "seq_num", "descriptor", "start"]


def _cadence(parameters: Mapping[str, Any]) -> Cadence:
    return Cadence.RUN if parameters.get("of") == "start" else Cadence.EVENT


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    if parameters["of"] == "event" and parameters["field"] is None:
        yield "source: which field of the event? Give 'field'"


@source_node(cadence_of=_cadence, problems_of=_problems)
def source(
    *,
    field: str | None = None,
    stream: str = "primary",
    of: Origin = "event",
    event: Event | None = None,
    run: RunContext | None = None,
) -> Value:
    """Read a value from the documents: a field of each event, or metadata.

    =============== ======================================================= ========
    ``of``          gives                                                   cadence
    =============== ======================================================= ========
    ``event``       the event's value of `field`: a number, text or array   event
    ``time``        when the event was recorded, in seconds since 1970      event
    ``seq_num``     the event's number in its stream, counted from 1        event
    ``descriptor``  the stream's descriptor, or what is under `field` in it event
    ``start``       the start document, or what is under `field` in it      run
    =============== ======================================================= ========

    Data that is stored in files is read only for the fields that a graph names. For metadata, `field` is a dotted
    path (``sample.name``, ``data_keys.image.shape``). Of a descriptor it may also be just the name of a
    configuration value, whichever device it belongs to.

    A value is handed on as it was recorded: integers stay integers, lists stay lists.

    Parameters
    ----------
    field
        Name of the field; needed for ``of: event``. For metadata: a dotted path, or null for the whole document.
    stream
        Name of the event stream. Of no meaning for ``of: start``.
    of
        What to read from.

    Returns
    -------
    Value
        Whatever was recorded.

    Raises
    ------
    DocumentError
        If there is no such field; the text names those that are there.
    UsageError
        If `field` is missing for ``of: event``, or given where it has no meaning.

    Notes
    -----
    In a graph file::

        frames: {type: source, stream: primary, field: image}
        sample: {type: source, of: start, field: sample.name}

    Examples
    --------
    >>> from headrace.engine.model.records import Event, EventKey
    >>> from headrace.nodes import source
    >>> event = Event(EventKey("5c1f", "primary", 7), time=0.0, data={"i0": 0.25})
    >>> read = source.node_type.target
    >>> read(field="i0", event=event), read(of="seq_num", event=event)
    (0.25, 7)
    """
    if of == "start":
        return _of_start(field, run)
    if event is None:
        problem = f"source (of: {of}) reads events of stream {stream!r}, and was called without one"
        raise UsageError(problem)
    if of == "event":
        return _of_event(field, event)
    if of == "descriptor":
        return _of_descriptor(field, event)
    if field is not None:
        problem = f"source: 'of: {of}' reads no field; leave out 'field: {field}'"
        raise UsageError(problem)
    return event.time if of == "time" else event.key.seq_num


def _of_start(field: str | None, run: RunContext | None) -> Any:
    if run is None:
        problem = "source (of: start) reads the start document, and was called without a run"
        raise UsageError(problem)
    if field is None:
        return run.start
    value = find(run.start, field)
    if value is MISSING:
        raise not_there(field, "the start document", run.start)
    return value


def _of_event(field: str | None, event: Event) -> Any:
    if field is None:
        problem = "source: which field? Give 'field', one of " + ", ".join(map(repr, event.data))
        raise UsageError(problem)
    if field not in event.data:
        raise not_there(field, f"stream {event.key.stream!r}", event.data)
    return event.data[field]


def _of_descriptor(field: str | None, event: Event) -> Any:
    descriptor = event.descriptor
    if field is None:
        return descriptor
    value = find(descriptor, field)
    if value is not MISSING:
        return value
    settings = _configuration(descriptor)
    if field not in settings:
        where = f"the descriptor of stream {event.key.stream!r}"
        raise not_there(field, where, {**descriptor, **settings})
    return settings[field]


def _configuration(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    """Give the configuration values of all devices under their own names."""
    devices = descriptor.get("configuration", {}).values()
    return {key: value for device in devices for key, value in device.get("data", {}).items()}


class Latest:
    """Hold the latest value of another stream, and join it to the events of this one.

    Values of one stream meet by event; values of two streams never do by themselves. This node says how they
    shall: an event is paired with the last value that came before it, in the order in which the documents were
    recorded. The value is held until the next one comes or the run ends, so a large image here costs its memory.

    Parameters
    ----------
    missing
        What to do with an event for which no value has come yet: ``error`` (it fails), ``skip`` (it is left out).

    Notes
    -----
    In a graph file::

        ring:    {type: source, stream: baseline, field: ring_current}
        current: {type: latest, in: ring, missing: skip}
        i0:      {type: source, field: i0}
        good:    {type: filter, in: {value: i0, current: current}, where: "current > 300"}

    Examples
    --------
    >>> from headrace.nodes import latest
    >>> held = latest(missing="skip")
    >>> held.begin(), held.update(401.5), held.missing()
    (SKIP, 401.5, SKIP)
    """

    def __init__(self, *, missing: Literal["error", "skip"] = "error") -> None:
        self._policy = missing

    def change(self, *, missing: Literal["error", "skip"]) -> None:
        """Follow another policy from now on; what is held stays held."""
        self._policy = missing

    def begin(self) -> Value | Skip:
        """Give the value that is known when the run starts: none."""
        return SKIP

    def update(self, value: Value) -> Value:
        """Hold a new value from now on."""
        return value

    def missing(self) -> Skip:
        """Say what becomes of an event for which no value has come.

        Raises
        ------
        DocumentError
            If ``missing`` is ``error``.
        """
        if self._policy == "skip":
            return SKIP
        problem = (
            "no value of the other stream has come before this event; "
            "set 'missing: skip' to leave such events out, or record that stream first"
        )
        raise DocumentError(problem)


latest = node_class(Latest, held=True, on_change={"missing": "keep"})
