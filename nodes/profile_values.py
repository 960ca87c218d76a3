"""Numbers read off a curve: its values at given places, and a peak in a window of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Profile, Scalar
from headrace.nodes.support.curves import as_curve, moments

__all__ = ["Nearest", "PeakWindow", "nearest", "peak_window"]


class Nearest(NamedTuple):
    """What `nearest` gives, position by position."""

    value: Profile
    """float64: the curve at the point that is nearest to each position."""
    x: Profile
    """float64: where that point is."""


class PeakWindow(NamedTuple):
    """What `peak_window` gives."""

    position: Scalar
    """Centre of mass, in the unit of x."""
    width: Scalar
    """Standard deviation about it, in the unit of x."""
    height: Scalar
    """Highest value above the baseline, in the unit of y."""
    area: Scalar
    """Integral above the baseline, in the unit of y times that of x."""


@node
def nearest(
    x: Profile,
    y: Profile,
    *,
    positions: Annotated[list[float], Meta(min_length=1)],
    within: Annotated[float, Meta(ge=0)] | None = None,
) -> Nearest:
    """Read a curve at the points nearest to given positions, such as the intensity at chosen q.

    Nothing is interpolated. Of two points at the same distance the one with the lower x counts. A NaN of the
    curve stays NaN; points whose x is NaN don't count.

    Parameters
    ----------
    x, y
        The curve, each of shape (n,); x in any order.
    positions
        Where to read, in the unit of x.
    within
        A position further than this from any point gives NaN, in the unit of x. null: however far.

    Returns
    -------
    Nearest
        ``value`` and ``x``, float64, shape (positions,).

    Raises
    ------
    UsageError
        If x and y are no curve, or there is no point.

    Notes
    -----
    In a graph file::

        at_q: {type: nearest, in: {x: profile.x, y: profile.intensity}, positions: [1.5, 2.9], within: 0.05}

    Examples
    --------
    >>> from headrace.nodes import nearest
    >>> nearest([0.0, 1.0, 2.0], [5.0, 7.0, 9.0], positions=[0.9, 40.0], within=0.5).value.tolist()
    [7.0, nan]
    """
    along, values = as_curve(x, y, "nearest")
    if not len(along):
        problem = "nearest: the curve has no point"
        raise UsageError(problem)
    wanted = np.asarray(positions, dtype=np.float64)
    right = np.clip(np.searchsorted(along, wanted), 1, max(len(along) - 1, 1))
    right = np.minimum(right, len(along) - 1)
    left = np.maximum(right - 1, 0)
    place = np.where(wanted - along[left] <= along[right] - wanted, left, right)
    place = np.searchsorted(along, along[place])  # of equal x, the first
    value, where = values[place], along[place]
    if within is not None:
        far = np.abs(where - wanted) > within
        value[far] = where[far] = np.nan
    return Nearest(value, where)


def _window_problems(parameters: Mapping[str, Any]) -> Iterable[str]:
    low, high = parameters.get("low"), parameters.get("high")
    if isinstance(low, int | float) and isinstance(high, int | float) and not low < high:
        yield f"peak_window: low ({low}) must be below high ({high})"


@node(problems_of=_window_problems)
def peak_window(
    x: Profile,
    y: Profile,
    *,
    low: float,
    high: float,
    baseline: Literal["linear", "none"] = "linear",
) -> PeakWindow:
    """Measure the one peak in a window of a curve: its position, width, height and area.

    By moments, with integrals by the trapezium rule over the points with low <= x <= high, where b is the
    straight line through the first and the last of them:

    * area = ∫ (y - b) dx
    * position = ∫ x (y - b) dx / area
    * width = sqrt( ∫ (x - position)² (y - b) dx / area )
    * height = max(y - b)

    No shape is fitted, so it works for any peak, and gives the same numbers on every machine. For a Gaussian the
    full width at half maximum is 2.355 widths. The window decides: it should hold the whole peak and little else.

    Points where y is NaN are left out. With fewer than three points left all four are NaN. Without a positive area
    there is no peak: position and width are NaN. If noise makes the second moment negative, the width is NaN.

    Parameters
    ----------
    x, y
        The curve, each of shape (n,); x in any order.
    low, high
        The window, in the unit of x, both ends included.
    baseline
        ``linear``, as above, or ``none``: b = 0.

    Returns
    -------
    PeakWindow
        ``position``, ``width``, ``height`` and ``area``, floats.

    Raises
    ------
    UsageError
        If x and y are no curve, or it has fewer than three points in the window.

    Notes
    -----
    In a graph file::

        peak: {type: peak_window, in: {x: profile.x, y: profile.intensity}, low: 2.8, high: 3.1}
        keep: {type: sink, in: {position: peak.position, width: peak.width}}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import peak_window
    >>> x = np.linspace(2, 4, 201)
    >>> y = 10 + 3 * x + 50 * np.exp(-0.5 * ((x - 2.9) / 0.1) ** 2)
    >>> [round(number, 3) for number in peak_window(x, y, low=2.4, high=3.4)]
    [2.9, 0.1, 50.0, 12.533]
    """
    along, values = as_curve(x, y, "peak_window")
    inside = (along >= low) & (along <= high)
    if np.count_nonzero(inside) < 3:
        span = f"from {along[0]:g} to {along[-1]:g}" if len(along) else "nowhere"
        problem = (
            f"peak_window: {np.count_nonzero(inside)} points lie from {low:g} to {high:g}; expected three or more: "
            f"the curve has {len(along)} points {span}"
        )
        raise UsageError(problem)
    inside &= ~np.isnan(values)
    along, values = along[inside], values[inside]
    if len(along) < 3:
        return PeakWindow(np.nan, np.nan, np.nan, np.nan)
    if baseline == "linear":
        slope = (values[-1] - values[0]) / (along[-1] - along[0]) if along[-1] > along[0] else 0.0
        values = values - (values[0] + slope * (along - along[0]))
    return PeakWindow(*moments(along, values))
