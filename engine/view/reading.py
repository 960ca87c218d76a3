"""Reading what is to be drawn: all of it, or of what is too large for that some events, evenly chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from headrace.engine.view.results import Drawable

__all__ = ["MOST_NUMBERS", "Reading", "places_of", "read"]

MOST_NUMBERS = 50_000_000
"""More numbers than this are not read for a picture."""


class Reading(NamedTuple):
    """What was read of a stream: the value, the events that were chosen (None for all), and how many there are."""

    value: Any
    chosen: Any = None
    total: int = 0


def read(result: Drawable, name: str, most: int = MOST_NUMBERS) -> Reading:
    """Read a stream of arrays as far as a picture needs it; tables and scalars are read whole.

    Parameters
    ----------
    result
        The run; only one that has ``events`` and ``documents``, as results do, can be read in part.
    name
        The stream.
    most
        So many numbers are read at most.
    """
    events, size = getattr(result, "events", None), _size(result, name)
    count = int(((result.stop or {}).get("num_events") or {}).get(name, 0))
    if events is None or count * size <= most or count < 2:
        value = result[name]
        return Reading(value, None, len(value))
    chosen = np.unique(np.linspace(0, count - 1, max(most // size, 1)).round().astype(int))
    wanted = set(chosen.tolist())
    kept = [event.data[name] for number, event in enumerate(events(name)) if number in wanted]
    shapes = [np.shape(value) for value in kept]
    return Reading(np.stack([value for value in kept if np.shape(value) == shapes[-1]]), chosen, count)


def _size(result: Drawable, name: str) -> int:
    """Give how many numbers an event of a stream of arrays holds; 0 if that can't be known."""
    documents = getattr(result, "documents", None)
    if documents is None:
        return 0
    keys = [doc["data_keys"] for kind, doc in documents() if kind == "descriptor" and doc["name"] == name]
    shape = keys[-1].get(name, {}).get("shape") if keys else None
    return int(np.prod(shape)) if shape and all(shape) else 0


def places_of(result: Drawable, name: str) -> Mapping[str, Any]:
    """Give the coordinates of a stream's events: number, time, motors; nothing where a run does not tell."""
    tell = getattr(result, "coordinates", None)
    return tell(name) if tell is not None else {}
