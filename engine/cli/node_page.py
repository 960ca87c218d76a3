"""All about one node type, for a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import click

from headrace.engine.cli.prose import column_width, hanging, indented, paragraphs, sections

__all__ = ["page"]

_YAML = re.compile(r"\n?In a graph file::\n\n((?:[ \t]+.*\n?|\n)+)")
_OFTEN = {"run": "per run", "event": "per event", "final": "at the end of the run"}


def page(node: Mapping[str, Any]) -> str:
    """Write the page of a node type.

    Parameters
    ----------
    node
        What `headrace.engine.model.description.describe` gives.
    """
    parts = sections(node["doc"])
    notes = parts.get("Notes", "")
    yaml = _YAML.search(notes)
    chapters = {
        "Inputs": "\n".join(_input(port) for port in node["inputs"]),
        "Outputs": "\n".join(_output(port, node["source"]) for port in node["outputs"]),
        "Parameters": "\n".join(_parameter(parameter) for parameter in node["parameters"]),
        "Errors": paragraphs(parts.get("Raises", ""), "  "),
        "Notes": paragraphs(_YAML.sub("\n", notes), "  "),
        "References": paragraphs(parts.get("References", ""), "  "),
        "In a graph file": _code(yaml[1]) if yaml else "",
        "In Python": _code(parts.get("Examples", "")),
    }
    head = click.style(node["name"], bold=True) + f"  ({node['family']}, {node['module']})"
    written = [f"{click.style(name, bold=True)}\n{text}" for name, text in chapters.items() if text.strip()]
    return "\n\n".join([head, paragraphs(parts[""]), *written])


def _code(text: str) -> str:
    import textwrap

    return indented(textwrap.dedent(text).strip("\n"), "  ")


def _entry(name: str, kind: str, doc: str) -> str:
    """Write a name with what it is, and below it what it means."""
    head = indented(hanging(f"{name}: {kind}", column_width() - 2, "        "), "  ")
    return head + (f"\n{paragraphs(doc, '      ')}" if doc else "")


def _input(port: Mapping[str, Any]) -> str:
    kind = " or ".join(port["types"])
    if port["variadic"]:
        kind += ", any number, each with a name of its own"
    elif not port["required"]:
        kind += ", may be left out"
    return _entry(port["name"], kind, port["doc"])


def _output(port: Mapping[str, Any], is_source: bool) -> str:
    often = _OFTEN.get(port["cadence"] or "", "as its parameters say" if is_source else "as often as the inputs")
    return _entry(port["name"], f"{' or '.join(port['types'])}, {often}", port["doc"])


def _parameter(parameter: Mapping[str, Any]) -> str:
    return _entry(parameter["name"], ", ".join(_facts(parameter)), parameter["doc"])


def _facts(parameter: Mapping[str, Any]) -> Iterator[str]:
    """Give the type, the unit if the type doesn't name it, and the default of a parameter."""
    yield parameter["type"]
    if parameter["unit"] and parameter["unit"] not in parameter["type"]:
        yield f"in {parameter['unit']}"
    default = parameter["default"]
    yield "required" if parameter["required"] else f"default {_plain(default)}"


def _plain(value: Any) -> str:
    """Write a value as it stands in a graph file."""
    return value if isinstance(value, str) and value else json.dumps(value, default=str)
