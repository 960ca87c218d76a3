"""Reading graph files of older formats: one function for each version, from that version to the next.

A function takes the root of a file as an `Item` and gives a new one; places are kept, so that faults still point
into the file as it was written. Version 1 is the first, so there is nothing to migrate yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import FORMAT_VERSION
from headrace.engine.model.yaml_tree import Entry, Item

__all__ = ["MIGRATIONS", "Migration", "migrated"]

Migration: TypeAlias = Callable[[Item], Item]

MIGRATIONS: Mapping[int, Migration] = {}
"""Version to the function that turns a file of that version into one of the next."""


def migrated(
    root: Item, table: Mapping[int, Migration] = MIGRATIONS, target: int = FORMAT_VERSION
) -> tuple[Item, list[Fault]]:
    """Give a file's root in the format of today, and what is wrong with its version.

    Parameters
    ----------
    root
        The mapping at the root of the file.
    table
        The migrations.
    target
        The version wanted.
    """
    entry = (root.entries or {}).get("headrace")
    if entry is None:
        hint = f"begin the file with 'headrace: {target}'"
        return root, [Fault("HR110", "the version of the format is missing", root.where, hint=hint)]
    version = entry.item.value
    if not isinstance(version, int) or isinstance(version, bool):
        expected, got = f"a whole number, such as {target}", entry.item.described()
        return root, [Fault("HR110", f"the version of the format is {got}", entry.item.where, expected=expected)]
    if version > target:
        hint = "install a newer headrace, or write the graph again with this one"
        message = f"the file is written in format {version}"
        return root, [Fault("HR111", message, entry.item.where, expected=f"at most {target}", hint=hint)]
    return _raised(root, entry, version, table, target)


def _raised(
    root: Item, entry: Entry, version: int, table: Mapping[int, Migration], target: int
) -> tuple[Item, list[Fault]]:
    for number in range(version, target):
        if number not in table:
            hint = f"there is no way from {number}; write the file again as 'headrace: {target}'"
            message = f"the file is written in format {version}"
            return root, [Fault("HR112", message, entry.item.where, expected=f"{target}", hint=hint)]
        root = table[number](root)
    if version < target:
        now = Entry(entry.where, Item(entry.item.where, target))
        root = Item(root.where, {**(root.entries or {}), "headrace": now})
    return root, []
