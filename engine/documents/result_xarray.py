"""A stream of a run with its coordinates, as xarray holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headrace.engine.model.axes import axes_of
from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    import xarray as xr

    from headrace.engine.documents.result import Result

__all__ = ["labelled"]


def labelled(result: Result, stream: str) -> xr.DataArray:
    """Give an array with names and places along its axes.

    Raises
    ------
    UsageError
        If xarray is not installed, or the stream is a table.
    """
    try:
        import xarray
    except ModuleNotFoundError as error:
        problem = "xarray is not installed; install it with: pip install 'headrace[xarray]'"
        raise UsageError(problem) from error
    values = result.array(stream)
    if values.dtype == object:
        problem = f"the values of {stream!r} have several shapes, so that they have no common coordinates"
        raise UsageError(problem)
    names = _inner(result, stream, values.shape)
    inner = {name: axis for name, axis in names.items() if axis is not None}
    once = result.outputs.get(stream, {}).get("cadence") in ("run", "final") and len(values) == 1
    if once:
        array = xarray.DataArray(values[0], coords=inner, dims=list(names), name=stream)
    else:
        along = {name: ("event", column) for name, column in result.coordinates(stream).items()}
        array = xarray.DataArray(values, coords={**inner, **along}, dims=["event", *names], name=stream)
    return _with_units(array, result, stream)


def _with_units(array: xr.DataArray, result: Result, stream: str) -> xr.DataArray:
    units = result.units
    for name in [name for name in array.coords if name in units]:
        array.coords[name].attrs["units"] = units[str(name)]
    array.attrs |= {"uid": result.uid, **({"units": units[stream]} if stream in units else {})}
    return array


def _inner(result: Result, stream: str, shape: tuple[int, ...]) -> Mapping[str, Any]:
    """Name the axes of one value, the last ones first decided: pixels, places along a curve, or motors of the grid."""
    inner, count = list(shape[1:]), len(shape) - 1
    if count == 0:
        return {}
    if count == 1:
        name, places = _along(result, stream, inner[0])
        return {name: places}
    grid = _grid(result.start)
    if grid and [len(places) for places in grid.values()] == inner[-2:] and _on_grid(result, stream):
        return {**_numbered(count - 2), **grid}
    return {**_numbered(count - 2), "y": None, "x": None}


def _numbered(count: int) -> dict[str, None]:
    """Name leading axes that have no meaning of their own."""
    return {("number" if count == 1 else f"number_{place}"): None for place in range(count)}


def _on_grid(result: Result, stream: str) -> bool:
    return result.port_type(stream) != "Frame"


def _grid(start: Mapping[str, Any]) -> dict[str, Any]:
    """Give the two motors of a grid scan, each with its positions; nothing for other scans."""
    import numpy as np

    told: list[Any] = [start.get(key) or () for key in ("motors", "shape", "extents")]
    motors, shape, extents = told
    if not len(motors) == len(shape) == len(extents) == 2 or motors[0] == motors[1]:
        return {}
    try:
        ends = [(float(low), float(high)) for low, high in extents]
        return {str(m): np.linspace(*end, int(n)) for m, end, n in zip(motors, ends, shape, strict=True)}
    except (TypeError, ValueError):
        return {}


def _along(result: Result, stream: str, count: int) -> tuple[str, Any]:
    points = {name: result.points(name) for name in result.outputs}
    axis = axes_of({name: number for name, number in points.items() if number}, result.outputs).get(stream)
    if axis is None:
        return "point", None
    values = result.array(axis)[-1]
    return (axis, values) if values.shape == (count,) else ("point", None)
