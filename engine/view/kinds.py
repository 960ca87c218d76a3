"""Telling what kind of picture suits each result: by its port type, its columns and its shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from headrace.engine.model.axes import axes_of
from headrace.engine.view.reading import Reading, places_of, read
from headrace.engine.view.results import Drawable

__all__ = ["Axis", "Kinds", "sorted_by_kind"]

_COUNTS = {"counts", "count", "per_event", "running_counts"}


class Axis(NamedTuple):
    """What curves are drawn over: the result that holds it, and its values, shape (points,)."""

    name: str
    values: Any


@dataclass(slots=True)
class Kinds:
    """The results of one run, by the kind of picture that they need.

    Attributes
    ----------
    images
        Arrays of shape (n, ny, nx): n is 1, or the number of events.
    maps
        Arrays of shape (n, rows, columns) of the scan.
    stacks
        Arrays of shape (n, ny, nx): some images that were chosen, not one for each event.
    windows
        Tables of boxes on the detector: columns y, x, dy, dx.
    places
        Tables of places on the detector: columns y, x, frame.
    tracks
        Those with a column particle.
    summaries
        Tables with a row per map: per particle or window.
    tables
        Other tables.
    curves
        Arrays of shape (n, points).
    along
        For some of the curves, their axis.
    counts
        Names of the curves that are histograms.
    numbers
        Tables of numbers per event.
    facts
        What exists once and is no array: a number, text, or metadata as JSON text.
    events
        Of images and curves: the coordinates of their events.
    totals
        Of what was read in part: how many events there are.
    """

    images: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    stacks: dict[str, Any] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)
    tracks: dict[str, Any] = field(default_factory=dict)
    summaries: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    along: dict[str, Axis] = field(default_factory=dict)
    counts: set[str] = field(default_factory=set)
    numbers: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    events: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)


def sorted_by_kind(result: Drawable, leave_out: Collection[str] = ()) -> Kinds:
    """Look at every result once; empty results are left out."""
    kinds = Kinds()
    for name in result.streams:
        if name in leave_out:
            continue
        reading, port_type = read(result, name), str(result.port_type(name))
        if hasattr(reading.value, "columns"):
            _sort_table(kinds, name, reading.value, port_type)
        elif getattr(reading.value, "size", 0) and reading.value.dtype.kind in "biuf":
            _sort_array(kinds, name, reading.value, port_type, result.start)
            _tell_events(kinds, name, reading, result)
    _find_axes(kinds, result.outputs)
    return kinds


def _tell_events(kinds: Kinds, name: str, reading: Reading, result: Drawable) -> None:
    if name not in kinds.images and name not in kinds.curves:
        return
    whole, chosen = places_of(result, name), reading.chosen
    kinds.events[name] = whole if chosen is None else {column: values[chosen] for column, values in whole.items()}
    if chosen is not None:
        kinds.totals[name] = reading.total


def _find_axes(kinds: Kinds, outputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Lay curves over their axes; an axis needs no picture of its own then."""
    found = axes_of({name: curves.shape[1] for name, curves in kinds.curves.items()}, outputs)
    for name, axis in found.items():
        kinds.along[name] = Axis(axis, kinds.curves[axis][-1])
        if outputs.get(name, {}).get("port") in _COUNTS:
            kinds.counts.add(name)
    for axis in set(found.values()):
        del kinds.curves[axis]


def _sort_table(kinds: Kinds, name: str, table: Any, port_type: str) -> None:
    columns = set(table.columns)
    if not len(table):
        return
    if {"y", "x", "frame", "particle"} <= columns:
        kinds.tracks[name] = table
    elif {"y", "x", "frame"} <= columns:
        kinds.places[name] = table
    elif {"y", "x", "dy", "dx"} <= columns:
        kinds.windows[name] = kinds.summaries[name] = table
    elif "particle" in columns:
        kinds.summaries[name] = table
    elif port_type == "Table":
        kinds.tables[name] = table
    elif len(table) > 1 and name in table and table[name].dtype.kind not in "biuf":
        kinds.facts[name] = table[name].iloc[-1]
    elif len(table) > 1:
        kinds.numbers[name] = table
    elif name in table:
        kinds.facts[name] = table[name].iloc[0]


def _sort_array(kinds: Kinds, name: str, array: Any, port_type: str, start: Mapping[str, Any]) -> None:
    shape = tuple(start.get("shape") or ())
    on_grid = len(shape) == 2 and array.ndim > 2 and array.shape[-2:] == shape
    if port_type == "Frame" or (array.ndim == 3 and not on_grid):
        kinds.images[name] = array.reshape(-1, *array.shape[-2:])
    elif on_grid:
        kinds.maps[name] = array.reshape(-1, *shape)
    elif array.ndim > 3:
        kinds.stacks[name] = array[-1].reshape(-1, *array.shape[-2:])
    elif array.ndim == 2:
        kinds.curves[name] = array
