"""Pictures of numbers: over the events or a motor, on the grid of a scan, as sparklines, or spelt out."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.view.figure_maps import grid_extent, grid_labels
from headrace.engine.view.figure_parts import COLOURS, colour_bar, new_figure, plain_text, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["facts_figure", "numbers_figure", "spelt", "table_figure"]

_MOST_LINES = 8
_MOST_COLUMNS = 16
_MOST_JOINED = 300
_MANY = 40
_OFF_GRID = 0.3  # steps by which a motor may miss its point


def numbers_figure(
    name: str, table: pd.DataFrame, start: Mapping[str, Any] | None = None, units: Mapping[str, str] | None = None
) -> Figure:
    """Draw columns of numbers on the grid of the scan, over its one motor, or over the events; and how they scatter."""
    start, units = start or {}, units or {}
    beside = {"seq_num", "raw_seq_num", "time", *_motors(start)} - {name}
    numbers = table.select_dtypes(["number", "bool"]).drop(columns=list(beside), errors="ignore").iloc[:, :_MOST_LINES]
    grids = {str(column): _on_grid(table, numbers[column], start) for column in numbers}
    if any(grid is not None for grid in grids.values()):
        return _grid_figure(name, grids, start, units)
    label, places = _along(table, _only_motor(start, table), units)
    count, across = max(len(grids), 1), 2 if len(table) >= _MANY else 1
    figure = new_figure(8.8, 4.6 if count == 1 else 1.5 * count + 1.0)
    rows = figure.subplots(count, across, sharey="row", sharex="col", width_ratios=[5, 1][:across], squeeze=False)
    for number, column in enumerate(grids):
        _series(rows[number, 0], numbers[column], places, COLOURS[number])
        style(rows[number, 0], "", f"{column} ({units[column]})" if units.get(column) else column)
        for axes in rows[number, 1:]:
            _scatter(axes, numbers[column], COLOURS[number])
    for axes, words in zip(rows[-1], (label, "events"), strict=False):
        axes.set_xlabel(plain_text(words), fontsize=10.5)
    title(figure, name, f"{len(table)} events")
    return figure


def _series(axes: Axes, numbers: pd.Series[Any], places: Any, colour: str) -> None:
    joined = len(numbers) <= _MOST_JOINED
    axes.plot(places, numbers.astype(float), ".-" if joined else ".", color=colour, lw=1, alpha=1.0 if joined else 0.5)
    axes.grid(color="#eeeeee")


def _scatter(axes: Axes, numbers: pd.Series[Any], colour: str) -> None:
    """Show how often each value came, beside the series."""
    values = numbers.to_numpy(dtype=float)
    axes.hist(values[np.isfinite(values)], bins=40, orientation="horizontal", color=colour, alpha=0.75)
    axes.tick_params(labelleft=False)
    style(axes, "", "")


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


def _on_grid(table: pd.DataFrame, numbers: pd.Series[Any], start: Mapping[str, Any]) -> Any:
    """Put the number of each event where the two motors stood; None if that is no grid."""
    shape, motors = tuple(start.get("shape") or ()), [word for word in start.get("motors") or () if word in table]
    if len(shape) != 2 or len(motors) != 2 or min(shape) < 2:
        return None
    try:
        ends = np.asarray(start.get("extents"), dtype=float).reshape(2, 2)
    except (TypeError, ValueError):
        return None
    stood = table[motors].to_numpy(dtype=float).T
    with np.errstate(all="ignore"):
        places = (stood - ends[:, :1]) / np.diff(ends) * (np.array(shape)[:, None] - 1)
    if not np.isfinite(places).all() or np.abs(places - places.round()).max() > _OFF_GRID:
        return None
    y, x = places.round().astype(int)
    if min(y.min(), x.min()) < 0 or y.max() >= shape[0] or x.max() >= shape[1]:
        return None
    grid = np.full(shape, np.nan)
    grid[y, x] = numbers.to_numpy(dtype=float)
    return grid


def _grid_figure(name: str, grids: Mapping[str, Any], start: Mapping[str, Any], units: Mapping[str, str]) -> Figure:
    """Draw each column as a map, with a scale of its own."""
    across = min(len(grids), 2)
    down = -(-len(grids) // across)
    figure = new_figure(7.4 if across == 1 else 11.0, 4.8 if down == 1 else 3.4 * down)
    slow, fast = grid_labels(start, units)
    tiles = figure.subplots(down, across, squeeze=False)
    for axes in tiles.flat[len(grids) :]:
        axes.set_axis_off()
    for axes, (what, grid) in zip(tiles.flat, grids.items(), strict=False):
        axes.set_facecolor("#ececec")
        extent = grid_extent(start, grid.shape)
        shown = axes.imshow(grid, origin="lower", extent=extent, interpolation="nearest", cmap="viridis", aspect="auto")
        colour_bar(figure, shown, axes, f"{what} ({units[what]})" if units.get(what) else what)
        style(axes, fast, slow)
    points = int(max(np.isfinite(grid).sum() for grid in grids.values()))
    title(figure, name, f"at {points} points of the scan")
    return figure


def table_figure(name: str, table: pd.DataFrame) -> Figure:
    """Draw a table as sparklines: each column over the rows, with its least, middle and greatest number."""
    numbers = table.select_dtypes(["number", "bool"]).iloc[:, :_MOST_COLUMNS]
    figure = new_figure(8.4, max(0.42 * len(numbers.columns) + 1.1, 2.2))
    lines = figure.subplots(max(len(numbers.columns), 1), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (column, values) in zip(lines, numbers.items(), strict=False):
        _sparkline(axes, str(column), values.to_numpy(dtype=float))
    if numbers.empty:
        lines[0].set_axis_off()
        lines[0].text(0, 0.5, "no column of numbers", color="#555555")
    lines[-1].set_xlabel("row", fontsize=10.5)
    some = f", the first {_MOST_COLUMNS} of its columns" if len(table.columns) > _MOST_COLUMNS else ""
    title(figure, name, f"{len(table)} row{'s' * (len(table) != 1)}{some}")
    return figure


def _sparkline(axes: Axes, column: str, values: Any) -> None:
    finite = values[np.isfinite(values)]
    rows = np.arange(len(values))
    axes.plot(rows, values, "." if len(values) == 1 else "-", color=COLOURS[0], linewidth=1.0)
    told = "no number" if not finite.size else " … ".join(f"{v:.4g}" for v in np.quantile(finite, [0, 0.5, 1]))
    marks: dict[str, Any] = {"transform": axes.transAxes, "va": "center", "fontsize": 9}
    axes.text(-0.02, 0.5, plain_text(column), ha="right", fontweight="bold", color="#222222", **marks)
    axes.text(1.02, 0.5, told, ha="left", color="#555555", **marks)
    axes.set_yticks([])
    axes.tick_params(labelsize=9, color="#888888", length=2)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color("#dddddd")


def facts_figure(facts: Mapping[str, Any]) -> Figure:
    """Write out what exists once per run: numbers, text, metadata."""
    lines = [(plain_text(name), line) for name, value in facts.items() for line in spelt(value)]
    figure = new_figure(8.4, max(0.26 * len(lines) + 0.8, 1.6))
    axes = figure.subplots()
    axes.set_axis_off()
    told = ""
    for number, (name, line) in enumerate(lines):
        at = 1 - (number + 0.5) / len(lines)
        if name != told:
            axes.text(0.0, at, name, fontsize=10.5, fontweight="bold", color="#222222", va="center")
        axes.text(0.34, at, plain_text(line), fontsize=10.5, color="#333333", va="center", family="monospace")
        told = name
    title(figure, "values", f"{len(facts)} that exist once for the run")
    return figure


def spelt(value: Any) -> list[str]:
    """Spell a value in lines; metadata, which are JSON text, key by key."""
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        if isinstance(read, dict):
            pairs = [f"{key}: {json.dumps(item, ensure_ascii=False)}" for key, item in read.items()]
            return [line for pair in pairs[:30] for line in textwrap.wrap(pair, 70)[:3]] or ["(empty)"]
        return textwrap.wrap(value, 70)[:6] or ["(empty)"]
    return [f"{value:.6g}" if isinstance(value, float) else str(value)]
