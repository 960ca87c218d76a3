"""Pictures: of a graph (text, Mermaid, DOT, JSON, SVG) and of results. One rendered model, many outputs."""

from __future__ import annotations

from headrace.engine.view.dot import to_dot
from headrace.engine.view.json_text import to_json
from headrace.engine.view.mermaid import to_mermaid
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.rendering import render
from headrace.engine.view.svg import to_svg
from headrace.engine.view.text import to_text

__all__ = ["Rendered", "render", "to_dot", "to_json", "to_mermaid", "to_svg", "to_text"]
