"""Lines that come again and again are left out and counted, so that a log stays readable and a disk free."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["LogLimit"]

_KINDS = 1000
"""Kinds of line that are remembered; of more, the one that was seen the longest ago is forgotten."""


@dataclass(slots=True)
class _Seen:
    began: float
    passed: int = 0
    left_out: int = 0


class LogLimit(logging.Filter):
    """Lets some lines of a kind pass in a while, and counts the rest.

    Lines are of one kind if they come from the same place in the code and are about the same graph and node. When
    one passes again, it says how many were left out before it.

    Parameters
    ----------
    most
        Lines of a kind that pass within ``every``.
    every
        Seconds.
    clock
        Gives the time in seconds.

    Notes
    -----
    Thread-safe. Errors count like the rest: a line that comes a thousand times says no more than ten of it.

    Examples
    --------
    >>> limit = LogLimit(most=1, clock=lambda: 0.0)
    >>> record = logging.makeLogRecord({"msg": "no dark", "pathname": "a.py", "lineno": 3})
    >>> [limit.filter(record) for _ in range(3)]
    [True, False, False]
    >>> limit.left_out()
    [('no dark', 2)]
    """

    def __init__(self, most: int = 5, every: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most, self._every, self._clock = most, every, clock
        self._seen: OrderedDict[tuple[object, ...], tuple[str, _Seen]] = OrderedDict()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record passes; one that passes after others were left out says so."""
        kind = (record.pathname, record.lineno, getattr(record, "graph", None), getattr(record, "node", None))
        with self._lock:
            now = self._clock()
            text, seen = self._seen.get(kind, ("", _Seen(now)))
            if now - seen.began >= self._every:
                seen = _Seen(now, left_out=seen.left_out)
            seen.passed += 1
            passes = seen.passed <= self._most
            more, seen.left_out = (seen.left_out, 0) if passes else (0, seen.left_out + 1)
            self._seen[kind] = (text or record.getMessage(), seen)
            self._seen.move_to_end(kind)
            while len(self._seen) > _KINDS:
                self._seen.popitem(last=False)
        if passes and more:
            record.msg, record.args = f"{record.getMessage()} ({more} more like this were left out before)", ()
        return passes

    def left_out(self) -> list[tuple[str, int]]:
        """Give the beginning of each kind of line of which some were left out and not told of, and how many."""
        with self._lock:
            return [(text[:100], seen.left_out) for text, seen in self._seen.values() if seen.left_out]
