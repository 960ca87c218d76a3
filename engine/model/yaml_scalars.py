"""What an unquoted word in a graph file stands for: the core schema of YAML 1.2, and nothing else.

So ``on``, ``yes``, ``no`` and ``12:30`` are text, and there are no dates.
"""

from __future__ import annotations

import re

from headrace.engine.model.yaml_tree import Scalar

__all__ = ["resolve"]

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NAN = {".nan", ".NaN", ".NAN"}
_LONGEST_NUMBER = 400


def resolve(text: str) -> Scalar:
    """Give the value of an unquoted word.

    Examples
    --------
    >>> [resolve(word) for word in ("12", "1e3", "true", "yes", "0x10", "~", "2024-01-01")]
    [12, 1000.0, True, 'yes', 16, None, '2024-01-01']
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text in _NAN:
        return float("nan")
    if len(text) > _LONGEST_NUMBER:
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    if _INT.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    infinite = _INFINITE.fullmatch(text)
    return float(f"{infinite[1]}inf") if infinite else text
