"""What a scan is drawn against: the dimensions and motors that its start document names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["dimensions", "motors"]


def dimensions(start: Mapping[str, Any]) -> list[tuple[list[str], str]]:
    """Give the fields of each dimension of a scan, and the stream they are in; what makes no sense is left out.

    Examples
    --------
    >>> dimensions({"hints": {"dimensions": [(["sample_x"], "primary"), "nonsense"]}})
    [(['sample_x'], 'primary')]
    """
    hints = start.get("hints")
    found = hints.get("dimensions") if isinstance(hints, Mapping) else None
    return [
        (_names(entry[0]), entry[1])
        for entry in _listed(found)
        if isinstance(entry, Sequence) and len(entry) == 2 and isinstance(entry[1], str) and _names(entry[0])
    ]


def motors(start: Mapping[str, Any]) -> list[str]:
    """Give the fields that a scan is drawn against: its dimensions, and its motors, which often name fields too."""
    named = [field for fields, _ in dimensions(start) for field in fields]
    return list(dict.fromkeys([*named, *_names(start.get("motors"))]))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _names(value: Any) -> list[str]:
    return [name for name in _listed(value) if isinstance(name, str)]
