"""Reading what stands under ``in``: a name, a list or a mapping becomes input port to reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from headrace.engine.model.faults import Fault, Location
from headrace.engine.model.graph import split_reference
from headrace.engine.model.node_type import NodeType
from headrace.engine.model.places import VALUE, Path, Places
from headrace.engine.model.yaml_tree import Item

__all__ = ["canonical", "port_for", "read_inputs"]

_EXPECTED = "a node's name, a list of names, or a mapping of input to name"


def port_for(kind: NodeType | None, position: int, reference: str) -> str:
    """Name the input that the n-th name of a list goes to.

    The inputs of a node type take their names in order; what is left goes to the input that takes any number, each
    named after its reference (``maps.grains`` to ``maps_grains``). Of an unknown type, and beyond what a type has,
    inputs are numbered: ``"1"``, ``"2"``.
    """
    names = [port.name for port in kind.inputs if not port.variadic] if kind else []
    if position < len(names):
        return names[position]
    return reference.replace(".", "_") if kind and kind.variadic else str(position + 1)


def canonical(reference: str, types: Mapping[str, NodeType]) -> str:
    """Give a reference without the output's name where it is the first one, which is meant anyway.

    Parameters
    ----------
    reference
        As it was written.
    types
        Node to node type, as far as known.
    """
    name, output = split_reference(reference)
    first = types[name].outputs[:1] if name in types else ()
    return name if first and first[0].name == output else reference


def read_inputs(node: str, item: Item, kind: NodeType | None, places: Places) -> tuple[dict[str, str], list[Fault]]:
    """Give input port to reference as it was written, and what is wrong with the form.

    Parameters
    ----------
    node
        Name of the node.
    item
        What stands under ``in``.
    kind
        Type of the node, None if it is unknown.
    places
        Where the place of each input is put.
    """
    inputs: dict[str, str] = {}
    faults: list[Fault] = []
    path: Path = ("nodes", node, "in")
    for port, key, value in _pairs(item, kind):
        if not isinstance(value.value, str):
            got = f"input {port!r} is {value.described()}" if item.entries else f"an input is {value.described()}"
            faults.append(Fault("HR125", f"{node}: {got}", value.where, node, expected="a node's name"))
        elif port in inputs:
            hint = "take one out, or give them names: 'in: {name: node}'"
            faults.append(Fault("HR402", f"{node}: input {port!r} is connected twice", value.where, node, hint=hint))
        else:
            inputs[port] = value.value
            places[(*path, port)] = key
            places[(*path, port, VALUE)] = value.where
    if not isinstance(item.value, str | list | dict):
        message = f"{node}: 'in' is {item.described()}"
        faults.append(Fault("HR125", message, item.where, node, expected=_EXPECTED))
    return inputs, faults


def _pairs(item: Item, kind: NodeType | None) -> Iterator[tuple[str, Location, Item]]:
    """Give input port, place of the key, and the value."""
    if item.entries is not None:
        for port, entry in item.entries.items():
            yield port, entry.where, entry.item
    elif isinstance(item.value, str | list):
        for position, one in enumerate(item.value if isinstance(item.value, list) else [item]):
            yield port_for(kind, position, str(one.value)), one.where, one
