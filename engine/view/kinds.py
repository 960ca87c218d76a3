"""Telling what kind of picture suits each result: by its port type, its columns and its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from headrace.engine.view.results import Drawable

__all__ = ["Axis", "Kinds", "sorted_by_kind"]

_AXES = {"x", "q", "radius", "distance", "centers", "angle"}


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
    curves
        Arrays of shape (n, points).
    along
        For some of the curves, their axis.
    numbers
        Tables of numbers per event.
    """

    images: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    stacks: dict[str, Any] = field(default_factory=dict)
    windows: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)
    tracks: dict[str, Any] = field(default_factory=dict)
    summaries: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    along: dict[str, Axis] = field(default_factory=dict)
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
    _find_axes(kinds, result.outputs)
    return kinds


def _find_axes(kinds: Kinds, outputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Lay curves over an axis: that of their own node, or the only one with as many points."""
    about = {name: outputs.get(name, {}) for name in kinds.curves}
    axes = [name for name in kinds.curves if about[name].get("port") in _AXES]
    for name, curves in kinds.curves.items():
        fitting = [axis for axis in axes if kinds.curves[axis].shape[1] == curves.shape[1]]
        own = [axis for axis in fitting if about[axis].get("node") == about[name].get("node")]
        if name not in axes and (len(own) == 1 or len(fitting) == 1):
            axis = (own or fitting)[0]
            kinds.along[name] = Axis(axis, kinds.curves[axis][-1])
    for axis in {axis.name for axis in kinds.along.values()}:
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
    elif port_type in ("Scalar", "Value") and len(table) > 1:
        kinds.numbers[name] = table


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
