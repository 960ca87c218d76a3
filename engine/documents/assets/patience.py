"""Waiting for a file that is announced but not there yet, without waiting twice for one that never comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from headrace.engine.model.errors import NotReachableError

__all__ = ["Patience"]

T = TypeVar("T")

_FIRST_PAUSE = 0.02  # seconds
_LONGEST_PAUSE = 0.5


class Patience:
    """Tries again while something can't be reached, up to a time limit.

    What was waited for in vain is tried only once from then on, until it comes: a run whose file is missing
    doesn't wait anew at every event.

    Parameters
    ----------
    seconds
        The time limit.

    Examples
    --------
    >>> Patience(0).attempt("file", lambda: 42)
    42
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._given_up: set[str] = set()

    def attempt(self, what: str, action: Callable[[], T]) -> T:
        """Give what the action returns, trying again as long as it raises `NotReachableError`.

        Raises
        ------
        NotReachableError
            The last one of the action's, once the time is over.
        """
        seconds = 0.0 if what in self._given_up else self.seconds
        deadline = time.monotonic() + seconds
        pause = _FIRST_PAUSE
        while True:
            try:
                result = action()
            except NotReachableError:
                if time.monotonic() + pause > deadline:
                    self._given_up.add(what)
                    raise
            else:
                self._given_up.discard(what)
                return result
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
