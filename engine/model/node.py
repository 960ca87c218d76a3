"""The decorators that make a function or small class a node type."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from headrace.engine.model.declare import declare
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node_type import NodeType, OnChange
from headrace.engine.model.ports import Cadence
from headrace.engine.model.wiring import Port, wire

__all__ = ["ClassNode", "FunctionNode", "NodeFunction", "SourceNode", "node", "node_class", "source_node"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")


class NodeFunction:
    """What the decorators give: still callable as plain Python, and a word of the graph language.

    Attributes
    ----------
    node_type
        What its signature declares.
    """

    node_type: NodeType

    def __init__(self, target: Callable[..., Any], **declaration: Any) -> None:
        functools.update_wrapper(cast("Callable[..., Any]", self), target, updated=())
        self.node_type = declare(target, **declaration)

    def __repr__(self) -> str:
        return f"<node type {self.node_type.name}>"

    def _wires(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> bool:
        return any(isinstance(value, Port) for value in (*arguments, *keywords.values()))


class FunctionNode(NodeFunction, Generic[P, R]):
    """A stateless node: computes on values, adds a node on ports."""

    def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> R:
        """Compute, or write the graph if an argument is a port."""
        if self._wires(arguments, keywords):
            return cast("R", wire(self.node_type, arguments, keywords))
        return cast("R", self.node_type.target(*arguments, **keywords))


class ClassNode(NodeFunction, Generic[P, C]):
    """A stateful node: gives an instance when called with parameters only, adds a node on ports."""

    @overload
    def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> C: ...
    @overload
    def __call__(self, port: Any, /, *arguments: P.args, **keywords: P.kwargs) -> Any: ...
    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Make an instance to `update` by hand, or write the graph if an argument is a port."""
        if self._wires(arguments, keywords):
            return wire(self.node_type, arguments, keywords)
        if arguments:
            problem = (
                f"{self.node_type.name} keeps state: make one with its parameters, then call update(…) for each "
                f"event; or call it on ports to write a graph"
            )
            raise UsageError(problem)
        return self.node_type.target(**keywords)


class SourceNode(NodeFunction, Generic[P]):
    """A node that reads documents: it has no inputs, so calling it always writes the graph."""

    def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> Any:
        """Add the node to the graph being written."""
        return wire(self.node_type, arguments, keywords)


@overload
def node(target: Callable[P, R], /) -> FunctionNode[P, R]: ...
@overload
def node(
    *, family: str = ..., keeps: bool = ...
) -> Callable[[Callable[P, R]], FunctionNode[P, R]]: ...
def node(target: Callable[..., Any] | None = None, /, **declaration: Any) -> Any:
    """Make a function a stateless node type.

    Positional arguments are the input ports, annotated with port types. Keyword-only arguments are parameters
    with plain types and constraints, or contexts (`Event`, `RunContext`) that the engine fills in. The return
    annotation is the output; a `NamedTuple` gives several.

    Parameters
    ----------
    target
        The function.
    family
        File of the catalogue it belongs to; by default the name of its module.
    keeps
        Whether its inputs are results of the graph (a sink).

    Raises
    ------
    DeclarationError
        If the signature can't be read.

    Examples
    --------
    >>> from headrace.engine.model.ports import Frame
    >>> @node
    ... def invert(frame: Frame, *, top: float = 1.0) -> Frame:
    ...     return top - frame
    >>> invert(0.25)
    0.75
    >>> invert.node_type.parameters["top"].default
    1.0
    """
    if target is not None:
        return FunctionNode(target, **declaration)
    return lambda function: FunctionNode(function, **declaration)


def node_class(
    *, family: str = "", on_change: Mapping[str, OnChange] | None = None, held: bool = False
) -> Callable[[Callable[P, C]], ClassNode[P, C]]:
    """Make a small class a stateful node type.

    Keyword-only arguments of ``__init__`` are parameters (or a `RunContext`), arguments of ``update`` are input
    ports (or an `Event`). ``update`` is called per event and may give an output; ``value`` gives the state so far
    and is called only if someone listens; ``final`` gives the answer at the end of the run. Every run has an
    instance of its own.

    Parameters
    ----------
    family
        File of the catalogue it belongs to; by default the name of its module.
    on_change
        For each parameter, what a change while running does to the state: ``keep``, ``reset`` (the default) or
        ``refuse``.
    held
        Whether what ``update`` gives is held and joined to the events of other streams.

    Raises
    ------
    DeclarationError
        If the signatures can't be read.
    """
    return lambda target: ClassNode(target, family=family, on_change=on_change, held=held)


def source_node(
    *,
    family: str = "",
    held: bool = False,
    cadence_of: Callable[[Mapping[str, Any]], Cadence] | None = None,
) -> Callable[[Callable[P, Any]], SourceNode[P]]:
    """Make a function or class that reads documents a node type without inputs.

    A source has a parameter ``stream``, which names the stream whose events it is called for.

    Parameters
    ----------
    family
        File of the catalogue it belongs to; by default the name of its module.
    held
        Whether what it gives is held and joined to the events of other streams.
    cadence_of
        Gives the cadence from the parameters; by default ``event``, or ``run`` if held.

    Raises
    ------
    DeclarationError
        If the signature can't be read.
    """
    return lambda target: SourceNode(target, family=family, held=held, is_source=True, cadence_of=cadence_of)
