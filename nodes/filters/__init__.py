"""Leaving events out: by an expression, by a number, by the motion of a motor, or all but a few."""

from __future__ import annotations

from headrace.nodes.filters.expressions import filter
from headrace.nodes.filters.limits import count_in_range, in_range, shutter_open
from headrace.nodes.filters.motion import motor_speed
from headrace.nodes.filters.thinning import sample, throttle, unique

__all__ = ["count_in_range", "filter", "in_range", "motor_speed", "sample", "shutter_open", "throttle", "unique"]
