"""Writing changed parameters back into a graph file: only their values change, comments and layout stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.model.errors import UsageError
from headrace.engine.model.yaml_loader import load
from headrace.engine.model.yaml_spans import Span, spans
from headrace.engine.model.yaml_text import flow, scalar

__all__ = ["with_values"]


def with_values(text: str, changes: Mapping[str, Any]) -> str:
    r"""Give the text of a graph file with parameters changed.

    A parameter that stands in the text gets its new value where the old one was. One that does not is added: behind
    the last key of its node, or, where the node itself stands in the graph that this one extends, as a new node.

    Parameters
    ----------
    text
        The text of a sound graph file.
    changes
        ``node.parameter`` to the new value, as plain data.

    Raises
    ------
    UsageError
        If the text is laid out so that this can't be done; nothing else of it would be as it was.

    Examples
    --------
    >>> print(with_values("nodes:\n  peaks: {type: locate, diameter: 15}  # sharp\n", {"peaks.diameter": 17}), end="")
    nodes:
      peaks: {type: locate, diameter: 17}  # sharp
    """
    wanted = load(text, "").root
    expected: Any = wanted.plain() if wanted else {}
    for key, value in changes.items():
        node, _, parameter = key.partition(".")
        text = _with_value(text, node, parameter, value)
        nodes = expected.setdefault("nodes", {})
        nodes[node] = {**(nodes.get(node) or {}), parameter: value}
    found = load(text, "")
    if found.faults or found.root is None or not _same(found.root.plain(), expected):
        problem = f"{', '.join(changes)} can't be written into this file without changing its layout; write it by hand"
        raise UsageError(problem)
    return text


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other) or bool(one == other)


def _with_value(text: str, node: str, parameter: str, value: Any) -> str:
    root = spans(text) or Span(0, len(text), is_mapping=True)
    nodes = root.entries.get("nodes")
    if nodes is None or not nodes.is_mapping:
        ending = "" if text.endswith("\n") or not text else "\n"
        return f"{text}{ending}nodes:\n  {scalar(node)}: {{{scalar(parameter)}: {flow(value)}}}\n"
    keys = nodes.entries.get(node)
    if keys is None:
        return _added(text, nodes, node, {parameter: value})
    if parameter not in keys.entries:
        return _added(text, keys, parameter, value)
    old = keys.entries[parameter]
    if old.end == old.start:  # nothing stands there
        colon = text.index(":", keys.keys[parameter] + len(parameter)) + 1
        return f"{text[:colon]} {flow(value)}{text[colon:]}"
    end = len(text[: old.end].rstrip("\n"))  # a block of lines ends where the next line begins
    return text[: old.start] + flow(value) + text[end:]


def _added(text: str, mapping: Span, key: str, value: Any) -> str:
    """Add a key behind the last one of a mapping."""
    if mapping.in_line or not mapping.keys:
        between = ", " if mapping.keys else ""
        brace = mapping.end - 1
        closing = len(text[:brace].rstrip())
        return f"{text[:closing].rstrip(',')}{between}{scalar(key)}: {flow(value)}{text[closing:]}"
    first = min(mapping.keys.values())
    indent = " " * (first - (text.rfind("\n", 0, first) + 1))
    line_end = text.find("\n", mapping.end)
    at = len(text) if line_end < 0 else line_end
    return f"{text[:at]}\n{indent}{scalar(key)}: {flow(value)}{text[at:]}"
