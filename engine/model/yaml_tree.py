"""Plain data with the place of every part: what a YAML file holds, before anyone knows what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from headrace.engine.model.faults import Fault, Location

__all__ = ["Entry", "Item", "Loaded", "Scalar", "shown"]

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping, and its value."""

    where: Location
    item: Item


@dataclass(frozen=True, slots=True)
class Item:
    """A value and its place: a scalar, a list of items, or a mapping of text to entries."""

    where: Location
    value: Scalar | list[Item] | dict[str, Entry]

    @property
    def entries(self) -> dict[str, Entry] | None:
        """The keys of a mapping; None for anything else."""
        return self.value if isinstance(self.value, dict) else None

    def get(self, key: str) -> Item | None:
        """Give the value of a key; None if there is none, or this is no mapping."""
        entry = (self.entries or {}).get(key)
        return entry.item if entry else None

    def plain(self) -> Any:
        """Give the value without its places."""
        if isinstance(self.value, dict):
            return {key: entry.item.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def described(self) -> str:
        """Say what kind of value this is, for messages.

        Examples
        --------
        >>> Item(Location("a.yaml", 1), []).described()
        'a list'
        """
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list"
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return "nothing" if self.value is None else shown(self.value)


def shown(value: Any, length: int = 80) -> str:
    """Give a value as people would write it, cut where it gets long."""
    text = repr(value)
    return text if len(text) <= length else f"{text[:length]}…"


@dataclass(slots=True)
class Loaded:
    """The outcome of loading one text: its root, None if there is none, and what was wrong."""

    root: Item | None
    faults: list[Fault] = field(default_factory=list)
