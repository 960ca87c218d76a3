"""Starting a graph file of one's own from a graph that is there."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace.engine.jobs.graphs import open_graph, ready_graphs
from headrace.engine.model.check import check_graph
from headrace.engine.model.description import describe, summary
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import GraphError
from headrace.engine.model.graph import FORMAT_VERSION, Graph, Node
from headrace.engine.model.node_type import NodeType

__all__ = ["new_graph"]

_HEAD = """\
# {title}: what differs from {base}, and nothing else.
#
# Everything not said here is as in {base}. Below stand its nodes with their parameters as they are now:
# take the '#' from a parameter, and from the name of its node, to change it.
#
#   headrace check {file}          is it right?
#   headrace show {file}           what does it look like?
#   headrace run {file} --from data/-1 --to results

headrace: {version}
graph: {name}
description: Say here what this experiment measures.
extends: {base}

nodes:"""


def new_graph(name: str, base: str, file: str) -> str:
    """Write the text of a graph file that extends another one and offers all its parameters, commented out.

    Parameters
    ----------
    name
        Name of the new graph.
    base
        A ready graph, or a graph file (as it is named from where the new file will stand).
    file
        How the new file will be called, for the commands it quotes.

    Raises
    ------
    NotReachableError
        If there is no such graph.
    GraphError
        If the graph has faults.
    UsageError
        If the name can't be a graph's name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w .+-]*", name):
        problem = f"{name!r} is no name for a graph; use letters, digits, '-' and '_'"
        raise UsageError(problem)
    graph, registry = open_graph(base)
    faults = check_graph(graph, registry)
    if faults:
        raise GraphError(graph.name, faults)
    extends = base.replace("-", "_") if base.replace("-", "_") in ready_graphs() else _as_file(base)
    head = _HEAD.format(title=name, name=name, base=extends, file=file, version=FORMAT_VERSION)
    blocks = (_block(graph, node, registry[node.type]) for node in graph.nodes.values())
    return "\n\n".join([head, *("\n".join(block) for block in blocks)]) + "\n"


def _as_file(base: str) -> str:
    """Give a path so that `extends` takes it for a file and not for the name of a ready graph."""
    return base if Path(base).is_absolute() or base.startswith(".") else f"./{base}"


def _block(graph: Graph, node: Node, kind: NodeType) -> Iterator[str]:
    inputs = ", ".join(node.inputs.values())
    about = f"{node.name}: {kind.name}{f' of {inputs}' if inputs else ''}. {node.note or summary(kind)}"
    yield from (f"  # {line}" for line in textwrap.wrap(about, 100))
    settings = describe(kind)["parameters"]
    if settings:
        yield f"  # {node.name}:"
    for setting in settings:
        yield from _setting(setting, node)


def _setting(setting: dict[str, Any], node: Node) -> Iterator[str]:
    value = node.parameters.get(setting["name"], setting["default"])
    unit = f" [{setting['unit']}]" if setting["unit"] else ""
    doc = setting["doc"].replace("``", "").replace("`", "")
    doc = textwrap.shorten(doc.partition(". ")[0].rstrip("."), 90, placeholder=" …")
    written = ".nan" if value != value else json.dumps(value, ensure_ascii=False)
    yield f"  #   {setting['name'] + ': ' + written:<24} # {doc}{unit}"
