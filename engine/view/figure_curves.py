"""Pictures of curves and of numbers over events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.view.figure_parts import COLOURS, colour_bar, new_figure, plain_text, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from headrace.engine.view.kinds import Axis

__all__ = ["curves_figure", "numbers_figure"]

_MOST_LINES = 8
_FEW_POINTS = 100
_MOST_JOINED = 300
_DECADES = 200


def curves_figure(name: str, curves: Any, axis: Axis | None = None) -> Figure:
    """Draw a few curves as lines, many as a picture with a row per event."""
    figure = new_figure(8.4, 5.2)
    axes = figure.subplots()
    count = len(curves)
    label = "point" if axis is None else axis.name
    places = np.arange(curves.shape[1]) if axis is None else np.asarray(axis.values)
    if count <= _MOST_LINES:
        few = ".-" if curves.shape[1] <= _FEW_POINTS else "-"
        for number, curve in enumerate(curves):
            axes.plot(places, curve, few, color=COLOURS[number], linewidth=1.2)
        axes.grid(color="#eeeeee")
        if _spans_decades(curves):
            axes.set_yscale("log", nonpositive="mask")
        style(axes, label, "value")
    else:
        edges = _edges(places)
        shown = axes.pcolormesh(edges, np.arange(count + 1) + 0.5, curves, cmap="viridis", rasterized=True)
        colour_bar(figure, shown, axes, "value")
        style(axes, label, "event")
    title(figure, name, f"{count} curves" if count > 1 else "one curve for the run")
    return figure


def _spans_decades(curves: Any) -> bool:
    """Tell whether a linear scale would show nothing but the highest points: counts, most often."""
    positive = curves[np.isfinite(curves) & (curves > 0)]
    return bool(positive.size and np.nanmin(curves) >= 0 and positive.max() > _DECADES * np.median(positive))


def _edges(places: Any) -> Any:
    """Give the borders between points, however they are spaced; where they don't rise, count them."""
    steps = np.diff(places)
    if not len(steps) or not np.isfinite(steps).all() or not (steps > 0).all():
        return np.arange(len(places) + 1) - 0.5
    middles = places[:-1] + steps / 2
    return np.concatenate([[places[0] - steps[0] / 2], middles, [places[-1] + steps[-1] / 2]])


def numbers_figure(
    name: str, table: pd.DataFrame, start: Mapping[str, Any] | None = None, units: Mapping[str, str] | None = None
) -> Figure:
    """Draw each column of numbers over the one motor of the scan, or over the events."""
    motor = _only_motor(start or {}, table)
    label, places = _along(table, motor, units or {})
    beside = {"seq_num", "raw_seq_num", "time", *_motors(start or {})} - {name}
    numbers = table.select_dtypes("number").drop(columns=list(beside), errors="ignore").iloc[:, :_MOST_LINES]
    figure = new_figure(8.4, 4.6)
    axes = figure.subplots()
    joined = len(table) <= _MOST_JOINED
    opaque = 1.0 if joined else 0.5
    for number, column in enumerate(numbers.columns):
        colour, words = COLOURS[number], plain_text(column)
        axes.plot(places, numbers[column], ".-" if joined else ".", color=colour, lw=1, alpha=opaque, label=words)
    if len(numbers.columns) > 1:
        axes.legend(frameon=False, fontsize=9)
    axes.grid(color="#eeeeee")
    style(axes, label, "value" if len(numbers.columns) != 1 else str(numbers.columns[0]))
    title(figure, name, f"{len(table)} events")
    return figure


def _motors(start: Mapping[str, Any]) -> list[str]:
    """Give the fields that the scan went along."""
    dimensions = (start.get("hints") or {}).get("dimensions") or ()
    return list(dict.fromkeys([*(start.get("motors") or ()), *(field for fields, _ in dimensions for field in fields)]))


def _only_motor(start: Mapping[str, Any], table: pd.DataFrame) -> str:
    motors = [motor for motor in start.get("motors") or () if motor in table]
    return str(motors[0]) if len(motors) == 1 else ""


def _along(table: pd.DataFrame, motor: str, units: Mapping[str, str]) -> tuple[str, Any]:
    """Give what numbers are drawn over: its label and its values."""
    if motor:
        return f"{motor} ({units[motor]})" if units.get(motor) else motor, table[motor].to_numpy()
    for column in ("raw_seq_num", "seq_num"):
        if column in table:
            return "event (seq_num)", table[column].to_numpy()
    return "event (seq_num)", np.arange(1, len(table) + 1)
