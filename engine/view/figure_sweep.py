"""Pictures of sweeps: what was measured, against the parameters that were varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headrace.engine.view.figure_parts import COLOURS, colour_bar, new_figure, plain_text, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["sweep_figure"]

_MOST_PANELS = 12


def sweep_figure(name: str, table: pd.DataFrame, over: Mapping[str, Sequence[Any]], chosen: Sequence[str]) -> Figure:
    """Draw what was measured: over one parameter as a line, over two as a map, over more as a line for each rest.

    Parameters
    ----------
    name
        Name of the graph.
    table
        A row for each point, with a column for each parameter and each measure.
    over
        Parameter to its values.
    chosen
        The measures to draw.
    """
    panels = list(chosen)[:_MOST_PANELS]
    columns = min(3, len(panels)) or 1
    rows = -(-len(panels) // columns) or 1
    figure = new_figure(4.2 * columns + 0.4, 3.2 * rows + 0.7)
    grid = figure.subplots(rows, columns, squeeze=False)
    varied = [key for key, values in over.items() if len(values) > 1] or list(over)
    title(figure, name, f"{len(table)} combinations of {', '.join(varied)}")
    for number, axes in enumerate(grid.flat):
        if number >= len(panels):
            axes.set_axis_off()
        elif len(varied) == 2 and len(table) == len(over[varied[0]]) * len(over[varied[1]]):
            _map(figure, axes, table, varied, panels[number])
        else:
            _lines(axes, table, varied, panels[number])
    return figure


def _lines(axes: Axes, table: pd.DataFrame, varied: Sequence[str], measure: str) -> None:
    """Draw lines over the parameter with most values, one for each combination of the others."""
    along = max(varied, key=lambda key: table[key].nunique())
    others = [key for key in varied if key != along]
    groups = list(table.groupby(others, sort=False)) if others else [((), table)]
    for number, (values, group) in enumerate(groups):
        given = values if isinstance(values, tuple) else (values,)
        label = ", ".join(f"{key}={value}" for key, value in zip(others, given, strict=False))
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(_places(group[along]), group[measure], "o-", ms=4, lw=1.4, color=colour, label=plain_text(label))
    style(axes, along, measure)
    _name_places(axes, table[along])
    axes.grid(color="#eeeeee")
    if 1 < len(groups) <= 8:
        axes.legend(fontsize=8, frameon=False)


def _map(figure: Figure, axes: Axes, table: pd.DataFrame, varied: Sequence[str], measure: str) -> None:
    down, across = varied
    values = table.pivot_table(index=down, columns=across, values=measure, sort=False, dropna=False)
    image = axes.imshow(values.to_numpy(dtype=float), aspect="auto", origin="lower", cmap="viridis")
    style(axes, across, down)
    _ticks(axes.set_xticks, list(values.columns))
    _ticks(axes.set_yticks, list(values.index))
    colour_bar(figure, image, axes, measure)


def _ticks(put: Any, values: Sequence[Any]) -> None:
    step = max(1, -(-len(values) // 10))
    put(range(0, len(values), step), [plain_text(_short(value)) for value in values[::step]])


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _places(values: pd.Series[Any]) -> Any:
    """Give numbers as they are, and anything else by its place among the values."""
    if values.dtype.kind in "iuf":
        return values.to_numpy()
    return [list(dict.fromkeys(values)).index(value) for value in values]


def _name_places(axes: Axes, values: pd.Series[Any]) -> None:
    if values.dtype.kind not in "iuf":
        _ticks(axes.set_xticks, list(dict.fromkeys(values)))
