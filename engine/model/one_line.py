"""Making text that came from outside safe for a log, a message, a terminal: one line, nothing hidden, not too long."""

from __future__ import annotations

__all__ = ["one_line", "spelt_out"]


def one_line(text: object, most: int = 1000) -> str:
    r"""Give text on one line, of at most some length, with what does not print spelt out.

    Escapes, line ends, marks of direction and halves of characters don't print.

    Examples
    --------
    >>> print(one_line("two\nlines\x1b[31m"))
    two\x0alines\x1b[31m
    >>> one_line("crystallography", 8)
    'crystal…'
    """
    begin = str(text)[: most + 1]
    plain = begin if begin.isprintable() else spelt_out(begin)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def spelt_out(text: str, but: str = "") -> str:
    """Give text with what does not print spelt out, some characters apart."""
    return "".join(char if char.isprintable() or char in but else _spelt(ord(char)) for char in text)


def _spelt(number: int) -> str:
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
