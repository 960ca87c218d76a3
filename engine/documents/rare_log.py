"""A log that can't be flooded: of each kind of line a few now and then, with how many were left out."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from headrace.engine.model.one_line import one_line

__all__ = ["RareLog"]

_KINDS = 1000
"""Kinds that are remembered; of more, the oldest is forgotten."""

_LONGEST = 2000
"""Characters of a line: part of it may come from anybody."""


class RareLog:
    """Writes warnings to a logger, at most a few of each kind in a while.

    Parameters
    ----------
    logger
        Takes the lines.
    every
        Seconds in which so many lines of a kind are written.
    burst
        So many.
    clock
        Gives the time in seconds.

    Notes
    -----
    Use from one thread.
    """

    def __init__(
        self,
        logger: logging.Logger,
        every: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        burst: int = 1,
    ) -> None:
        self._logger = logger
        self._every = every
        self._clock = clock
        self._burst = burst
        self._told: OrderedDict[str, tuple[float, int]] = OrderedDict()  # kind -> since when, how many since

    def warning(self, kind: str, text: str, *arguments: object) -> None:
        """Write a line, unless enough of this kind were written a moment ago."""
        now = self._clock()
        since, number = self._told.get(kind, (now, 0))
        if now - since >= self._every:
            since, left_out, number = now, max(0, number - self._burst), 0
        else:
            left_out = 0
        self._told[kind] = (since, number + 1)
        self._told.move_to_end(kind)
        if len(self._told) > _KINDS:
            self._told.popitem(last=False)
        if number < self._burst:
            more = f" (and {left_out} more such lines before this one)" if left_out else ""
            line = one_line(text % arguments if arguments else text, _LONGEST)
            self._logger.warning("%s%s", line, more)
