"""Graph files as trees of plain data: loading one, and laying it over the one that it extends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from headrace.engine.model.errors import NotReachableError
from headrace.engine.model.faults import Fault, Location, nearest
from headrace.engine.model.migrations import migrated
from headrace.engine.model.overlay import overlaid
from headrace.engine.model.yaml_loader import LIMITS, load
from headrace.engine.model.yaml_tree import Entry, Item, Loaded

__all__ = ["FATAL", "READY_GRAPHS", "Text", "flattened", "read_text", "ready_graphs"]

READY_GRAPHS = "headrace.graphs"
"""The package that holds the graphs that come with headrace."""

FATAL = frozenset(["HR101", "HR102", "HR103", "HR104", "HR105", "HR106", "HR110", "HR111", "HR112", "HR130", "HR131"])
"""Codes after which the rest of a file can't be understood, so that nothing more is said about it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A graph file that was opened: its bytes, its name for messages, the folder it stands in."""

    content: bytes
    file: str
    folder: Path

    @property
    def identity(self) -> str:
        """What tells files apart, however their names are written."""
        return os.path.realpath(self.file) if os.path.exists(self.file) else self.file


class _Readable(Protocol):
    def read_bytes(self) -> bytes:
        """Give the content."""


def read_text(path: str | Path) -> Text:
    """Open a graph file.

    Raises
    ------
    NotReachableError
        If it is not there, or can't be read.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LIMITS.size + 1)
    except OSError as error:
        problem = f"can't read the graph file {str(path)!r}: {error.strerror or error}; check the path"
        raise NotReachableError(problem) from error
    return Text(content, str(path), Path(path).parent)


def flattened(text: Text, within: tuple[str, ...] = ()) -> Loaded:
    """Load a graph file and all that it extends into one tree, in the format of today.

    Parameters
    ----------
    text
        The file.
    within
        The files that extend this one, nearest last.
    """
    loaded = _decoded(text)
    root = loaded.root
    if root is None or root.entries is None:
        if not loaded.faults:
            got = root.described() if root else "nothing"
            place = root.where if root else Location(text.file, 1)
            hint = "begin with 'headrace: 1' and 'graph: name'"
            loaded.faults.append(Fault("HR103", f"the file holds {got}", place, expected="a mapping", hint=hint))
        return loaded
    broken = any(fault.code in FATAL for fault in loaded.faults)
    root, faults = (root, []) if broken else migrated(root)
    loaded = Loaded(root, [*loaded.faults, *faults])
    extends = root.get("extends")
    if extends is None:
        return loaded
    return _extended(text, loaded, extends, (*within, text.identity))


def _decoded(text: Text) -> Loaded:
    try:
        return load(text.content.decode("utf-8-sig"), text.file)
    except UnicodeDecodeError as error:
        before = text.content[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        where, hint = Location(text.file, line, column), "save the file as UTF-8"
        return Loaded(None, [Fault("HR102", "the file is not text in UTF-8", where, hint=hint)])


def _extended(text: Text, loaded: Loaded, extends: Item, within: tuple[str, ...]) -> Loaded:
    """Lay a file over the one that it extends."""
    root = loaded.root
    assert root is not None  # noqa: S101 - the caller has found 'extends' in it
    base_text, fault = _find(extends, text.folder)
    if base_text is not None and base_text.identity in within:
        names = [Path(name).name for name in (*within[within.index(base_text.identity) :], base_text.identity)]
        hint = "take out one 'extends'"
        fault = Fault("HR131", f"the graph extends itself: {' -> '.join(names)}", extends.where, hint=hint)
    if fault is not None or base_text is None:
        return Loaded(root, [*loaded.faults, *([fault] if fault else [])])
    base = flattened(base_text, within)
    faults = [*base.faults, *loaded.faults]
    if base.root is None or base.root.entries is None:
        return Loaded(root, faults)
    base_root = _python_moved(base.root, base_text.folder, text.folder)
    flat, faults_of_overlay = overlaid(base_root, root)
    return Loaded(flat, [*faults, *faults_of_overlay])


def _find(extends: Item, folder: Path) -> tuple[Text | None, Fault | None]:
    """Open the file that 'extends' names: a path relative to the file, or the name of a ready graph."""
    name = extends.value
    if not isinstance(name, str) or not name:
        expected = "the name of a ready graph, or a file"
        return None, Fault("HR122", f"'extends' is {extends.described()}", extends.where, expected=expected)
    if "/" in name or name.endswith((".yaml", ".yml")):
        try:
            if (folder / name).is_file():  # and no pipe or device, which might never end
                return read_text(folder / name), None
        except (NotReachableError, ValueError, OSError):
            pass
        hint = "the path is relative to the file that extends it"
        return None, Fault("HR130", f"there is no graph file {name!r}", extends.where, hint=hint)
    ready = dict(ready_graphs())
    found = ready.get(name.replace("-", "_"))
    if found is None:
        hint = nearest(name.replace("-", "_"), ready) or "for a file, write its path: './name.yaml'"
        return None, Fault("HR130", f"there is no ready graph {name!r}", extends.where, hint=hint)
    return Text(found.read_bytes(), str(found), Path(str(found)).parent), None


def ready_graphs() -> Iterator[tuple[str, _Readable]]:
    """Give name and file of each graph that comes with headrace."""
    from importlib.resources import files

    for file in files(READY_GRAPHS).iterdir():
        if file.name.endswith(".yaml"):
            yield file.name.removesuffix(".yaml").replace("-", "_"), file


def _python_moved(root: Item, base: Path, child: Path) -> Item:
    """Give the root with its Python files named relative to the folder of the file that extends it."""
    entry = (root.entries or {}).get("python")
    if entry is None or os.path.realpath(base) == os.path.realpath(child):
        return root
    given = entry.item.value if isinstance(entry.item.value, list) else [entry.item]
    way = Path(os.path.relpath(base, child))
    moved = [Item(one.where, (way / one.value).as_posix()) if isinstance(one.value, str) else one for one in given]
    python = Entry(entry.where, Item(entry.item.where, moved))
    return Item(root.where, {**(root.entries or {}), "python": python})
