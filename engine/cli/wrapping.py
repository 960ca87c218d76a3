"""Breaking long lines at words where somebody reads them on a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap

__all__ = ["wrapped"]


def wrapped(text: str, first: int = 0) -> str:
    """Break the lines of a text to the width of the terminal; where stderr is none, leave them whole.

    Parameters
    ----------
    text
        The text. Its line breaks and indents stay.
    first
        Columns that stand before its first line already.
    """
    if not sys.stderr.isatty():
        return text
    width = min(shutil.get_terminal_size().columns, 100)
    head, *rest = text.split("\n")
    lines = [_broken(" " * first + head, width)[first:], *(_broken(line, width) for line in rest)]
    return "\n".join(lines)


def _broken(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
