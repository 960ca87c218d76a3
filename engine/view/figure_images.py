"""Pictures of several images side by side, and of windows on the detector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.view.figure_detector import Background, empty_detector
from headrace.engine.view.figure_parts import colour_bar, new_figure, plain_text, show_image, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["stack_figure", "windows_figure"]

_MOST = 12
_TILE = 2.6  # inches


def stack_figure(name: str, stack: Any) -> Figure:
    """Draw the first images of a stack side by side, with one scale of colours."""
    shown = stack[:_MOST]
    wide = stack.shape[-1] / max(stack.shape[-2], 1)
    in_a_row = len(shown) if len(shown) <= 6 and wide <= 1 else max(1, round(math.sqrt(1.6 * len(shown) / wide)))
    columns = min(len(shown), in_a_row, 6)
    rows = math.ceil(len(shown) / columns)
    width, height = (_TILE, _TILE / wide) if wide > 1 else (_TILE * max(wide, 0.5), _TILE)
    figure = new_figure(max(columns * width + 1.6, 6.0), max(rows * (height + 0.25) + 0.9, 3.0))
    tiles = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    image = None
    for number, axes in enumerate(tiles.flat):
        if number >= len(shown):
            axes.set_axis_off()
            continue
        image = show_image(axes, shown[number], scale_of=shown)
        axes.set_title(str(number), fontsize=9, loc="left", pad=3)
        style(axes, "", "")
    figure.supxlabel("x (pixel)", fontsize=10.5)
    figure.supylabel("y (pixel)", fontsize=10.5)
    colour_bar(figure, image, tiles, "intensity")
    some = f"the first {len(shown)} of {len(stack)}" if len(shown) < len(stack) else str(len(stack))
    title(figure, name, f"{some} image{'s' * (len(stack) != 1)}")
    return figure


def windows_figure(name: str, table: pd.DataFrame, behind: Background | None) -> Figure:
    """Draw windows as boxes with their numbers."""
    figure = new_figure(7.6, 6.8)
    axes = figure.subplots()
    if behind is None:
        empty_detector(axes, table)
    else:
        colour_bar(figure, show_image(axes, behind.image), axes, f"{behind.name} (intensity)")
    colour = "#38e1ff" if behind is not None else "#0072b2"
    for number, row in enumerate(table.to_dict("records")):
        _box(axes, row, str(int(row.get("grain", number))), colour)
    on = f", on {behind.name}" if behind is not None else ""
    title(figure, name, f"{len(table)} window{'s' * (len(table) != 1)}{on}")
    return figure


def _box(axes: Axes, row: Mapping[Any, Any], label: str, colour: str) -> None:
    from matplotlib.patches import Rectangle

    y, x, high, wide = (float(row[word]) for word in ("y", "x", "dy", "dx"))
    if not np.isfinite([y, x, high, wide]).all():
        return
    corner = (x - wide - 0.5, y - high - 0.5)
    axes.add_patch(Rectangle(corner, 2 * wide + 1, 2 * high + 1, fill=False, edgecolor=colour, linewidth=1.1))
    axes.text(corner[0] + 2 * wide + 3, y, plain_text(label), color=colour, fontsize=9, va="center", clip_on=True)
