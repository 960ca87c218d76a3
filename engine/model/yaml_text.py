"""Writing plain data as YAML that reads well and reads back as the same."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from headrace.engine.model.errors import UsageError
from headrace.engine.model.yaml_scalars import resolve

__all__ = ["block_text", "flow", "scalar"]

_WORDS = re.compile(r"[\w./][\w./()+* -]*(?<! )")
_SENTENCE = re.compile(r"\w[^#:\n\r]*(?<! )")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_BYTE_ORDER_MARK = "\ufeff"


def scalar(value: Any, sentence: bool = False) -> str:
    """Write one number, truth value, null or text; text gets quotes only where it needs them.

    Parameters
    ----------
    value
        The value.
    sentence
        Whether it stands alone on its line, so that it may hold commas and brackets.

    Examples
    --------
    >>> [scalar(value) for value in ("yes", "12", "a: b", 1e22, float("inf"), None)]
    ['yes', '"12"', '"a: b"', '1e+22', '.inf', 'null']
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if not isinstance(value, str):
        problem = f"a graph holds plain data, which {value!r} is not: {type(value).__name__}"
        raise UsageError(problem)
    fits = (_SENTENCE if sentence else _WORDS).fullmatch(value) and value.isprintable()
    return value if fits and resolve(value) == value else _quoted(value)


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() and character != _BYTE_ORDER_MARK:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(value: Any) -> str:
    """Write a value on one line.

    Examples
    --------
    >>> flow({"type": "average", "in": ["a", "b"]})
    '{type: average, in: [a, b]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def block_text(text: str) -> str:
    """Write text after a key at the left edge: on its line, or as a block of lines."""
    lines = text.split("\n")
    body = lines[:-1] if lines[-1] == "" else lines
    plain = all(line.isprintable() and _BYTE_ORDER_MARK not in line and line == line.rstrip() for line in body)
    if len(lines) == 1 or not plain or not body or not body[0] or not body[-1] or body[0][0] == " ":
        return scalar(text, sentence=True)
    mark = "|" if lines[-1] == "" else "|-"
    return "\n".join([mark, *(f"  {line}" if line else "" for line in body)])
