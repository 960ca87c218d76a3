"""Telling what kind of picture suits each result: by its port type, its columns and its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.engine.view.results import Drawable

__all__ = ["Kinds", "sorted_by_kind"]


@dataclass(slots=True)
class Kinds:
    """The results of one run, by the kind of picture that they need.

    Attributes
    ----------
    images
        Arrays of shape (n, ny, nx): n is 1, or the number of events.
    maps
        Arrays of shape (n, rows, columns) of the scan.
    places
        Tables of places on the detector: columns y, x, frame.
    tracks
        Those with a column particle.
    summaries
        Tables with a row per particle.
    curves
        Arrays of shape (n, points).
    numbers
        Tables of numbers per event.
    """

    images: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)
    tracks: dict[str, Any] = field(default_factory=dict)
    summaries: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)


def sorted_by_kind(result: Drawable) -> Kinds:
    """Look at every result once; what has no picture (metadata, empty results) is left out."""
    kinds = Kinds()
    for name in result.streams:
        value, port_type = result[name], str(result.port_type(name))
        if hasattr(value, "columns"):
            _sort_table(kinds, name, value, port_type)
        elif getattr(value, "size", 0) and value.dtype.kind in "biuf":
            _sort_array(kinds, name, value, port_type, result.start)
    return kinds


def _sort_table(kinds: Kinds, name: str, table: Any, port_type: str) -> None:
    columns = set(table.columns)
    if not len(table):
        return
    if {"y", "x", "frame", "particle"} <= columns:
        kinds.tracks[name] = table
    elif {"y", "x", "frame"} <= columns:
        kinds.places[name] = table
    elif "particle" in columns:
        kinds.summaries[name] = table
    elif port_type in ("Scalar", "Value"):
        kinds.numbers[name] = table


def _sort_array(kinds: Kinds, name: str, array: Any, port_type: str, start: Mapping[str, Any]) -> None:
    shape = tuple(start.get("shape") or ())
    on_grid = len(shape) == 2 and array.ndim > 2 and array.shape[-2:] == shape
    if port_type == "Frame" or (array.ndim == 3 and not on_grid):
        kinds.images[name] = array.reshape(-1, *array.shape[-2:])
    elif on_grid:
        kinds.maps[name] = array.reshape(-1, *shape)
    elif array.ndim > 3:
        kinds.images[name] = array[-1].reshape(-1, *array.shape[-2:])[:1]
    elif array.ndim == 2:
        kinds.curves[name] = array
