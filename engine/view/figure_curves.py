"""Pictures of curves and of numbers over events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.engine.view.figure_parts import COLOURS, colour_bar, new_figure, plain_text, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["curves_figure", "numbers_figure"]

_MOST_LINES = 8


def curves_figure(name: str, curves: Any) -> Figure:
    """Draw a few curves as lines, many as a picture with a row per event."""
    figure = new_figure(8.4, 5.2)
    axes = figure.subplots()
    count = len(curves)
    if count <= _MOST_LINES:
        for number, curve in enumerate(curves):
            axes.plot(curve, color=COLOURS[number], linewidth=1.2)
        axes.grid(color="#eeeeee")
        style(axes, "point", "value")
    else:
        shown = axes.imshow(curves, aspect="auto", cmap="viridis", interpolation="nearest", origin="lower")
        colour_bar(figure, shown, axes, "value")
        style(axes, "point", "event")
    title(figure, name, f"{count} curve{'s' * (count != 1)}")
    return figure


def numbers_figure(name: str, table: pd.DataFrame) -> Figure:
    """Draw each column of numbers over the events."""
    numbers = table.select_dtypes("number").drop(columns=["seq_num", "time"], errors="ignore").iloc[:, :_MOST_LINES]
    events = table["seq_num"].to_numpy() if "seq_num" in table else np.arange(1, len(table) + 1)
    figure = new_figure(8.4, 4.6)
    axes = figure.subplots()
    for number, column in enumerate(numbers.columns):
        label = plain_text(column)
        axes.plot(events, numbers[column], ".-", color=COLOURS[number], linewidth=1, label=label)
    if len(numbers.columns) > 1:
        axes.legend(frameon=False, fontsize=9)
    axes.grid(color="#eeeeee")
    style(axes, "event (seq_num)", "value" if len(numbers.columns) != 1 else str(numbers.columns[0]))
    title(figure, name, f"{len(table)} events")
    return figure
