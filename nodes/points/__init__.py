"""Numbers of each shot: calibrated, computed with, normalised, compared."""

from __future__ import annotations

from headrace.nodes.points.calibrating import delay, linear
from headrace.nodes.points.comparing import correlation, difference
from headrace.nodes.points.computing import compute
from headrace.nodes.points.normalizing import normalize, normalized_mean

__all__ = ["compute", "correlation", "delay", "difference", "linear", "normalize", "normalized_mean"]
