"""Pictures of maps: values over the grid of the scan, in motor positions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.view.figure_parts import colour_bar, new_figure, plain_text, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["grid_extent", "grid_labels", "maps_figure"]

_MOST = 24
_TILE = 2.3  # inches
_NAMES = ("particle", "grain")


def maps_figure(
    name: str, maps: Any, start: Mapping[str, Any], units: Mapping[str, str], summary: pd.DataFrame | None
) -> Figure:
    """Draw each map small, scaled to its own maximum; of very many, those that cover most points."""
    maps = np.asarray(maps, dtype=float)
    chosen = _chosen(maps)
    columns = min(max(math.ceil(math.sqrt(1.3 * len(chosen))), 1), 6)
    rows = math.ceil(len(chosen) / columns)
    extent, labels = grid_extent(start, maps.shape[-2:]), grid_labels(start, units)
    flat = abs(extent[3] - extent[2]) / max(abs(extent[1] - extent[0]), 1e-12) if _alike(labels) else 0.8
    height = rows * (_TILE * min(max(flat, 0.35), 1.6) + 0.3) + 0.9
    figure = new_figure(columns * (_TILE + 0.1) + 1.8, max(height, 3.0))
    tiles = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    shown = None
    for place, axes in enumerate(tiles.flat):
        if place >= len(chosen):
            axes.set_axis_off()
            continue
        number = chosen[place]
        shown = _map(axes, maps[number], extent, _heading(number, maps[number], summary), equal=_alike(labels))
    for axes in tiles.flat:
        style(axes, "", "")
    figure.supxlabel(plain_text(labels[1]), fontsize=10.5)
    colour_bar(figure, shown, tiles, "value / its maximum on the map")
    figure.supylabel(plain_text(labels[0]), fontsize=10.5)
    title(figure, name, _said(len(maps), len(chosen), summary))
    return figure


def _said(count: int, shown: int, summary: pd.DataFrame | None) -> str:
    some = f"the {shown} largest of {count} maps" if shown < count else f"{count} map{'s' * (count != 1)}"
    columns = set() if summary is None else set(summary.columns)
    what = next((word for word in _NAMES if {word, "y", "x"} <= columns), "")
    return some + (f", each named by its {what} and the {what}'s pixel on the detector" if what else "")


def _chosen(maps: Any) -> list[int]:
    if len(maps) <= _MOST:
        return list(range(len(maps)))
    covered = _seen(maps).sum(axis=(1, 2))
    return sorted(np.argsort(-covered, kind="stable")[:_MOST].tolist())


def _seen(values: Any) -> Any:
    return np.isfinite(values) & (values != 0)


def _map(axes: Axes, values: Any, extent: Sequence[float], heading: str, *, equal: bool) -> Any:
    top = float(np.nanmax(np.where(np.isfinite(values), values, 0)))
    scaled = np.ma.masked_array(values / top if top else values, ~_seen(values))
    axes.set_facecolor("#ececec")
    axes.set_title(plain_text(heading), fontsize=9, loc="left", pad=3)
    left, right, bottom, upper = extent
    return axes.imshow(
        scaled,
        cmap="viridis",
        vmin=0,
        vmax=1,
        origin="lower",
        interpolation="nearest",
        extent=(left, right, bottom, upper),
        aspect="equal" if equal else "auto",
    )


def _heading(number: int, values: Any, summary: pd.DataFrame | None) -> str:
    points = int(_seen(values).sum())
    what = next((word for word in _NAMES if summary is not None and word in summary), "")
    if summary is None or not what:
        return f"{number}: {points} points"
    row = summary.iloc[number]
    place = f" at y {row['y']:.0f}, x {row['x']:.0f}" if {"y", "x"} <= set(summary.columns) else ""
    return f"{int(row[what])}{place}"


def grid_labels(start: Mapping[str, Any], units: Mapping[str, str]) -> tuple[str, str]:
    """Give the labels of the slow and the fast axis: motor and unit, or index."""
    motors = list(start.get("motors") or ())
    if len(motors) != 2 or not _usable(start.get("extents")):
        return "row", "column"
    slow, fast = (f"{motor} ({units[motor]})" if units.get(motor) else str(motor) for motor in motors)
    return slow, fast


def _alike(labels: tuple[str, str]) -> bool:
    """Tell whether both axes have the same unit, so that shapes can be shown true."""
    slow, fast = (label.rpartition(" (")[2] if label.endswith(")") else "" for label in labels)
    return slow == fast


def _usable(extents: Any) -> bool:
    try:
        return np.isfinite(np.asarray(extents, dtype=float).reshape(2, 2)).all().item() is True
    except (TypeError, ValueError):
        return False


def grid_extent(start: Mapping[str, Any], shape: Sequence[int]) -> tuple[float, float, float, float]:
    """Give (left, right, bottom, top) of the picture: half a step beyond the outer points."""
    extents = start.get("extents")
    given = extents if _usable(extents) and len(start.get("motors") or ()) == 2 else None
    (low_y, high_y), (low_x, high_x) = given or [[0, count - 1] for count in shape]
    step_y = (high_y - low_y) / max(shape[0] - 1, 1) or 1.0
    step_x = (high_x - low_x) / max(shape[1] - 1, 1) or 1.0
    return low_x - step_x / 2, high_x + step_x / 2, low_y - step_y / 2, high_y + step_y / 2
