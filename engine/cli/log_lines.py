"""What the rooms below write to the log, as lines among what a command says, or in a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headrace.engine.cli.log_format import JsonFormat, TextFormat
from headrace.engine.cli.log_limit import LogLimit
from headrace.engine.cli.log_options import LogSettings
from headrace.engine.model.errors import NotReachableError

__all__ = ["log_lines"]


class _Lines(logging.Handler):
    """Gives each line to a function."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say one line."""
        try:
            self._say(self.format(record))
        except Exception:
            self.handleError(record)


@contextmanager
def log_lines(say: Callable[[str], None], *, quiet: bool, settings: LogSettings | None = None) -> Iterator[None]:
    """Have what headrace logs said or written; what other libraries log goes its own way.

    Parameters
    ----------
    say
        Says a line.
    quiet
        Whether only errors are said, unless the settings name a level.
    settings
        What, how and where to; by default warnings are said, as text.

    Raises
    ------
    NotReachableError
        If the log file can't be written.
    """
    settings = settings or LogSettings()
    handler = _handler(say, settings)
    level = settings.level or (logging.ERROR if quiet else logging.WARNING)
    limit = LogLimit()
    handler.setLevel(level)
    handler.addFilter(limit)
    handler.setFormatter(JsonFormat() if settings.json else TextFormat(_TEXT if settings.file else "%(message)s"))
    logger = logging.getLogger("headrace")
    before = logger.propagate, logger.level
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(min(level, before[1] or level))
    try:
        yield
    finally:
        handler.removeFilter(limit)
        for text, number in limit.left_out():
            _say_left_out(handler, level, f"{number} more lines like this one were left out: {text}")
        logger.propagate = before[0]
        logger.setLevel(before[1])
        logger.removeHandler(handler)
        handler.close()


def _say_left_out(handler: logging.Handler, level: int, text: str) -> None:
    about = {"levelno": level, "levelname": logging.getLevelName(level), "name": __name__, "msg": text}
    handler.handle(logging.makeLogRecord(about))


_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def _handler(say: Callable[[str], None], settings: LogSettings) -> logging.Handler:
    if not settings.file:
        return _Lines(say)
    try:
        return logging.FileHandler(settings.file, encoding="utf-8")
    except OSError as error:
        problem = f"can't write the log {settings.file!r}: {error.strerror or error}"
        raise NotReachableError(problem) from error
