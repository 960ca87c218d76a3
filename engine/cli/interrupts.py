"""Ctrl-C and SIGTERM: the first ends a job in order and in bounded time, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "TimeUp", "interrupts"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_GRACE = 5.0
"""Seconds for the event in hand, once what waits was given up."""


class Interrupted(BaseException):
    """The user wants it to end; no error, and not to be caught as one.

    Attributes
    ----------
    exit_code
        What a shell expects of a command that a signal ended.
    """

    def __init__(self, signum: int) -> None:
        self.exit_code = 128 + signum
        super().__init__(f"stopped by {signal.Signals(signum).name}")


class TimeUp(Interrupted):
    """The time to end in order was over before all was done."""

    def __init__(self) -> None:
        super().__init__(signal.SIGTERM)
        self.exit_code = 1
        self.args = ("the time to end in order was over",)


class _Handling:
    """What is done with signals while a job runs. All of it happens in the main thread."""

    def __init__(
        self, stop: Callable[[int], None], drain: float | None, give_up: Callable[[], None], grace: float
    ) -> None:
        self._stop, self._drain, self._give_up, self._grace = stop, drain, give_up, grace
        self._signalled = False
        self._given_up = False

    def handle(self, signum: int, frame: FrameType | None) -> None:
        """Take Ctrl-C or SIGTERM."""
        if self._signalled:
            raise Interrupted(signum)
        self._signalled = True
        self._stop(signum)
        if self._drain is not None:
            signal.setitimer(signal.ITIMER_REAL, max(self._drain, 0.001))

    def alarm(self, signum: int, frame: FrameType | None) -> None:
        """Take the end of the time to drain, and of the grace after it."""
        if self._given_up:
            raise TimeUp
        self._given_up = True
        self._give_up()
        signal.setitimer(signal.ITIMER_REAL, self._grace)


@contextmanager
def interrupts(
    stop: Callable[[int], None],
    drain: float | None = None,
    give_up: Callable[[], None] = lambda: None,
    grace: float = _GRACE,
) -> Iterator[None]:
    """See to Ctrl-C and SIGTERM while a job runs.

    Parameters
    ----------
    stop
        Called with the first signal; must be safe in a signal handler.
    drain
        Seconds after which it should have ended; None for as long as it takes.
    give_up
        Called when they are over; must be safe in a signal handler.
    grace
        Seconds after that in which the event in hand may be finished.

    Raises
    ------
    Interrupted
        At the second signal.
    TimeUp
        If it has not ended when drain and grace are over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handling = _Handling(stop, drain, give_up, grace)
    before = {signum: signal.signal(signum, handling.handle) for signum in _SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, handling.alarm)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for signum, handler in before.items():
            signal.signal(signum, handler)
