"""Reading a graph from YAML. What is wrong becomes faults of the graph, so that a broken one can still be drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from headrace.engine.model.errors import HeadraceError
from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import Graph
from headrace.engine.model.graph_file import FATAL, Text, flattened, read_text
from headrace.engine.model.node_reader import read_nodes
from headrace.engine.model.places import VALUE, Places
from headrace.engine.model.registry import Registry, installed
from headrace.engine.model.yaml_tree import Item

__all__ = ["parse_graph", "read_graph", "read_with_types"]

_KEYS = ("headrace", "graph", "description", "extends", "python", "when", "intake", "nodes")
_MAPPINGS = ("when", "intake")


def read_graph(path: str | Path, registry: Registry | None = None, *, trust: bool = False) -> Graph:
    """Read a graph file.

    Parameters
    ----------
    path
        The file.
    registry
        The node types; by default those of the installed packages.
    trust
        Whether the local Python files that it names may be run.

    Raises
    ------
    NotReachableError
        If there is no such file.
    RegistryError
        If the installed node types can't be loaded.
    """
    return read_with_types(path, registry, trust=trust)[0]


def parse_graph(text: str, registry: Registry | None = None, file: str = "<text>", *, trust: bool = False) -> Graph:
    """Read a graph from YAML text.

    Parameters
    ----------
    text
        The YAML text.
    registry
        The node types; by default those of the installed packages.
    file
        Its name, for messages and for what it extends, which is relative to it.
    trust
        Whether the local Python files that it names may be run.

    Examples
    --------
    >>> graph = parse_graph("{headrace: 1, graph: g, nodes: {i0: {type: source, field: i0}}}")
    >>> graph.name, graph.nodes["i0"].parameters, graph.faults
    ('g', {'field': 'i0'}, ())
    >>> print(graph.where("nodes", "i0", "field"))
    <text>:1:52
    """
    content = text.encode("utf-8", "surrogatepass")
    return _read(Text(content, file, Path(file).parent), registry, trust)[0]


def read_with_types(
    path: str | Path, registry: Registry | None = None, *, trust: bool = False
) -> tuple[Graph, Registry]:
    """Read a graph file, and give the node types with it, those of its local files included if they are trusted.

    Raises
    ------
    NotReachableError
        If there is no such file.
    RegistryError
        If the installed node types can't be loaded.
    """
    return _read(read_text(path), registry, trust)


def _read(text: Text, registry: Registry | None, trust: bool) -> tuple[Graph, Registry]:
    loaded = flattened(text)
    registry = installed() if registry is None else registry
    root = loaded.root
    if root is None or root.entries is None:
        return Graph(Path(text.file).stem, faults=tuple(loaded.faults)), registry
    places: Places = {(): root.where}
    for key, entry in root.entries.items():
        places[(key,)] = entry.where
        places[(key, VALUE)] = entry.item.where
        if key in _MAPPINGS:
            places.update({(key, one): inner.where for one, inner in (entry.item.entries or {}).items()})
            places.update({(key, one, VALUE): inner.item.where for one, inner in (entry.item.entries or {}).items()})
    python = _python(root)
    registry, more = _with_local(registry, python, text.folder, trust, root)
    nodes, wrong = read_nodes(root.get("nodes") or Item(root.where, {}), registry, places)
    graph = Graph(
        name=_text(root, "graph") or Path(text.file).stem,
        nodes=nodes,
        description=_text(root, "description"),
        python=python,
        when=_mapping(root, "when"),
        intake=_mapping(root, "intake"),
        places=places,
        faults=_without_echoes([*loaded.faults, *_head_faults(root), *more, *wrong]),
    )
    return graph, registry


def _text(root: Item, key: str) -> str:
    item = root.get(key)
    return item.value if item and isinstance(item.value, str) else ""


def _mapping(root: Item, key: str) -> dict[str, Any]:
    item = root.get(key)
    return item.plain() if item and isinstance(item.value, dict) else {}


def _without_echoes(faults: list[Fault]) -> tuple[Fault, ...]:
    """Leave out what only follows from another fault: all else where a file can't be understood."""
    if any(fault.code in FATAL for fault in faults):
        return tuple(fault for fault in faults if fault.code in FATAL)
    merged = {fault.node for fault in faults if fault.code == "HR126"}
    return tuple(fault for fault in faults if fault.code != "HR124" or fault.node not in merged)


def _head_faults(root: Item) -> list[Fault]:
    """Give what is wrong at the top of the file."""
    entries = root.entries or {}
    faults = []
    for key, entry in entries.items():
        if key not in _KEYS:
            hint = nearest(key, _KEYS) or f"the keys are {', '.join(_KEYS)}"
            faults.append(Fault("HR120", f"unknown key {key!r}", entry.where, hint=hint))
    faults += _missing(root)
    for key, good, expected in _FORMS:
        item = root.get(key)
        if item is not None and not good(item.plain()):
            faults.append(Fault("HR122", f"{key!r} is {item.described()}", item.where, expected=expected))
    return faults


def _missing(root: Item) -> list[Fault]:
    hints = {"graph": "add 'graph: name'", "nodes": "add 'nodes:' with the nodes under it"}
    return [
        Fault("HR121", f"the key {key!r} is missing", root.where, hint=hint)
        for key, hint in hints.items()
        if key not in (root.entries or {})
    ]


def _are_files(value: Any) -> bool:
    files = value if isinstance(value, list) else [value]
    return all(isinstance(file, str) and file for file in files)


_FORMS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("graph", lambda value: isinstance(value, str), "a name, in quotes if it looks like a number"),
    ("description", lambda value: isinstance(value, str), "text"),
    ("python", _are_files, "a file, or a list of files"),
    ("when", lambda value: isinstance(value, dict), "a mapping of keys of the start document to accepted values"),
    ("intake", lambda value: isinstance(value, dict), "a mapping, such as {policy: drop_oldest}"),
    ("nodes", lambda value: isinstance(value, dict), "a mapping of node names"),
)


def _python(root: Item) -> tuple[str, ...]:
    item = root.get("python")
    if item is None or not _are_files(item.plain()):
        return ()
    files = [one.value for one in item.value] if isinstance(item.value, list) else [item.value]
    return tuple(str(file) for file in files)


def _with_local(
    registry: Registry, python: tuple[str, ...], folder: Path, trust: bool, root: Item
) -> tuple[Registry, list[Fault]]:
    """Give the node types with those of local files, which are run only if they are trusted."""
    item = root.get("python")
    if not python or item is None:
        return registry, []
    if not trust:
        names = ", ".join(python)
        hint = "read the files; if you trust them, run with --trust"
        return registry, [Fault("HR140", f"the graph wants to run {names}", item.where, hint=hint)]
    try:
        return registry.with_files(folder / file for file in python), []
    except HeadraceError as error:
        return registry, [Fault("HR141", str(error), item.where)]
