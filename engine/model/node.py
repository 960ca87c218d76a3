"""The decorators that make a function or small class a node type."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, ParamSpec, TypeAlias, TypedDict, TypeVar, Unpack, cast, overload

from headrace.engine.model.declare import declare
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node_type import NodeType, OnChange
from headrace.engine.model.ports import Cadence
from headrace.engine.model.records import Reference, RunContext
from headrace.engine.model.wiring import Port, wire

__all__ = ["ClassNode", "FunctionNode", "NodeFunction", "SourceNode", "node", "node_class", "source_node"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")

Problems: TypeAlias = Callable[[Mapping[str, Any]], Iterable[str]]
Files: TypeAlias = Callable[[Mapping[str, Any]], Iterable[str]]


class _ClassDeclaration(TypedDict, total=False):
    family: str
    on_change: Mapping[str, OnChange] | None
    held: bool
    problems_of: Problems | None
    files_of: Files | None
    volatile: bool


class _SourceDeclaration(TypedDict, total=False):
    family: str
    held: bool
    cadence_of: Callable[[Mapping[str, Any]], Cadence] | None
    problems_of: Problems | None
    files_of: Files | None
    volatile: bool
    refers_to: Callable[[Mapping[str, Any], RunContext], Iterable[Reference]] | None


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

    def __call__(self, /, *arguments: P.args, **keywords: P.kwargs) -> R:
        """Compute, or write the graph if an argument is a port."""
        if self._wires(arguments, keywords):
            return cast("R", wire(self.node_type, arguments, keywords))
        return cast("R", self.node_type.target(*arguments, **keywords))


class ClassNode(NodeFunction, Generic[P, C]):
    """A stateful node: gives an instance when called with parameters only, adds a node on ports."""

    @overload
    def __call__(self, /, *arguments: P.args, **keywords: P.kwargs) -> C: ...
    @overload
    def __call__(self, port: Any, /, *arguments: P.args, **keywords: P.kwargs) -> Any: ...
    @overload
    def __call__(self, port: Any, second: Any, /, *arguments: P.args, **keywords: P.kwargs) -> Any: ...
    @overload
    def __call__(self, port: Any, second: Any, third: Any, /, *arguments: P.args, **keywords: P.kwargs) -> Any: ...
    def __call__(self, /, *arguments: Any, **keywords: Any) -> Any:
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

    def __call__(self, /, *arguments: P.args, **keywords: P.kwargs) -> Any:
        """Add the node to the graph being written."""
        return wire(self.node_type, arguments, keywords)


@overload
def node(target: Callable[P, R], /) -> FunctionNode[P, R]: ...
@overload
def node(
    *,
    family: str = ...,
    keeps: bool = ...,
    problems_of: Problems | None = ...,
    files_of: Files | None = ...,
    volatile: bool = ...,
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
    problems_of
        Gives what is wrong with parameters that are right one by one but don't go together; called with all of
        them, defaults included.
    files_of
        Gives the files that it reads, from its parameters, so that a changed file is noticed.
    volatile
        Whether it may give another value for the same inputs; such values are never taken from a cache.

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


@overload
def node_class(target: Callable[P, C], /, **declaration: Unpack[_ClassDeclaration]) -> ClassNode[P, C]: ...
@overload
def node_class(**declaration: Unpack[_ClassDeclaration]) -> Callable[[Callable[P, C]], ClassNode[P, C]]: ...
def node_class(target: Callable[..., Any] | None = None, /, **declaration: Any) -> Any:
    """Make a small class a stateful node type.

    Keyword-only arguments of ``__init__`` are parameters (or a `RunContext`), arguments of ``update`` are input
    ports (or an `Event`). ``update`` is called per event and may give an output; ``value`` gives the state so far
    and is called only if someone listens; ``final`` gives the answer at the end of the run. Every run has an
    instance of its own.

    Parameters
    ----------
    target
        The class. Its node type is named after it in lower case, ``CrystalMap`` as ``crystal_map``. Write
        ``crystal_map = node_class(CrystalMap)``: type checkers do not follow decorators of classes.
    family
        File of the catalogue it belongs to; by default the name of its module.
    on_change
        For each parameter, what a change while running does to the state: ``keep``, ``reset`` (the default) or
        ``refuse``. A class with parameters that are ``keep`` has a method ``change``, called between two events with
        those of them that changed, by keyword.
    held
        Whether what ``update`` gives is held and joined to the events of other streams.
    problems_of
        Gives what is wrong with parameters that are right one by one but don't go together; called with all of
        them, defaults included.
    files_of
        Gives the files that it reads, from its parameters, so that a changed file is noticed.
    volatile
        Whether it may give another value for the same inputs; such values are never taken from a cache.

    Raises
    ------
    DeclarationError
        If the signatures can't be read.
    """
    if target is not None:
        return ClassNode(target, **declaration)
    return lambda given: ClassNode(given, **declaration)


@overload
def source_node(target: Callable[P, Any], /, **declaration: Unpack[_SourceDeclaration]) -> SourceNode[P]: ...
@overload
def source_node(**declaration: Unpack[_SourceDeclaration]) -> Callable[[Callable[P, Any]], SourceNode[P]]: ...
def source_node(target: Callable[..., Any] | None = None, /, **declaration: Any) -> Any:
    """Make a function or class that reads documents a node type without inputs.

    A source has a parameter ``stream``, which names the stream whose events it is called for.

    Parameters
    ----------
    target
        The function or class; see `node` and `node_class`.
    family
        File of the catalogue it belongs to; by default the name of its module.
    held
        Whether what it gives is held and joined to the events of other streams.
    cadence_of
        Gives the cadence from the parameters; by default ``event``, or ``run`` if held.
    problems_of
        Gives what is wrong with parameters that are right one by one but don't go together; called with all of
        them, defaults included.
    refers_to
        Gives the other runs that the node reads for a run (its dark, say), as far as they are known by now; called
        with all parameters and the run. Live, events then wait for those runs, and small runs are remembered.
    files_of
        Gives the files that it reads, from its parameters, so that a changed file is noticed.
    volatile
        Whether it may give another value for the same inputs; such values are never taken from a cache.

    Raises
    ------
    DeclarationError
        If the signature can't be read.
    """
    if target is not None:
        return SourceNode(target, is_source=True, **declaration)
    return lambda given: SourceNode(given, is_source=True, **declaration)
