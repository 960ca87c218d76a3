"""Docstrings for a terminal: sections, paragraphs broken anew, markup taken away."""

from __future__ import annotations

import re
import shutil
import textwrap

__all__ = ["column_width", "hanging", "indented", "paragraphs", "sections"]

_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_MARKUP = (
    (re.compile(r"``([^`]+)``"), r"\1"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"\1"),
    (re.compile(r"\\([*_|`])"), r"\1"),
    (re.compile(r"(\[\d+\])_"), r"\1"),
    (re.compile(r"^\.\. (\[\d+\])", re.MULTILINE), r"\1"),
    (re.compile(r"::$", re.MULTILINE), ":"),
)
_CODE = (" ", ">>>")
_ITEM = re.compile(r"^[-*] ", re.MULTILINE)


def column_width() -> int:
    """Give the width of text: that of the terminal, but no lines longer than 100."""
    return min(shutil.get_terminal_size((100, 24)).columns, 100)


def sections(doc: str) -> dict[str, str]:
    r"""Split a docstring into its sections; what comes before the first has the name "".

    Examples
    --------
    >>> sections("Meaning.\n\nMore.\n\nNotes\n-----\nA note.\n")
    {'': 'Meaning.\n\nMore.', 'Notes': 'A note.'}
    """
    first, *rest = _HEADING.split(doc)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return {"": first.strip(), **{name: text.strip("\n").rstrip() for name, text in pairs}}


def paragraphs(text: str, indent: str = "") -> str:
    """Break paragraphs to the width of the terminal; tables, code and other indented text stay as they are.

    Parameters
    ----------
    text
        Text as in a docstring.
    indent
        What each line begins with.
    """
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return indented("\n\n".join(_block(block, column_width() - len(indent)) for block in blocks), indent)


def _block(text: str, width: int) -> str:
    """Write one block: code as it is, a table with its columns side by side, all else broken anew."""
    if text.startswith(_CODE):
        return text
    if text.startswith("=="):
        return _table(text.splitlines(), width)
    text = _unmarked(text)
    if _ITEM.search(text):
        items = re.split(r"\n(?=[-*] )", text)
        return "\n".join(hanging(item, width, "  " * bool(_ITEM.match(item))) for item in items)
    if re.search(r"^\S.*\n +", text):
        terms = re.split(r"\n(?=\S)", text)
        return "\n".join(hanging(term.replace("\n", ": ", 1), width, "    ") for term in terms)
    return hanging(text, width)


def _unmarked(text: str) -> str:
    for pattern, plain in _MARKUP:
        text = pattern.sub(plain, text)
    return text


def _table(lines: list[str], width: int) -> str:
    """Write a table of reStructuredText without its rules; its last column is broken to the width."""
    starts = [match.start() for match in re.finditer(r"=+", lines[0])]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    rows = [[_unmarked(line[a:b].strip()) for a, b in spans] for line in lines if not line.startswith("==")]
    widths = [max(len(row[number]) for row in rows) for number in range(len(spans) - 1)]
    written = []
    for *cells, last in rows:
        before = "  " + "".join(f"{cell:{size}}  " for cell, size in zip(cells, widths, strict=True))
        broken = hanging(last, max(width - len(before), 12))
        written.append((before + broken.replace("\n", "\n" + " " * len(before))).rstrip())
    return "\n".join(written)


def hanging(text: str, width: int, indent: str = "") -> str:
    """Break a text to a width; all lines but the first begin with the indent."""
    return textwrap.fill(
        " ".join(text.split()), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def indented(text: str, indent: str) -> str:
    """Put the indent before each line that is not empty."""
    return textwrap.indent(text, indent)
