"""Making text from a graph safe to show: one line, no control characters, not too long."""

from __future__ import annotations

import json
from typing import Any

from headrace.engine.model.one_line import one_line

__all__ = ["cut", "printable", "shown"]

_LONGEST = 400


def printable(text: object) -> str:
    r"""Give text on one line, in which whatever does not print (line ends, escapes, direction marks) is spelt out.

    Examples
    --------
    >>> print(printable("two\nlines\x1b[31m"))
    two\x0alines\x1b[31m
    """
    return one_line(text, _LONGEST)


def cut(text: str, length: int) -> str:
    """Give text of at most some length, with an ellipsis where it was cut.

    Examples
    --------
    >>> cut("crystallography", 8)
    'crystal…'
    """
    return text if len(text) <= length else text[: max(length - 1, 0)] + "…"


def shown(value: Any) -> str:
    """Give a parameter's value as it would stand in a graph file.

    Examples
    --------
    >>> shown([11, 13]), shown(None), shown(True), shown("mass")
    ('[11, 13]', 'null', 'true', 'mass')
    """
    if isinstance(value, str):
        return cut(printable(value), 60)
    return cut(printable(json.dumps(value, ensure_ascii=False, default=str)), 60)
