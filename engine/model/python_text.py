"""Pieces of Python text: literals, calls wrapped to a width, imports, names that can be variables."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from headrace.engine.model.errors import UsageError

__all__ = ["call", "import_lines", "keywords", "literal", "variable"]

_WIDTH = 100


def literal(value: Any) -> str:
    r"""Write plain data as Python.

    Examples
    --------
    >>> literal({"box": [1, float("inf")], "name": "it's"})
    '{"box": [1, float("inf")], "name": "it\'s"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, tuple):
        return "(" + "".join(f"{literal(item)}, " for item in value).rstrip() + ")"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    problem = f"a graph holds plain data, which {value!r} is not: {type(value).__name__}"
    raise UsageError(problem)


def _text(value: str) -> str:
    written = repr(value)
    if written[0] == "'" and '"' not in written:
        return f'"{written[1:-1]}"' if "\\'" not in written else written
    return written


def keywords(arguments: Mapping[str, str]) -> list[str]:
    """Write keyword arguments, whose values are Python text; names that can't be keywords go into a mapping."""
    good = [f"{name}={value}" for name, value in arguments.items() if _can_be_keyword(name)]
    rest = [f"{literal(name)}: {value}" for name, value in arguments.items() if not _can_be_keyword(name)]
    return [*good, *([f"**{{{', '.join(rest)}}}"] if rest else [])]


def _can_be_keyword(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def call(function: str, arguments: Iterable[str], before: str = "") -> str:
    """Write a call, on one line if it is short; `before` is what stands in front of it on its line."""
    arguments = list(arguments)
    line = f"{function}({', '.join(arguments)})"
    if (len(before) + len(line) <= _WIDTH and "\n" not in line) or not arguments:
        return line
    body = "".join(f"    {argument},\n" for argument in arguments)
    return f"{function}(\n{body})"


def variable(name: str, taken: set[str]) -> str:
    """Give a variable for a name, unlike any that is taken, and take it."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    candidate = plain if not plain[0].isdigit() else f"_{plain}"
    while candidate in taken or keyword.iskeyword(candidate) or hasattr(builtins, candidate):
        candidate += "_"
    taken.add(candidate)
    return candidate


def import_lines(names: Mapping[str, str]) -> list[str]:
    """Write imports, sorted, from name to module."""
    modules = sorted(set(names.values()))
    return [
        f"from {module} import {', '.join(sorted(name for name, home in names.items() if home == module))}"
        for module in modules
    ]
