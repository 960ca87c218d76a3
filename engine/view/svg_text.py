"""Text in SVG: how wide it will be, how it is broken into lines, and how it is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from headrace.engine.view.printable import cut

__all__ = ["element", "line_width", "packed", "text", "wrapped"]

_NARROW, _WIDE = set("iljtfrI.,:;'|!()[] ·"), set("mwMWQ@%—…")


def line_width(line: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of a line in a usual sans-serif font, in pixels; rather too wide than too narrow.

    Examples
    --------
    >>> line_width("ill", 10) < line_width("wow", 10)
    True
    """
    total = 0.0
    for char in line:
        if ord(char) > 0x2E80:
            total += 1.05
        else:
            total += 0.34 if char in _NARROW else 0.9 if char in _WIDE else 0.68 if char.isupper() else 0.6
    return total * size * (1.14 if bold else 1.0)


def wrapped(words: str, size: float, width: float, most: int = 4) -> list[str]:
    """Break text into lines no wider than some width; a word that is wider is cut."""
    return packed(words.split(), " ", size, width, most)


def packed(parts: Iterable[str], between: str, size: float, width: float, most: int = 12) -> list[str]:
    """Fill lines with parts that stay whole, as long as they fit; the last line says if there is more."""
    lines: list[str] = []
    fitting = max(int(width / (0.6 * size)), 4)
    for part in (cut(part, fitting) for part in parts):
        joined = f"{lines[-1]}{between}{part}" if lines else ""
        if lines and line_width(joined, size) <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines if len(lines) <= most else [*lines[: most - 1], cut(lines[most - 1], fitting - 2) + " …"]


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """Write an element; attributes are escaped, the content must be already. ``_`` in names becomes ``-``.

    Examples
    --------
    >>> element("rect", width=3.14159, stroke_width=2)
    '<rect width="3.1" stroke-width="2"/>'
    """
    given = "".join(f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in attributes.items())
    return f"<{tag}{given}>{content}</{tag}>" if content else f"<{tag}{given}/>"


def _value(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else escape(str(value))


def text(line: str, x: float, y: float, size: float, colour: str = "#222222", **attributes: object) -> str:
    """Write one line of text, escaped."""
    return element("text", escape(line), x=float(x), y=float(y), font_size=size, fill=colour, **attributes)
