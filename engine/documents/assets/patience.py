"""Waiting for a file that is announced but not there yet, without waiting twice for one that never comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from headrace.engine.documents.assets.settings import AssetSettings
from headrace.engine.model.errors import NotReachableError

__all__ = ["Patience"]

T = TypeVar("T")

_FIRST_PAUSE = 0.02  # seconds
_LONGEST_PAUSE = 0.25
_MOMENT = 0.5
_TIMES_IN_VAIN = 3


class Patience:
    """Tries again while something can't be reached, up to a time limit.

    What was waited for in vain is tried only once from then on, until it comes: a run whose file is missing
    doesn't wait anew at every event. And a run waits in vain three times the limit altogether, no more, however
    many files are missing.

    Parameters
    ----------
    settings
        ``patience`` is the time limit in seconds; ``cut_short`` and ``on_wait`` are asked and told.

    Examples
    --------
    >>> Patience(AssetSettings(patience=0)).attempt("file", lambda: 42)
    42
    """

    def __init__(self, settings: AssetSettings) -> None:
        self._settings = settings
        self._given_up: set[str] = set()
        self._in_vain = 0.0

    def attempt(self, what: str, action: Callable[[], T]) -> T:
        """Give what the action returns, trying again as long as it raises `NotReachableError`.

        Parameters
        ----------
        what
            Identity of what is waited for: what is in the same file, or in the same series of files, has the same.
        action
            What is tried. Each trial should be short.

        Raises
        ------
        NotReachableError
            The last one of the action's, once the time is over.
        """
        try:
            result = action()
        except NotReachableError as error:
            if not self._may_wait(what):
                raise
            result = self._wait(what, action, error)
        self._given_up.discard(what)
        return result

    def _may_wait(self, what: str) -> bool:
        spent = self._in_vain >= _TIMES_IN_VAIN * self._settings.patience
        return not (spent or what in self._given_up or self._settings.cut_short())

    def _wait(self, what: str, action: Callable[[], T], problem: NotReachableError) -> T:
        began, pause, told = time.monotonic(), _FIRST_PAUSE, False
        try:
            while (waited := time.monotonic() - began) + pause <= self._settings.patience:
                if self._settings.cut_short():
                    break
                if waited > _MOMENT and not told:
                    self._settings.on_wait(f"waiting for a file: {problem}")
                    told = True
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                try:
                    return action()
                except NotReachableError as error:
                    problem = error
        finally:
            if told:
                self._settings.on_wait("")
        waited = time.monotonic() - began
        self._in_vain += waited
        self._given_up.add(what)
        message = f"{problem} (waited {waited:.1f} s)"
        raise NotReachableError(message) from problem
