"""What ``--set NODE.PARAM=VALUE`` means: the value is read as it would be in a graph file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headrace.engine.model.errors import UsageError

__all__ = ["read_settings"]

_EXAMPLES = "for example peaks.percentile=90, clean.clip=null, dark.missing=zero or peaks.diameter=[11, 13]"


def read_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Give the parameters that are set: ``node.parameter`` to value. Of two for the same, the last one counts.

    Raises
    ------
    UsageError
        If a text is not of that form or its value is no YAML.

    Examples
    --------
    >>> read_settings(["peaks.percentile=90", "dark.missing=zero", "peaks.diameter=[11, 13]", "clean.clip=null"])
    {'peaks.percentile': 90, 'dark.missing': 'zero', 'peaks.diameter': [11, 13], 'clean.clip': None}
    """
    return dict(_setting(text) for text in texts)


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    node, _, parameter = key.strip().partition(".")
    if not equals or not node or not parameter:
        problem = f"--set {text!r}: expected NODE.PARAM=VALUE, {_EXAMPLES}"
        raise UsageError(problem)
    if not value.strip():
        problem = f"--set {text!r}: the value is missing; write {key}=null for none, or {key}='\"\"' for empty text"
        raise UsageError(problem)
    return f"{node}.{parameter}", _value(text, value)


def _value(text: str, value: str) -> Any:
    from headrace.engine.model.yaml_loader import load

    loaded = load(value, "--set")
    if loaded.faults or loaded.root is None:
        reason = loaded.faults[0].message if loaded.faults else "there is no value"
        problem = f"--set {text!r}: the value can't be read ({reason}); {_EXAMPLES}"
        raise UsageError(problem)
    return loaded.root.plain()
