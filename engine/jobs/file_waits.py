"""Which data file a job waits for."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["FileWaits"]


class FileWaits:
    """Knows what is waited for, and says so now and then: a detector that is slower than its documents is no news.

    Parameters
    ----------
    say
        Told what is waited for.
    every
        Seconds between two times.

    Attributes
    ----------
    text
        What is waited for now; empty if nothing is.

    Examples
    --------
    >>> waits = FileWaits(print)
    >>> waits("waiting for a file: a.h5"); waits(""); waits("waiting for a file: b.h5")
    waiting for a file: a.h5
    >>> waits.text
    'waiting for a file: b.h5'
    """

    def __init__(self, say: Callable[[str], None], every: float = 30.0) -> None:
        self.text = ""
        self._say = say
        self._every = every
        self._said = float("-inf")

    def __call__(self, text: str) -> None:
        """Take note of what is waited for; ``""`` when it is over."""
        self.text = text
        now = time.monotonic()
        if text and now - self._said >= self._every:
            self._said = now
            self._say(text)
