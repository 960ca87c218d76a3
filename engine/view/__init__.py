"""Pictures: of a graph (text, Mermaid, DOT, JSON, SVG, PNG, HTML) and of results. One rendered model, many outputs."""

from __future__ import annotations

from headrace.engine.view.dot import to_dot
from headrace.engine.view.folding import fold, foldable
from headrace.engine.view.graph_page import to_html
from headrace.engine.view.json_text import to_json
from headrace.engine.view.mermaid import to_mermaid
from headrace.engine.view.plan_layer import with_plan
from headrace.engine.view.png import to_png
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.rendering import render
from headrace.engine.view.run_layer import with_run
from headrace.engine.view.svg import to_svg
from headrace.engine.view.text import to_text

__all__ = [
    "Rendered",
    "fold",
    "foldable",
    "render",
    "to_dot",
    "to_html",
    "to_json",
    "to_mermaid",
    "to_png",
    "to_svg",
    "to_text",
    "with_plan",
    "with_run",
]
