"""Drawing one value as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from headrace.engine.model.errors import DocumentError

__all__ = ["DRAWERS", "guessed_kind"]


def guessed_kind(value: Any) -> str:
    """Give the kind of picture that suits a value."""
    if hasattr(value, "columns"):
        return "scatter"
    return {0: "line", 1: "line", 2: "image"}.get(np.ndim(value), "grid")


def _numbers(value: Any, dimensions: tuple[int, ...], kind: str) -> Any:
    array = np.asarray(value)
    if array.ndim not in dimensions or array.dtype.kind not in "biuf":
        wanted = " or ".join(f"{number}-D" for number in dimensions)
        problem = f"a picture of kind {kind!r} shows {wanted} numbers, got {array.dtype} {array.shape}"
        raise DocumentError(problem)
    return array


def _image(figure: Any, value: Any, x: Any, *, log: bool) -> Any:
    from matplotlib.colors import LogNorm

    array = _numbers(value, (2,), "image")
    axes = figure.subplots()
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    positive = finite[finite > 0]
    norm = LogNorm(positive.min(), positive.max()) if log and positive.size else None
    drawn = axes.imshow(array, norm=norm, cmap="viridis", interpolation="nearest", aspect="auto")
    figure.colorbar(drawn, ax=axes)
    axes.set(xlabel="x (pixel)", ylabel="y (pixel)")
    return axes


def _waterfall(figure: Any, value: Any, x: Any, *, log: bool) -> Any:
    axes = _image(figure, _numbers(value, (2,), "waterfall"), x, log=log)
    axes.set(xlabel="point", ylabel="event")
    return axes


def _line(figure: Any, value: Any, x: Any, *, log: bool) -> Any:
    array = np.atleast_1d(_numbers(value, (0, 1, 2), "line"))
    axes = figure.subplots()
    places = np.arange(array.shape[-1]) if x is None else np.asarray(x)
    for row in np.atleast_2d(array):
        axes.plot(places, row, marker="." if row.size < 60 else "", lw=1.2)
    axes.set_yscale("log" if log else "linear")
    axes.grid(alpha=0.25)
    return axes


def _scatter(figure: Any, value: Any, x: Any, *, log: bool) -> Any:
    axes = figure.subplots()
    if hasattr(value, "columns"):
        names = [str(name) for name in value.columns]
        if {"x", "y"} <= set(names):
            across, up = "x", "y"
        elif len(names) >= 2:
            across, up = names[0], names[1]
        else:
            problem = f"a scatter picture of a table needs two columns, got {names}"
            raise DocumentError(problem)
        axes.plot(value[across], value[up], ".", alpha=0.7)
        axes.set(xlabel=across, ylabel=up)
    else:
        array = np.atleast_1d(_numbers(value, (0, 1), "scatter"))
        axes.plot(np.arange(array.size) if x is None else np.asarray(x), array, ".", alpha=0.7)
    axes.set_yscale("log" if log else "linear")
    axes.grid(alpha=0.25)
    return axes


def _histogram(figure: Any, value: Any, x: Any, *, log: bool) -> Any:
    array = np.asarray(value, dtype=float).ravel()
    axes = figure.subplots()
    axes.hist(array[np.isfinite(array)], bins="auto" if array.size < 10_000 else 200)
    axes.set_yscale("log" if log else "linear")
    axes.set(xlabel="value", ylabel="count")
    return axes


def _grid(figure: Any, value: Any, x: Any, *, log: bool) -> Any:
    """Draw the first images of a stack side by side."""
    array = _numbers(value, (2, 3), "grid")
    images = array[None] if array.ndim == 2 else array[:36]
    columns = max(1, int(np.ceil(np.sqrt(len(images)))))
    every = figure.subplots(int(np.ceil(max(1, len(images)) / columns)), columns, squeeze=False)
    for number, axes in enumerate(every.ravel()):
        axes.set_axis_off()
        if number < len(images):
            axes.imshow(images[number], cmap="viridis", interpolation="nearest", aspect="auto")
            axes.set_title(str(number), fontsize=7, pad=2)
    return None


DRAWERS: Mapping[str, Callable[..., Any]] = {
    "image": _image,
    "line": _line,
    "scatter": _scatter,
    "grid": _grid,
    "histogram": _histogram,
    "waterfall": _waterfall,
}
"""Kind to the function that draws a value on a figure and gives its axes."""
