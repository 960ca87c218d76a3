"""Laying a graph over the one it extends: what an experiment's file says wins, singly where it can."""

from __future__ import annotations

from headrace.engine.model.faults import Fault, nearest
from headrace.engine.model.yaml_tree import Entry, Item

__all__ = ["overlaid"]

_Entries = dict[str, Entry]


def overlaid(base: Item, over: Item) -> tuple[Item, list[Fault]]:
    """Give one tree, and what is wrong with the overlay.

    Keys of a node (parameters, `on_error` and the like) override singly; `in` is replaced whole, and so is a node
    that is given another type; a node set to null is removed. Python files are added to those of the base.

    Parameters
    ----------
    base
        The root of the graph that is extended.
    over
        The root of the graph that extends it.
    """
    below, above = base.entries or {}, over.entries or {}
    merged = {key: entry for key, entry in {**below, **above}.items() if key != "extends"}
    faults: list[Fault] = []
    if "nodes" in below and "nodes" in above:
        nodes, faults = _nodes(below["nodes"].item, above["nodes"].item)
        merged["nodes"] = Entry(above["nodes"].where, nodes)
    if "python" in below and "python" in above:
        files = [*_listed(below["python"].item), *_listed(above["python"].item)]
        merged["python"] = Entry(above["python"].where, Item(above["python"].item.where, files))
    return Item(over.where, merged), faults


def _listed(item: Item) -> list[Item]:
    return item.value if isinstance(item.value, list) else [item]


def _nodes(base: Item, over: Item) -> tuple[Item, list[Fault]]:
    if base.entries is None or over.entries is None:
        return (base if over.value is None else over), []
    nodes, faults = dict(base.entries), []
    for name, entry in over.entries.items():
        if entry.item.value is None:
            if nodes.pop(name, None) is None:
                message, hint = f"there is no node {name!r} to remove", nearest(name, base.entries)
                faults.append(Fault("HR132", message, entry.where, name, hint=hint))
        elif name in nodes:
            nodes[name] = _node(nodes[name], entry)
        else:
            nodes[name] = entry
    return Item(over.where, nodes), faults


def _node(base: Entry, over: Entry) -> Entry:
    below, above = base.item.entries, over.item.entries
    if below is None or above is None:
        return over
    other_type = "type" in above and "type" in below and above["type"].item.value != below["type"].item.value
    return over if other_type else Entry(over.where, Item(over.item.where, {**below, **above}))
