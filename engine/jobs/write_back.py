"""Writing parameters that were changed while a graph ran back into its file."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headrace.engine.model import graph_file
from headrace.engine.model.constraints import plain
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.yaml_edit import with_values

__all__ = ["WrittenBack", "file_of", "unwritten", "write_back"]


@dataclass(frozen=True, slots=True)
class WrittenBack:
    """What was written into a graph file.

    Attributes
    ----------
    file
        The file.
    difference
        The lines that changed, as ``diff -u`` shows them; empty if the file has the values already.
    """

    file: Path
    difference: str


def file_of(graph: Graph) -> Path:
    """Give the YAML file that a graph was read from.

    Raises
    ------
    UsageError
        If it is from no file of the user's own.
    """
    where = graph.where()
    path = Path(where.file) if where else Path()
    if where is None or path.suffix not in (".yaml", ".yml") or not path.is_file():
        problem = f"graph {graph.name!r} was not read from a YAML file; use `headrace new` to write one"
        raise UsageError(problem)
    if any(os.path.samefile(path, str(ready)) for _, ready in graph_file.ready_graphs() if Path(str(ready)).exists()):
        problem = f"{path} comes with headrace and is not written to; make your own with `headrace new`"
        raise UsageError(problem)
    return path


def unwritten(graph: Graph, running: Graph) -> dict[str, Any]:
    """Give the parameters that a running graph has otherwise than its file: ``node.parameter`` to value."""
    return {
        f"{name}.{parameter}": plain(value)
        for name, node in running.nodes.items()
        if name in graph.nodes
        for parameter, value in node.parameters.items()
        if graph.nodes[name].parameters.get(parameter, _NOTHING) != value
    }


_NOTHING = object()


def write_back(graph: Graph, values: Mapping[str, Any]) -> WrittenBack:
    """Write parameters into the file of a graph; comments and layout stay, only these values change.

    Parameters
    ----------
    graph
        The graph, as read from its file.
    values
        ``node.parameter`` to value.

    Raises
    ------
    UsageError
        If the graph has no file of its own, or the file's layout does not allow it.
    NotReachableError
        If the file can't be read or written.
    """
    path = file_of(graph)
    try:
        before = path.read_text(encoding="utf-8")
        after = with_values(before, values)
        if after != before:
            _replace(path, after)
    except OSError as error:
        problem = f"can't write {path}: {error.strerror or error}"
        raise NotReachableError(problem) from error
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), lineterm="", n=0)
    return WrittenBack(path, "\n".join(lines))


def _replace(path: Path, text: str) -> None:
    """Put a text in place of a file at once, so that nobody ever reads half of it."""
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(name, target.stat().st_mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
