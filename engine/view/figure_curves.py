"""Pictures of curves: a few as lines, a histogram as steps, many as a waterfall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from headrace.engine.view.figure_parts import COLOURS, colour_bar, new_figure, robust_scale, style, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from headrace.engine.view.kinds import Axis

__all__ = ["Curves", "curves_figure"]

_MOST_LINES = 8
_FEW_POINTS = 100
_ALONE = 12
_DECADES = 200


class Curves(NamedTuple):
    """Curves with what is known of them.

    Attributes
    ----------
    values
        Shape (events, points).
    axis
        What they are drawn over; None for the number of the point.
    events
        Coordinates of the events: ``raw_seq_num``, ``time``, motors.
    counts
        Whether they are histograms.
    units
        Field to its unit.
    total
        How many events there are, if these are some of them only; else 0.
    """

    values: Any
    axis: Axis | None = None
    events: Mapping[str, Any] = {}
    counts: bool = False
    units: Mapping[str, str] = {}
    total: int = 0


def curves_figure(name: str, curves: Curves) -> Figure:
    """Draw a few curves as lines, many as a waterfall with a row per event."""
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(8.4, 5.2)
    axes = figure.subplots()
    count = len(curves.values)
    label = _with_unit("point" if curves.axis is None else curves.axis.name, curves.units)
    places = np.arange(curves.values.shape[1]) if curves.axis is None else np.asarray(curves.axis.values)
    if count <= _MOST_LINES:
        _lines(axes, curves, places)
        whole = curves.counts and np.array_equal(curves.values, np.round(curves.values))
        style(axes, label, "count" if whole else _with_unit(name, curves.units))
        if curves.axis is None:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        _waterfall(figure, axes, name, curves, places)
        axes.set_xlabel(label, fontsize=10.5)
    title(figure, name, _said(curves))
    return figure


def _said(curves: Curves) -> str:
    count, what = len(curves.values), "histogram" if curves.counts else "curve"
    if count == 1:
        return f"one {what} for the run"
    return f"{count} of {curves.total} {what}s" if curves.total else f"{count} {what}s, one for each event"


def _with_unit(name: str, units: Mapping[str, str]) -> str:
    return f"{name} ({units[name]})" if units.get(name) else name


def _lines(axes: Axes, curves: Curves, places: Any) -> None:
    values = curves.values
    alone = curves.axis is None and values.shape[1] <= _ALONE
    few = "o" if alone else ".-" if values.shape[1] <= _FEW_POINTS else "-"
    labels = _event_labels(curves)
    for number, curve in enumerate(values):
        colour = COLOURS[number]
        if curves.counts:
            axes.stairs(curve, _edges(places), color=colour, linewidth=1.2, fill=len(values) == 1, alpha=0.75)
        else:
            axes.plot(places, curve, few, color=colour, linewidth=1.2, label=labels[number])
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    if 1 < len(values) and not curves.counts:
        axes.legend(frameon=False, fontsize=9)
    if _spans_decades(values):
        axes.set_yscale("log", nonpositive="clip" if curves.counts else "mask")
        if curves.counts:
            axes.set_ylim(bottom=0.5 * float(values[values > 0].min()))


def _event_labels(curves: Curves) -> list[str]:
    name, values = _rows(curves)
    return [f"{name} {value:g}" for value in values]


def _rows(curves: Curves) -> tuple[str, Any]:
    """Give what tells the events apart: the one motor that moves, if each event has a place of its own, or a number."""
    events = {word: np.asarray(values) for word, values in curves.events.items() if len(values) == len(curves.values)}
    motors = [
        word for word, values in events.items() if word not in ("raw_seq_num", "seq_num", "time") and _rises(values)
    ]
    if len(motors) == 1:
        return motors[0], events[motors[0]].astype(float)
    numbers = next((events[word] for word in ("raw_seq_num", "seq_num") if word in events), None)
    return "event", np.arange(1, len(curves.values) + 1) if numbers is None else numbers


def _rises(values: Any) -> bool:
    steps = np.diff(values.astype(float))
    return bool(len(steps) and np.isfinite(steps).all() and ((steps > 0).all() or (steps < 0).all()))


def _waterfall(figure: Figure, axes: Axes, name: str, curves: Curves, places: Any) -> None:
    row, numbers = _rows(curves)
    values = curves.values
    if len(numbers) > 1 and numbers[0] > numbers[-1]:
        numbers, values = numbers[::-1], values[::-1]
    shown = axes.pcolormesh(
        _edges(places), _edges(numbers), values, cmap="viridis", norm=robust_scale(values), rasterized=True
    )
    colour_bar(figure, shown, axes, _with_unit(name, curves.units))
    style(axes, "", f"{_with_unit(row, curves.units)}" if row != "event" else "event (seq_num)")


def _spans_decades(curves: Any) -> bool:
    """Tell whether a linear scale would show nothing but the highest points: counts, most often."""
    positive = curves[np.isfinite(curves) & (curves > 0)]
    return bool(positive.size and np.nanmin(curves) >= 0 and positive.max() > _DECADES * np.median(positive))


def _edges(places: Any) -> Any:
    """Give the borders between points, however they are spaced; where they don't rise, count them."""
    places = np.asarray(places, dtype=float)
    steps = np.diff(places)
    if not len(steps) or not np.isfinite(steps).all() or not (steps > 0).all():
        return np.arange(len(places) + 1) - 0.5
    middles = places[:-1] + steps / 2
    return np.concatenate([[places[0] - steps[0] / 2], middles, [places[-1] + steps[-1] / 2]])
