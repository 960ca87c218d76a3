"""What the rooms below write to the log, as lines among what a command says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headrace.engine.model.errors import HeadraceError

__all__ = ["log_lines"]


class _Lines(logging.Handler):
    def __init__(self, say: Callable[[str], None], level: int) -> None:
        super().__init__(level)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say one line; an error that headrace raised on purpose needs no traceback."""
        error = record.exc_info[1] if record.exc_info else None
        try:
            self._say(f"{record.getMessage()}: {error}" if isinstance(error, HeadraceError) else self.format(record))
        except Exception:
            self.handleError(record)


@contextmanager
def log_lines(say: Callable[[str], None], *, quiet: bool) -> Iterator[None]:
    """Have warnings and errors of headrace said, those of other libraries as ever; if quiet, errors only."""
    logger = logging.getLogger("headrace")
    handler = _Lines(say, logging.ERROR if quiet else logging.WARNING)
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.propagate = before
        logger.removeHandler(handler)
