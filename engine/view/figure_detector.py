"""Pictures in detector pixels: an image, and the peaks that were found in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import EllipseCollection

from headrace.engine.view.figure_parts import colour_bar, new_figure, show_image, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Background", "background", "empty_detector", "event_image", "image_figure", "peaks_figure"]


_MANY = 40


class Background(NamedTuple):
    """An image that stands for the whole run."""

    name: str
    image: Any


def background(images: Mapping[str, Any]) -> Background | None:
    """Choose the image to draw on: one for the whole run, else the brightest values of one per event."""
    for name, stack in images.items():
        if len(stack) == 1:
            return Background(name, stack[0])
    for name, stack in images.items():
        return Background(name, np.max(stack, axis=0))
    return None


def image_figure(name: str, images: Any, total: int = 0) -> Figure:
    """Draw an image; of several, the mean."""
    wide = images.shape[-1] / max(images.shape[-2], 1)
    figure = new_figure(min(max(6.0 * wide + 1.5, 4.6), 9.0), min(max(7.4 / max(wide, 0.1), 2.6), 6.6))
    axes = figure.subplots()
    shown = show_image(axes, images.mean(axis=0) if len(images) > 1 else images[0], colours="viridis")
    colour_bar(figure, shown, axes, "intensity")
    count = len(images)
    some = f"{count} of {total}" if total else str(count)
    title(figure, name, f"mean of {some} images" if count > 1 else "one image for the run")
    return figure


def peaks_figure(
    name: str,
    table: pd.DataFrame,
    behind: Background | None,
    images: Mapping[str, Any],
    events: Mapping[str, Mapping[str, Any]],
) -> Figure:
    """Draw peaks as circles: those of the fullest event on its image, or all on an image of the whole run."""
    event = event_image(table, images, events)
    figure = new_figure(7.6, 6.8)
    axes = figure.subplots()
    frames = table["frame"].nunique()
    said = f"{_peaks(len(table))} in {frames} events"
    if event is not None:
        number, behind = event
        table = table[table["frame"] == number]
        said = f"event {number}, {_peaks(len(table))}, on {behind.name}; the whole run has {said}"
    elif behind is not None:
        said += f", on {behind.name}"
    if behind is not None:
        colour_bar(figure, show_image(axes, behind.image), axes, f"{behind.name} (intensity)")
    else:
        empty_detector(axes, table)
    _circles(axes, table, "#38e1ff" if behind is not None else "#0072b2")
    title(figure, name, said)
    return figure


def _peaks(count: int) -> str:
    return f"{count} peak{'s' * (count != 1)}"


def event_image(
    table: pd.DataFrame, images: Mapping[str, Any], events: Mapping[str, Mapping[str, Any]]
) -> tuple[int, Background] | None:
    """Give the event with most peaks of those whose image was kept."""
    for name, stack in images.items():
        told = events.get(name, {})
        numbers = np.asarray(told.get("raw_seq_num", told.get("seq_num", ())))
        if len(stack) > 1 and len(stack) == len(numbers):
            frames, counts = np.unique(table["frame"].to_numpy(), return_counts=True)
            seen = np.isin(frames, numbers)
            if seen.any():
                number = int(frames[seen][counts[seen].argmax()])
                return number, Background(name, stack[int(np.flatnonzero(numbers == number)[0])])
    return None


def _circles(axes: Axes, table: pd.DataFrame, colour: str) -> None:
    low, high = axes.get_ylim()
    across = abs(high - low) / 18
    count = len(table)
    circles = EllipseCollection(
        np.full(count, across),
        np.full(count, across),
        np.zeros(count),
        units="xy",
        offsets=table[["x", "y"]].to_numpy(dtype=float),
        offset_transform=axes.transData,
        facecolors="none",
        edgecolors=colour,
        linewidths=1.3 if count <= _MANY else 0.6,
        alpha=None if count <= _MANY else 0.5,
    )
    axes.add_collection(circles, autolim=False)


def empty_detector(axes: Axes, table: pd.DataFrame) -> None:
    """Show as much of the detector as the places need, where there is no image."""
    places = table[["y", "x"]].to_numpy(dtype=float)
    low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
    edge = 0.06 * max(float((high - low).max()), 20.0)
    axes.set(xlim=(low[1] - edge, high[1] + edge), ylim=(high[0] + edge, low[0] - edge), aspect="equal")
    axes.set_facecolor("#fafafa")
    style(axes, "x (pixel)", "y (pixel)")
