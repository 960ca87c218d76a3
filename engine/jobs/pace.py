"""When it is time for a document that is published again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from headrace.engine.model.errors import UsageError

__all__ = ["Pace", "read_rate"]


class Pace:
    """Waits between the documents of a run as long as it took then, or part of that.

    Parameters
    ----------
    rate
        How many times as fast; infinity to wait for nothing.
    stopping
        Ends the waiting when it is set.
    """

    def __init__(self, rate: float, stopping: threading.Event) -> None:
        self._rate = rate
        self._stopping = stopping
        self._began: tuple[float, float] | None = None  # the time of the first document, and when it passed

    def wait(self, doc: Mapping[str, Any]) -> bool:
        """Wait until it is time for a document; False if publishing is to end."""
        taken = doc.get("time")
        if not math.isinf(self._rate) and isinstance(taken, int | float) and math.isfinite(taken):
            if self._began is None:
                self._began = (taken, time.monotonic())
            due = self._began[1] + (taken - self._began[0]) / self._rate
            self._stopping.wait(max(0.0, min(due - time.monotonic(), threading.TIMEOUT_MAX)))
        return not self._stopping.is_set()


def read_rate(rate: str | float) -> float:
    """Give how many times as fast as it was.

    Raises
    ------
    UsageError
        If it is neither ``real``, ``max``, nor a positive number.

    Examples
    --------
    >>> read_rate("real"), read_rate("max"), read_rate("2.5x")
    (1.0, inf, 2.5)
    """
    named = {"real": 1.0, "max": math.inf}
    try:
        factor = named[rate] if isinstance(rate, str) and rate in named else float(str(rate).removesuffix("x"))
    except ValueError:
        factor = math.nan
    if not factor > 0:
        problem = f"rate {rate!r}: expected 'real', 'max', or how many times as fast, such as 10x"
        raise UsageError(problem)
    return factor
