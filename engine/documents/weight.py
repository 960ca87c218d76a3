"""How much there is in a document: it is kept for as long as its run, and anybody may send one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.model.errors import DocumentError

__all__ = ["refuse_heavy", "weight"]

_MOST_VALUES = 250_000
_MOST_BYTES = 64 << 20
_EVENTS = frozenset({"event", "event_page", "bulk_events"})
_PAGES = frozenset({"datum_page", "bulk_datum"})  # taken apart into small documents
_EACH = 64  # bytes that a value takes at the least


def weight(doc: Mapping[Any, Any]) -> tuple[int, int]:
    """Give how many values are in a document, and about how many bytes they take.

    It stops to count where there are more than any document needs.

    Examples
    --------
    >>> weight({"uid": "5c1f", "hints": {"fields": ["i0"]}})
    (8, 532)
    """
    values = size = 0
    rest: list[Any] = [doc]
    while rest and values <= _MOST_VALUES and size <= 1 << 40:
        value = rest.pop()
        values += 1
        size += _EACH
        if isinstance(value, str | bytes | bytearray):
            size += len(value)
        elif isinstance(value, Mapping):
            rest.extend(value.keys())
            rest.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            rest.extend(value)
        else:
            size += int(getattr(value, "nbytes", 0))
    return values, size


def refuse_heavy(name: str, doc: Mapping[Any, Any]) -> int:
    """Give about how many bytes a document takes that will be kept while its run goes on; 0 for events.

    Raises
    ------
    DocumentError
        If it has more in it than any document needs that is no event.
    """
    if name in _EVENTS:
        return 0
    values, size = weight(doc)
    if (values > _MOST_VALUES and name not in _PAGES) or size > _MOST_BYTES:
        most = f"{_MOST_VALUES} values or {_MOST_BYTES >> 20} MiB"
        message = f"a {name} document holds more than {most}; only events and their pages may be so large"
        raise DocumentError(message)
    return size
