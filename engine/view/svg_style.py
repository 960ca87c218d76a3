"""How SVG pictures look, light and dark: colours are attributes, which every viewer knows, and rules for the dark."""

from __future__ import annotations

from headrace.engine.view.palette import BUSY, all_paints

__all__ = ["BACK", "FRAMES", "INK", "NAME", "SOFT", "style_sheet"]

BACK, INK, SOFT, NAME = "#ffffff", "#6b6b6b", "#444444", "#111111"
"""Paper, lines, small letters, large letters."""
FRAMES = ("#e8eef9", "#fbeed9")
"""Segments whose work can be done anywhere, and those that must be in order."""

_FONT = "'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"
_DARK = "#16181d"


def style_sheet() -> str:
    """Give the rules; they name classes that begin with ``hr-``, so that a page of pictures can share them."""
    paints = "".join(
        f".hr-box.hr-{paint.name}{{fill:{paint.dark.fill};stroke:{paint.dark.line}}}"
        f".hr-mark.hr-{paint.name}{{stroke:{paint.dark.line}}}"
        f".hr-word.hr-{paint.name}{{fill:{paint.dark.line}}}"
        for paint in all_paints()
    )
    return (
        f".hr-graph text{{font-family:{_FONT}}}"
        "@media (prefers-color-scheme:dark){"
        f".hr-back{{fill:{_DARK}}}.hr-name{{fill:#f2f2f2}}.hr-soft{{fill:#bfc3ca}}"
        ".hr-line{stroke:#9aa0aa}.hr-tip{fill:#9aa0aa}"
        f".hr-busy{{fill:{BUSY}}}.hr-rest{{fill:#000000}}"
        f".hr-frame0{{fill:#212a3d}}.hr-frame1{{fill:#3a2e1a}}.hr-way0{{stroke:#212a3d}}.hr-way1{{stroke:#3a2e1a}}{paints}}}"
    )
