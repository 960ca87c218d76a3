"""Writing a graph in Python: node functions called on ports add a node and give its port."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from headrace.engine.model.constraints import plain
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import Location, nearest
from headrace.engine.model.node_type import NodeType

__all__ = ["NodeCall", "Port", "call_of", "caller", "named", "output_of", "wire"]

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class NodeCall:
    """A node being written in Python, before the graph has named it."""

    node_type: NodeType
    inputs: dict[str, Port]
    parameters: dict[str, Any]
    where: Location | None
    name: str | None = None
    common: dict[str, Any] = field(default_factory=dict)


class Port:
    """An output of a node that is being written in Python; hand it to the next node.

    A node with several outputs gives its first one, and the others as attributes (``maps.grains``).
    """

    __slots__ = ("_call", "_output")

    def __init__(self, call: NodeCall, output: str | None = None) -> None:
        self._call = call
        self._output = output

    def __getattr__(self, name: str) -> Port:
        outputs = [port.name for port in self._call.node_type.outputs]
        if name in outputs:
            return Port(self._call, name)
        problem = f"{self._call.node_type.name} has no output {name!r}; its outputs are {', '.join(outputs)}"
        raise AttributeError(problem)

    def __repr__(self) -> str:
        name = self._call.name or self._call.node_type.name
        return f"<port {name}{'.' + self._output if self._output else ''}>"


def call_of(port: Port) -> NodeCall:
    """Give the node that a port belongs to."""
    return port._call  # noqa: SLF001 - the builder is a friend of Port, whose attributes are output names


def output_of(port: Port) -> str | None:
    """Give the name of the output that a port is; None for the first."""
    return port._output  # noqa: SLF001


def wire(node_type: NodeType, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Port:
    """Add a node: positional arguments and keywords that are ports become inputs, the rest parameters.

    Raises
    ------
    UsageError
        If an argument is no port, or a name is neither a port nor a parameter of the node type.
    """
    inputs, parameters = _positional(node_type, arguments), {}
    for name, value in keywords.items():
        if not isinstance(value, Port):
            parameters[name] = plain(value)
        elif name in inputs:
            problem = f"{node_type.name}: input {name!r} is given twice"
            raise UsageError(problem)
        else:
            inputs[name] = value
    _refuse_unknown(node_type, inputs, parameters)
    return Port(NodeCall(node_type, inputs, parameters, caller()))


def _positional(node_type: NodeType, arguments: tuple[Any, ...]) -> dict[str, Port]:
    names = [port.name for port in node_type.inputs if not port.variadic]
    if len(arguments) > len(names):
        problem = f"{node_type.name} has {len(names)} inputs by position, got {len(arguments)}"
        raise UsageError(problem)
    for name, value in zip(names, arguments, strict=False):
        if not isinstance(value, Port):
            problem = f"{node_type.name}: input {name!r} must be a port like the others, got {type(value).__name__}"
            raise UsageError(problem)
    return dict(zip(names, arguments, strict=False))


def _refuse_unknown(node_type: NodeType, inputs: Mapping[str, Port], parameters: Mapping[str, Any]) -> None:
    for name in inputs:
        if node_type.input(name) is None:
            problem = f"{node_type.name} has no input {name!r}; {nearest(name, [p.name for p in node_type.inputs])}"
            raise UsageError(problem)
    for name in parameters:
        if name not in node_type.parameters:
            hint = nearest(name, node_type.parameters)
            problem = f"{node_type.name} has no parameter {name!r}" + (f"; {hint}" if hint else "")
            raise UsageError(problem)


def caller() -> Location | None:
    """Give the place outside the engine from which a node function was called."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to find the caller without a full traceback
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("headrace.engine.model"):
        frame = frame.f_back
    return Location(frame.f_code.co_filename, frame.f_lineno)


def named(
    name: str,
    port: T,
    *,
    on_error: str | Mapping[str, Any] | None = None,
    cache: str | None = None,
    note: str | None = None,
) -> T:
    """Name a node written in Python, and set the keys that every node has.

    Parameters
    ----------
    name
        The node's name in the graph.
    port
        What the node function gave.
    on_error
        ``"skip"``, ``"stop"`` or ``{"substitute": value}``.
    cache
        ``"auto"``, ``"always"`` or ``"never"``.
    note
        A remark for people.

    Returns
    -------
    The same port.

    Raises
    ------
    UsageError
        If ``port`` is no port, or the node has a name already.

    Examples
    --------
    >>> from headrace.nodes import average, source
    >>> mean = named("mean", average(source(field="image")), on_error="stop")
    >>> mean
    <port mean>
    """
    if not isinstance(port, Port):
        problem = f"named({name!r}, …) needs a port, got {type(port).__name__}; call the node function on ports"
        raise UsageError(problem)
    call = call_of(port)
    if call.name not in (None, name):
        problem = f"this node is named {call.name!r} already and can't be named {name!r} too"
        raise UsageError(problem)
    call.name = name
    given = {"on_error": plain(on_error), "cache": cache, "note": note}
    call.common.update({key: value for key, value in given.items() if value is not None})
    return port
