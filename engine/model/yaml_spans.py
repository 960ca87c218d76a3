"""Where each part of a YAML text stands, as offsets, so that one part can be replaced and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Span", "spans"]


@dataclass(slots=True)
class Span:
    """A value in a text.

    Attributes
    ----------
    start, end
        Offsets of its first character and of the one behind its last.
    entries
        Key to the value's span, if it is a mapping of text keys.
    keys
        Key to the offset at which the key itself begins.
    in_line
        Whether it is a mapping or list between brackets.
    is_mapping
        Whether it is a mapping.
    """

    start: int
    end: int
    entries: dict[str, Span] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    in_line: bool = False
    is_mapping: bool = False


def spans(text: str) -> Span | None:
    """Give the span of the root of a YAML text that is known to be sound; None if it is empty."""
    from ruamel.yaml import YAML

    events = iter(YAML(typ="safe", pure=True).parse(text))
    for event in events:
        if type(event).__name__ not in ("StreamStartEvent", "DocumentStartEvent"):
            return None if type(event).__name__ == "StreamEndEvent" else _span(event, events)
    return None


def _span(event: Any, events: Iterator[Any]) -> Span:
    kind = type(event).__name__
    if kind == "MappingStartEvent":
        return _mapping(event, events)
    if kind == "SequenceStartEvent":
        span = Span(event.start_mark.index, event.end_mark.index, in_line=bool(event.flow_style))
        for follower in events:
            if type(follower).__name__ == "SequenceEndEvent":
                span.end = follower.end_mark.index if span.in_line else span.end
                break
            span.end = _span(follower, events).end
        return span
    return Span(event.start_mark.index, event.end_mark.index)


def _mapping(event: Any, events: Iterator[Any]) -> Span:
    span = Span(event.start_mark.index, event.end_mark.index, in_line=bool(event.flow_style), is_mapping=True)
    for key in events:
        if type(key).__name__ == "MappingEndEvent":
            span.end = key.end_mark.index if span.in_line else span.end
            break
        at, word = key.start_mark.index, getattr(key, "value", None)
        _span(key, events)
        value = _span(next(events), events)
        span.end = value.end
        if isinstance(word, str):
            span.keys[word], span.entries[word] = at, value
    return span
