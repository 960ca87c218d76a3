"""The inputs of a failed node as bytes; nothing in them is executed when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.model.records import Event
from headrace.engine.runtime.cache_codec import NotKeepableError, encode

if TYPE_CHECKING:
    from headrace.engine.runtime.dead_letters import DeadLetter, Given

__all__ = ["packed"]

_SMALL = 1 << 14  # bytes that are kept of anything, however full it is


def packed(letter: DeadLetter, given: Given, room: int) -> tuple[bytes | None, dict[str, str]]:
    """Give the inputs as bytes, and what was left out of them, and why.

    Parameters
    ----------
    letter, given
        The letter and its inputs.
    room
        Bytes there are for it.

    Returns
    -------
    :
        The bytes, None if nothing could be kept; what was left out, and why.
    """
    kind = given.plan.types.get(letter.node) if given.plan is not None else None
    contexts = {*kind.contexts.values(), *kind.init_contexts.values()} if kind is not None else set()
    left_out: dict[str, str] = {}
    inputs = {}
    for port, value in given.values.items():
        if (why := _unfit(value)) is None:
            inputs[port] = _solid(value)
        else:
            left_out[port] = why
    whole: dict[str, Any] = {"inputs": inputs}
    if given.event is not None and ("event" in contexts or (kind is not None and kind.is_source)):
        whole["event"] = _event(given.event, left_out)
    if given.run is not None and "run" in contexts:
        whole["start"] = _plain(given.run.start)
    size = _size(whole)
    if size > max(room, _SMALL):
        return None, {
            **left_out,
            "inputs": f"they take {size / 1e6:.1f} MB, and there was room for {max(room, 0) / 1e6:.1f}",
        }
    return encode(whole), left_out


def _unfit(value: Any) -> str | None:
    """Say why a value can't be kept; None if it can."""
    try:
        encode(_solid(value[:0] if isinstance(value, np.ndarray) and value.ndim else value))
    except NotKeepableError as error:
        return str(error)
    return None


def _solid(value: Any) -> Any:
    """Give a value with its arrays in one piece: a window into another array is kept as a copy."""
    if isinstance(value, np.ndarray):
        return np.asarray(value, order="C")
    if isinstance(value, tuple):
        return tuple(_solid(item) for item in value)
    if isinstance(value, list):
        return [_solid(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _solid(item) for key, item in value.items()}
    return value


def _plain(document: Mapping[str, Any]) -> Any:
    """Give a document without what can't be kept."""
    kept = {}
    for key, value in document.items():
        if _unfit(value) is None:
            kept[str(key)] = _solid(value)
    return kept


def _event(event: Event, left_out: dict[str, str]) -> dict[str, Any]:
    """Give an event with the data that stands in its document; what is in files is not read for this."""
    keys = event.descriptor.get("data_keys", {})
    data = {}
    for field in event.data:
        if keys.get(field, {}).get("external"):
            left_out[f"event.data[{field!r}]"] = "it is in a file; try the event again from its store (--from)"
            continue
        try:
            value = _solid(event.data[field])
            if (why := _unfit(value)) is not None:
                raise NotKeepableError(why)
            data[field] = value
        except Exception as error:
            left_out[f"event.data[{field!r}]"] = f"{type(error).__name__}: {error}"
    key = {"run": event.key.run, "stream": event.key.stream, "seq_num": event.key.seq_num}
    return {"key": key, "time": event.time, "data": data, "descriptor": _plain(event.descriptor)}


def _size(value: Any) -> int:
    """Give about how many bytes a value takes."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, Mapping):
        return sum(_size(item) + len(str(key)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    if hasattr(value, "memory_usage"):
        return int(value.memory_usage(deep=True).sum())
    return len(value) if isinstance(value, str | bytes) else 8
