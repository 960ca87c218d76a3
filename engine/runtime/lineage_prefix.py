"""What is the same for every value of a node: its code, its parameters, how it is wired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import xxhash

from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.lineage_code import code_key
from headrace.engine.runtime.lineage_keys import Key, canonical, hashed, unique
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan, Step

__all__ = ["is_templated", "prefixes", "static_lineage"]

_BLOCK = 1 << 20


def prefixes(plan: Plan, parameters: ParameterSet) -> dict[str, Key]:
    """Give each node's part of the lineage of its values: all but its inputs.

    The name of a node does not count: the same step in another graph gives the same values.
    """
    return {name: _prefix(name, plan, parameters) for name in plan.graph.nodes}


def _prefix(name: str, plan: Plan, parameters: ParameterSet) -> Key:
    node, kind, values = plan.graph.nodes[name], plan.types[name], parameters.values[name]
    if kind.keeps:
        return hashed(b"sink")
    if kind.volatile:
        return unique()
    substitute = canonical(node.on_error) if isinstance(node.on_error, Mapping) else b""
    asked = sorted(_asked(name, plan))
    files = _files(kind.files_of(values)) if kind.files_of is not None else ()
    return hashed(code_key(kind), canonical(values), substitute, *(text.encode() for text in asked), *files)


def _asked(name: str, plan: Plan) -> Iterator[str]:
    """Give the ports whose value so far is asked for: a class may behave otherwise if nobody asks."""
    ports = {slot: port for (node, port), slot in plan.slots.items() if node == name}
    for step in plan.steps():
        if step.node == name:
            yield from (ports[slot] for _, slot in step.value_outs)


def _files(paths: Iterable[str]) -> Iterator[bytes]:
    """Give what counts of files that a node reads: their content."""
    for path in paths:
        yield path.encode()
        try:
            yield _content(Path(path).expanduser())
        except OSError:
            yield b"missing"


def _content(path: Path) -> bytes:
    whole = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole.update(block)
    return whole.digest()


def is_templated(name: str, plan: Plan) -> bool:
    """Tell whether what stands in for a failed value of a node is made after its last good one."""
    if not isinstance(plan.graph.nodes[name].on_error, Mapping):
        return False
    names = {kind.name for port in plan.types[name].outputs for kind in port.types}
    return bool(names & {"Table", "Frame", "Stack", "Array"})


def static_lineage(plan: Plan, found: Mapping[str, Key]) -> dict[str, Key]:
    """Give the lineage of each node without events: what it is, and what is before it.

    Two nodes of the same static lineage give the same values for the same run.
    """
    keys: dict[str, Key] = {}
    for name in (name for segment in plan.segments for name in segment.nodes):
        before = sorted(plan.graph.nodes[name].inputs.items())
        origins = [(port, *reference.partition(".")[::2]) for port, reference in before]
        parts = [part for port, node, output in origins for part in (port.encode(), keys[node], output.encode())]
        keys[name] = hashed(found[name], *parts)
    return keys


def arguments(step: Step, kind: NodeType) -> bytes:
    """Give the names under which a step gets its inputs, in order."""
    return repr((str(step.work), kind.name, [name for name, _ in step.ins])).encode()
