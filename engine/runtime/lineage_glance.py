"""Seeing at a glance whether code that was looked at in full is still the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Glance"]


class Glance:
    """What stood in some namespaces, object by object.

    A module that was loaded anew, and a function or constant that was put in the place of another, are other objects
    than before; so nothing has to be looked into.

    Parameters
    ----------
    spaces
        The namespaces: of modules and of classes.
    vessels
        Tables and lists in them whose content does not count.
    """

    def __init__(self, spaces: Iterable[Mapping[str, Any]], vessels: Iterable[Any] = ()) -> None:
        self._vessels = {id(vessel) for vessel in vessels}
        self._seen = [(space, _contents(space, self._vessels)) for space in spaces]

    def holds(self) -> bool:
        """Tell whether all is as it was."""
        return all(_same(_contents(space, self._vessels), seen) for space, seen in self._seen)


def _contents(space: Mapping[str, Any], vessels: set[int]) -> list[Any]:
    """Give the objects in a namespace, and those in its lists and tables: held, so that none can take their place."""
    found: list[Any] = []
    for value in space.values():
        found.append(value)
        if id(value) in vessels:
            continue
        if value.__class__ is dict:
            found += [*value, *value.values()]
        elif value.__class__ in (list, set):
            found += value
    return found


def _same(now: list[Any], before: list[Any]) -> bool:
    return len(now) == len(before) and all(map(_is, now, before))


def _is(one: Any, other: Any) -> bool:
    return one is other
