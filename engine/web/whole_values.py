"""A value as a whole, as JSON: for the panel of one node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headrace.engine.runtime.dead_letters import describe
from headrace.engine.web.kinds import as_mapping, as_scalar, clean, kind_of, places_in
from headrace.engine.web.pixels import contrast, frame_of
from headrace.engine.web.sight import Seen
from headrace.engine.web.summaries import sampled

__all__ = ["series", "whole"]

_ROWS = 200
_SPOTS = 5000
_POINTS = 8192
_COLUMNS = 40
_AXES = ("radial", "q", "axis", "edges", "centres", "x")


def whole(value: Any, *, first: int = 0, beside: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Describe a value.

    Parameters
    ----------
    value
        The value.
    first
        The first row of a table to give, or the image of a stack to tell of.
    beside
        The other outputs of its node, among which is perhaps the axis of a curve.
    """
    kind = kind_of(value)
    about: dict[str, Any] = {"kind": kind, "what": clean(describe(value))}
    if kind == "image":
        return about | _image(value, first)
    if kind == "profile":
        return about | _profile(value, beside or {})
    if kind == "table":
        return about | _table(value, first)
    if kind == "scalar":
        return about | {"value": as_scalar(value)}
    if kind == "mapping":
        items = as_mapping(value)
        return about | {"items": [[clean(name), clean(describe(one))] for name, one in list(items.items())[:_ROWS]]}
    return about | {"text": clean(repr(value))}


def _image(value: Any, first: int) -> dict[str, Any]:
    frames = int(np.prod(value.shape[:-2], dtype=np.int64))
    spread = contrast(sampled(frame_of(value, first), 512))
    return {"shape": list(value.shape), "dtype": str(value.dtype), "frames": frames, "contrast": spread._asdict()}


def _profile(value: Any, beside: Mapping[str, Any]) -> dict[str, Any]:
    flat = value.reshape(-1)
    step = max(1, -(-flat.size // _POINTS))
    real = np.abs(flat) if flat.dtype.kind == "c" else flat.astype(np.float64)
    name, axis = _axis(flat.size, beside)
    return {
        "shape": list(value.shape),
        "dtype": str(value.dtype),
        "x": clean_numbers(axis[::step]),
        "y": clean_numbers(real[::step]),
        "x_name": name,
    }


def clean_numbers(values: Any) -> list[float | None]:
    """Give numbers as JSON can have them."""
    return [float(one) if np.isfinite(one) else None for one in values]


def _axis(size: int, beside: Mapping[str, Any]) -> tuple[str, Any]:
    """Give what a curve is drawn over: an output of the same node that looks like its axis, or the index."""
    for name in _AXES:
        found = beside.get(name)
        if isinstance(found, np.ndarray) and found.ndim == 1 and found.dtype.kind in "iuf":
            if found.size == size:
                return name, found
            if found.size == size + 1:
                return name, (found[1:] + found[:-1]) / 2
    return "index", np.arange(size)


def _table(value: Any, first: int) -> dict[str, Any]:
    part = value.iloc[max(first, 0) : max(first, 0) + _ROWS, :_COLUMNS]
    rows = [[clean(cell) for cell in row] for row in part.itertuples(index=False, name=None)]
    columns = [clean(str(name)) for name in part.columns]
    return {
        "rows": len(value),
        "first": max(first, 0),
        "columns": columns,
        "cells": rows,
        "spots": places_in(value, _SPOTS),
    }


def series(moments: Sequence[Seen], port: str) -> dict[str, list[Any]]:
    """Give what a port had over the events that are kept: numbers, or else how long tables were."""
    found: dict[str, list[Any]] = {"seq": [], "time": [], "value": [], "revision": []}
    for moment in moments:
        value = moment.light(port)
        number = _number(value)
        if number is not None:
            found["seq"].append(moment.key.seq_num)
            found["time"].append(moment.time)
            found["value"].append(number)
            found["revision"].append(moment.revision)
    return found


def _number(value: Any) -> Any:
    if value is None:
        return None
    kind = kind_of(value)
    if kind == "table":
        return len(value)
    number = as_scalar(value) if kind == "scalar" else None
    return number if isinstance(number, int | float) else None
