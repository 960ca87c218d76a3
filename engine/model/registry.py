"""Finding node types by name: from installed packages, and from local files that the user trusts."""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from headrace.engine.model.errors import HeadraceError, NotReachableError, UsageError
from headrace.engine.model.node import NodeFunction
from headrace.engine.model.node_type import NodeType

if TYPE_CHECKING:
    from headrace.engine.model.graph import Graph

__all__ = ["ENTRY_POINTS", "Registry", "RegistryError", "installed", "types_for"]

ENTRY_POINTS = "headrace.nodes"
"""The entry-point group in which packages name the modules that hold their node types."""


class RegistryError(HeadraceError):
    """Node types that can't be loaded, or two of the same name."""


class Registry(Mapping[str, NodeType]):
    """Node type name to node type. Immutable; `with_files` gives a larger one.

    Parameters
    ----------
    types
        The node types; two of one name are refused.

    Raises
    ------
    RegistryError
        If two node types have the same name.
    """

    def __init__(self, types: Iterable[NodeType] = ()) -> None:
        self._types: dict[str, NodeType] = {}
        for kind in types:
            other = self._types.setdefault(kind.name, kind)
            if other is not kind:
                problem = (
                    f"two node types are named {kind.name!r}: {other.target.__module__} and "
                    f"{kind.target.__module__}; rename one of them"
                )
                raise RegistryError(problem)

    def __getitem__(self, name: str) -> NodeType:
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def with_files(self, files: Iterable[Path]) -> Registry:
        """Give a registry that also has the node types of Python files. This runs the files.

        Raises
        ------
        NotReachableError
            If a file is not there.
        RegistryError
            If a file raises on import, or repeats a name.
        """
        modules = [_load_file(path) for path in files]
        return Registry([*self._types.values(), *(kind for module in modules for kind in _types_in(module))])


@functools.cache
def installed() -> Registry:
    """Give the node types of every installed package that names itself in the group ``headrace.nodes``.

    Raises
    ------
    RegistryError
        If a package can't be imported, or repeats a name.
    """
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name != "headrace", point.name))
    return Registry(kind for point in found for kind in _types_in(_load(point)))


def types_for(graph: Graph, registry: Registry | None = None, *, trust: bool = False) -> Registry:
    """Give the node types that a graph needs: those installed, and those that it was built with in Python.

    Parameters
    ----------
    graph
        The graph.
    registry
        The node types to begin with; by default those of the installed packages.
    trust
        Whether the local Python files that the graph names may be run.

    Raises
    ------
    NotReachableError
        If a trusted file is not there.
    RegistryError
        If a package or file can't be loaded, or two node types have the same name.
    """
    registry = installed() if registry is None else registry
    built_with = [call.node_type for call in graph.calls if registry.get(call.node_type.name) is not call.node_type]
    if built_with:
        registry = Registry([*registry.values(), *dict.fromkeys(built_with)])
    if graph.python and trust and any(node.type not in registry for node in graph.nodes.values()):
        place = graph.where()
        folder = Path(place.file).parent if place else Path()
        registry = registry.with_files(folder / file for file in graph.python)
    return registry


def _types_in(module: ModuleType) -> list[NodeType]:
    functions = [value for value in vars(module).values() if isinstance(value, NodeFunction)]
    return [function.node_type for function in functions]


def _load(point: EntryPoint) -> ModuleType:
    try:
        module = point.load()
    except Exception as error:
        problem = f"node types of {point.name!r} ({point.value}) can't be loaded: {error}; mend or remove that package"
        raise RegistryError(problem) from error
    if not isinstance(module, ModuleType):
        problem = f"entry point {point.name!r} ({point.value}) must name a module, got {type(module).__name__}"
        raise RegistryError(problem)
    return module


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        problem = f"no such file of nodes: {path}"
        raise NotReachableError(problem)
    name = f"headrace_local_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        problem = f"{path} is no Python file"
        raise UsageError(problem)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that annotations written as text can be resolved
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        problem = f"{path} can't be run: {type(error).__name__}: {error}"
        raise RegistryError(problem) from error
    return module
