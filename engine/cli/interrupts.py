"""Ctrl-C and SIGTERM: the first ends a job in order, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The user wants it to end; no error, and not to be caught as one.

    Attributes
    ----------
    exit_code
        What a shell expects of a command that a signal ended.
    """

    def __init__(self, signum: int) -> None:
        self.exit_code = 128 + signum
        super().__init__(signal.Signals(signum).name)


@contextmanager
def interrupts(stop: Callable[[int], None]) -> Iterator[None]:
    """See to Ctrl-C and SIGTERM while a job runs.

    Parameters
    ----------
    stop
        Called with the first signal; must be safe in a signal handler.

    Raises
    ------
    Interrupted
        At the second signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[int] = []

    def handle(signum: int, frame: FrameType | None) -> None:
        seen.append(signum)
        if len(seen) > 1:
            raise Interrupted(signum)
        stop(signum)

    before = {signum: signal.signal(signum, handle) for signum in _SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
