"""How a log record becomes a line: for people, or as JSON with its fields."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from headrace.engine.model.errors import HeadraceError
from headrace.engine.model.one_line import one_line, spelt_out

__all__ = ["FIELDS", "JsonFormat", "TextFormat"]

FIELDS = ("run", "graph", "node", "event")
"""Fields that a record may carry (``extra={"run": …}``), and that a JSON line has wherever they are known."""

_LONGEST = 4000  # characters of a line for people


class TextFormat(logging.Formatter):
    """A line for people; an error that headrace raised on purpose needs no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HeadraceError):
            return one_line(f"{record.getMessage()}: {error}", _LONGEST)
        return spelt_out(super().format(record), but="\n\t")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Write the message on one line, whoever it quotes: only a traceback has several."""
        record.message = one_line(record.message, _LONGEST)
        return super().formatMessage(record)


class JsonFormat(logging.Formatter):
    """One JSON object on a line: ``time``, ``level``, ``logger``, ``message``, fields, ``error``, ``traceback``."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: str(getattr(record, name)) for name in FIELDS if getattr(record, name, None) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = f"{type(error).__name__}: {error}"
            if not isinstance(error, HeadraceError):
                line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
