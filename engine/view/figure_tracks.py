"""Pictures of tracks: where each particle went on the detector, and at which events it was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.view.figure_detector import Background, empty_detector
from headrace.engine.view.figure_parts import COLOURS, new_figure, show_image, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["tracks_figure"]

_MOST_NAMED = 40


def tracks_figure(name: str, table: pd.DataFrame, behind: Background | None) -> Figure:
    """Draw the tracks on the detector, one colour per particle, and the events at which each was seen."""
    figure = new_figure(12.0, 6.4)
    left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
    if behind is not None:
        show_image(left, behind.image, colours="gray_r")
    else:
        empty_detector(left, table)
    groups = [
        (int(particle), table[table["particle"] == particle].sort_values("frame"))
        for particle in np.unique(table["particle"].to_numpy())
    ]
    for number, (particle, rows) in enumerate(groups):
        colour = COLOURS[number % len(COLOURS)]
        _path(left, rows, colour, str(particle) if len(groups) <= _MOST_NAMED else "")
        _seen(right, rows, number, colour)
    _finish(right, [particle for particle, _ in groups])
    left.set_title("place on the detector", fontsize=11, loc="left")
    right.set_title("events at which each was seen", fontsize=11, loc="left")
    on = f", on {behind.name}" if behind is not None else ""
    title(figure, name, f"{len(groups)} particles in {len(table)} peaks{on}; larger dots have more mass")
    return figure


def _sizes(rows: pd.DataFrame, least: float, most: float) -> Any:
    """Give the areas of dots: by mass, if it is known."""
    if "mass" not in rows:
        return np.full(len(rows), most / 2)
    mass = rows["mass"].to_numpy(dtype=float)
    return least + (most - least) * np.clip(mass / max(float(np.nanmax(mass)), 1e-12), 0, 1)


def _path(axes: Axes, rows: pd.DataFrame, colour: str, name: str) -> None:
    x, y = rows["x"].to_numpy(dtype=float), rows["y"].to_numpy(dtype=float)
    axes.plot(x, y, color=colour, linewidth=0.9, alpha=0.7, scalex=False, scaley=False)
    axes.scatter(x, y, s=_sizes(rows, 4, 26), color=colour, edgecolors="white", linewidths=0.3, zorder=3)
    if name:
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": colour, "linewidth": 0.8}
        at = (float(x.max()), float(y.mean()))
        offset = (9, 9)
        axes.annotate(name, at, offset, textcoords="offset points", fontsize=8.5, color="#222222", bbox=box)


def _seen(axes: Axes, rows: pd.DataFrame, place: int, colour: str) -> None:
    frames = rows["frame"].to_numpy(dtype=float)
    axes.plot([frames.min(), frames.max()], [place, place], color=colour, linewidth=0.8, alpha=0.4)
    axes.scatter(frames, np.full(len(frames), place), s=_sizes(rows, 6, 46), color=colour, linewidths=0)


def _finish(axes: Axes, particles: list[int]) -> None:
    step = max(1, len(particles) // 20)
    axes.set_yticks(range(0, len(particles), step), [str(particle) for particle in particles[::step]])
    axes.set_ylim(len(particles) - 0.4, -0.6)
    axes.grid(axis="x", color="#eeeeee")
    axes.set_axisbelow(True)
    style(axes, "event (seq_num)", "particle")
