"""What all pictures of results share: paper, letters, colours, colour bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from headrace.engine.view.printable import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import AsinhNorm

__all__ = ["COLOURS", "colour_bar", "new_figure", "plain_text", "robust_scale", "show_image", "style", "title"]

COLOURS: Sequence[str] = (
    *("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#ee8866", "#44bb99"),
    *("#332288", "#999933", "#882255", "#88ccee", "#117733", "#ddcc77", "#cc6677", "#777777"),
)
"""Colours for things that are only to be told apart (Paul Tol's bright, light and muted sets)."""


def new_figure(width: float, height: float) -> Figure:
    """Give an empty page, size in inches."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def plain_text(text: object) -> str:
    """Make text safe to draw: one line, and no formulas where there is a dollar sign."""
    return printable(text).replace("$", r"\$")


def title(figure: Figure, name: str, below: str) -> None:
    """Write a title: the result's name, and what is seen."""
    words = plain_text(f"{name}: {below}")
    figure.suptitle(words, x=0.012, ha="left", fontsize=12, fontweight="bold", color="#222222")


def style(axes: Axes, x: str, y: str) -> None:
    """Label axes, and draw them lightly."""
    axes.set_xlabel(plain_text(x), fontsize=10.5)
    axes.set_ylabel(plain_text(y), fontsize=10.5)
    axes.tick_params(labelsize=9.5, color="#888888", length=3)
    for spine in axes.spines.values():
        spine.set_color("#bbbbbb")


def robust_scale(values: Any) -> AsinhNorm:
    """Give a scale on which faint and strong features are seen, whatever single values stick out."""
    from matplotlib.colors import AsinhNorm

    scaled = np.asarray(values, dtype=float)
    finite = scaled[np.isfinite(scaled)]
    low, middle, high = np.percentile(finite, [1, 50, 99.98]) if finite.size else (0.0, 0.0, 1.0)
    knee = max(2 * (middle - low), 1e-3 * (high - low), 1e-12)
    return AsinhNorm(linear_width=knee, vmin=low, vmax=max(high, low + knee))


def show_image(axes: Axes, image: Any, *, colours: str = "magma", scale_of: Any = None) -> Any:
    """Show a detector image so that faint and strong features are seen: an asinh scale, noise near its dark end.

    The scale is that of the image, or of all of `scale_of`.
    """
    values = np.asarray(image, dtype=float)
    scale = robust_scale(values if scale_of is None else scale_of)
    shown = axes.imshow(values, cmap=colours, norm=scale, interpolation="nearest")
    style(axes, "x (pixel)", "y (pixel)")
    return shown


def colour_bar(figure: Figure, shown: Any, axes: Any, label: str, **options: Any) -> None:
    """Put a colour bar beside axes."""
    from matplotlib.colors import AsinhNorm

    bar = figure.colorbar(shown, ax=axes, shrink=0.86, pad=0.02, aspect=30, **options)
    bar.set_label(plain_text(label), fontsize=10.5)
    if isinstance(shown.norm, AsinhNorm):  # its own marks are few, and crowd where it is linear
        bar.minorticks_off()
        values = np.asarray(shown.norm.inverse(np.linspace(0, 1, 6)))
        bar.set_ticks(values.tolist(), labels=[_short(value) for value in values])
    bar.ax.tick_params(labelsize=9, color="#888888", length=3)
    bar.outline.set_edgecolor("#bbbbbb")


def _short(value: float) -> str:
    """Write a number shortly."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.3g} {letter}"
    return f"{value:.3g}"
