"""A self-contained HTML page: style, script and pictures are in it, and it asks no other place for anything."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from headrace.engine.view.svg_text import element

__all__ = ["image", "page", "paragraph", "table"]


def page(title: str, body: Iterable[str], *, script: str = "") -> str:
    """Write a page.

    Its policy allows no request, and no script but the one that is given, so that even a name that got through the
    escaping could do nothing.

    Parameters
    ----------
    title
        Title of the window.
    body
        HTML, escaped.
    script
        Name of a script beside this module, or "".
    """
    code = _asset(script) if script else ""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{digest}'" if code else "script-src 'none'"
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; {allowed}; base-uri 'none'; form-action 'none'"
    )
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=False)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{_asset('page.css')}</style>",
    ]
    parts = ["<!DOCTYPE html>", '<html lang="en"><head>', *head, "</head><body>", *body]
    return "\n".join([*parts, *([f"<script>{code}</script>"] if code else []), "</body></html>"]) + "\n"


@functools.cache
def _asset(name: str) -> str:
    return (files("headrace.engine.view") / "assets" / name).read_text(encoding="utf-8")


def paragraph(words: str, kind: str = "") -> str:
    """Write a paragraph; nothing for no words.

    Examples
    --------
    >>> paragraph("a<b", "soft")
    '<p class="soft">a&lt;b</p>'
    """
    marks = {"class_": kind} if kind else {}
    return element("p", escape(words), **marks) if words else ""


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = (), *, numbers: Iterable[int] = ()) -> str:
    """Write a table of text; nothing without rows.

    Parameters
    ----------
    rows
        Cells, not escaped.
    head
        Names of the columns.
    numbers
        Columns that hold numbers, which stand at the right.
    """
    right = set(numbers)
    body = ["".join(_cell("td", cell, number=place in right) for place, cell in enumerate(row)) for row in rows]
    if not body:
        return ""
    first = "".join(_cell("th", cell, number=place in right) for place, cell in enumerate(head))
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in ([first] if first else []) + body) + "</table>"


def _cell(tag: str, cell: object, *, number: bool) -> str:
    marks = {"class_": "number"} if number else {}
    return element(tag, escape(str(cell)), **marks) if str(cell) else f"<{tag}></{tag}>"


def image(png: bytes, words: str) -> str:
    """Put a PNG picture into a page, with words for those who don't see it."""
    data = base64.b64encode(png).decode()
    return element("img", src=f"data:image/png;base64,{data}", alt=words)
