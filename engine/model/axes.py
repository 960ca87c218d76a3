"""Which results are axes of others: the places along a curve, kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["axes_of"]

_AXES = {"x", "q", "radius", "distance", "centers", "running_centers", "angle"}


def axes_of(points: Mapping[str, int], outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Give for each curve the result that holds its axis: of its own node, or the only one with as many points.

    Parameters
    ----------
    points
        Name of each result that is a curve to its number of points.
    outputs
        Name of each result to the ``node`` and ``port`` that it came from.

    Returns
    -------
    Curve to axis; curves without one, and the axes themselves, are left out.

    Examples
    --------
    >>> axes_of({"pattern": 500, "q": 500, "spectrum": 64}, {"q": {"node": "rings", "port": "x"}})
    {'pattern': 'q'}
    """
    about = {name: outputs.get(name, {}) for name in points}
    axes = [name for name in points if about[name].get("port") in _AXES]
    found = {}
    for name, count in points.items():
        fitting = [axis for axis in axes if points[axis] == count]
        own = [axis for axis in fitting if about[axis].get("node") == about[name].get("node")]
        if name not in axes and (len(own) == 1 or len(fitting) == 1):
            found[name] = (own or fitting)[0]
    return found
