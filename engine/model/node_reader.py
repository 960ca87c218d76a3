"""Reading the nodes of a graph file: each mapping becomes a `Node`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.graph import Node
from headrace.engine.model.inputs import canonical, read_inputs
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.places import VALUE, Places
from headrace.engine.model.yaml_tree import Entry, Item

__all__ = ["read_nodes"]

_EXAMPLE = "write 'name: {type: average, in: frames}'"


def read_nodes(nodes: Item, registry: Mapping[str, NodeType], places: Places) -> tuple[dict[str, Node], list[Fault]]:
    """Give the nodes by name, and what is wrong with their form.

    Parameters
    ----------
    nodes
        What stands under ``nodes``.
    registry
        Node type name to node type.
    places
        Where the place of each part is put.
    """
    found: dict[str, Node] = {}
    faults: list[Fault] = []
    for name, entry in (nodes.entries or {}).items():
        places[("nodes", name)] = entry.where
        found[name], more = _node(name, entry, registry, places)
        faults += more
    faults = [_with_nearest(fault, found) for fault in faults]
    types = {name: registry[node.type] for name, node in found.items() if node.type in registry}
    return {name: _canonical(node, types) for name, node in found.items()}, faults


def _with_nearest(fault: Fault, found: Mapping[str, Node]) -> Fault:
    """Add the nearest name to a node without a type: in a graph that extends another it is most often misspelt."""
    if fault.code != "HR124" or fault.hint != _EXAMPLE:
        return fault
    hint = nearest(fault.node or "", [name for name, node in found.items() if node.type])
    return replace(fault, hint=f"{hint} Else {_EXAMPLE}") if hint else fault


def _canonical(node: Node, types: Mapping[str, NodeType]) -> Node:
    return replace(node, inputs={port: canonical(given, types) for port, given in node.inputs.items()})


def _node(name: str, entry: Entry, registry: Mapping[str, NodeType], places: Places) -> tuple[Node, list[Fault]]:
    keys = entry.item.entries
    if keys is None:
        message = f"{name}: a node can't be {entry.item.described()}"
        expected = "a mapping of keys"
        return Node(name, ""), [Fault("HR123", message, entry.item.where, name, expected=expected, hint=_EXAMPLE)]
    for key, given in keys.items():
        places[("nodes", name, key)] = given.where
        places[("nodes", name, key, VALUE)] = given.item.where
    kind_name, faults = _type(name, entry)
    inputs, more = dict[str, str](), list[Fault]()
    if "in" in keys:
        inputs, more = read_inputs(name, keys["in"].item, registry.get(kind_name), places)
    common, wrong = _common(name, keys)
    rest = {key: given.item.plain() for key, given in keys.items() if key not in ("type", "in", *_COMMON)}
    return Node(name, kind_name, inputs, rest, **common), [*faults, *more, *wrong]


def _type(name: str, entry: Entry) -> tuple[str, list[Fault]]:
    item = entry.item.get("type")
    if item is None:
        return "", [Fault("HR124", f"{name}: the node has no type", entry.where, name, hint=_EXAMPLE)]
    if not isinstance(item.value, str) or not item.value:
        message = f"{name}: 'type' is {item.described()}"
        return "", [Fault("HR124", message, item.where, name, expected="the name of a node type")]
    return item.value, []


_COMMON = {"on_error": None, "cache": "HR312", "note": "HR313"}


def _common(name: str, keys: Mapping[str, Entry]) -> tuple[dict[str, Any], list[Fault]]:
    """Give the keys that every node has; those that must be text are refused here, since a node can't hold them."""
    given: dict[str, Any] = {}
    faults = []
    for key, code in _COMMON.items():
        if key not in keys:
            continue
        item = keys[key].item
        if code is None or isinstance(item.value, str):
            given[key] = item.plain()
        else:
            expected = "auto, always or never" if key == "cache" else "text"
            faults.append(Fault(code, f"{name}: {key!r} is {item.described()}", item.where, name, expected=expected))
    return given, faults
