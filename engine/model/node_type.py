"""What a node type is, read from the signature that declares it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from headrace.engine.model.constraints import find_unit
from headrace.engine.model.ports import Cadence, PortType
from headrace.engine.model.records import Reference, RunContext

__all__ = ["NO_DEFAULT", "Context", "InputPort", "NodeType", "OnChange", "OutputPort", "Parameter"]

Context: TypeAlias = Literal["run", "event"]
OnChange: TypeAlias = Literal["keep", "reset", "refuse"]


class _NoDefault:
    def __repr__(self) -> str:
        return "required"


NO_DEFAULT = _NoDefault()
"""The default of a parameter that has none."""


@dataclass(frozen=True, slots=True)
class InputPort:
    """A named input.

    Attributes
    ----------
    name, types
        Its name, and the port types it takes (any one of them).
    required
        Whether it must be connected.
    variadic
        Whether it stands for any number of inputs, each with a name of its own.
    """

    name: str
    types: tuple[PortType, ...]
    required: bool = True
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class OutputPort:
    """A named output.

    Attributes
    ----------
    name, types
        Its name, and the port types it may give.
    cadence
        How often it gives a value; None: as often as the inputs do.
    method
        Which method of a class gives it (``update``, ``value``, ``final``); "" for a function.
    """

    name: str
    types: tuple[PortType, ...]
    cadence: Cadence | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named setting of a node.

    Attributes
    ----------
    name, annotation
        Its name, and its type with constraints.
    default
        Its default, or `NO_DEFAULT`.
    on_change
        What a change while running does to the node's state.
    """

    name: str
    annotation: Any
    default: Any = NO_DEFAULT
    on_change: OnChange = "keep"

    @property
    def required(self) -> bool:
        """Whether a graph must give it."""
        return self.default is NO_DEFAULT

    @property
    def unit(self) -> str | None:
        """The unit of its number, if it has one."""
        return find_unit(self.annotation)


@dataclass(frozen=True, slots=True, eq=False)
class NodeType:
    """A kind of node: one typed, documented function or small class.

    Attributes
    ----------
    name, family
        The word in a graph file, and the file of the catalogue it stands in.
    target
        The function or class itself.
    inputs, outputs, parameters
        Its ports and settings. The first output is the one meant where none is named.
    contexts
        Keyword argument to what the engine passes in it, for the function or `update` and for `__init__`.
    stateful
        Whether it is a class, with state of its own for each run.
    is_source
        Whether it reads documents; such a node has no inputs.
    held
        Whether what `update` gives is held and joined to the events of other streams.
    keeps
        Whether its inputs are results of the graph (a sink).
    cadence_of
        For sources: gives the cadence from the parameters.
    problems_of
        Gives what is wrong with parameters that are right one by one but don't go together.
    refers_to
        For sources: gives the other runs that it reads for a run, as far as they are known by now.
    files_of
        Gives the files that it reads, from the parameters: what its values depend on, besides its inputs.
    volatile
        Whether it may give another value for the same inputs: it reads the world, or draws lots.
    """

    name: str
    family: str
    target: Callable[..., Any]
    inputs: tuple[InputPort, ...] = ()
    outputs: tuple[OutputPort, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    contexts: Mapping[str, Context] = field(default_factory=dict)
    init_contexts: Mapping[str, Context] = field(default_factory=dict)
    stateful: bool = False
    is_source: bool = False
    held: bool = False
    keeps: bool = False
    cadence_of: Callable[[Mapping[str, Any]], Cadence] | None = None
    problems_of: Callable[[Mapping[str, Any]], Iterable[str]] | None = None
    refers_to: Callable[[Mapping[str, Any], RunContext], Iterable[Reference]] | None = None
    files_of: Callable[[Mapping[str, Any]], Iterable[str]] | None = None
    volatile: bool = False

    @property
    def doc(self) -> str:
        """Its docstring."""
        return self.target.__doc__ or ""

    @property
    def variadic(self) -> InputPort | None:
        """The port that takes any number of named inputs, if there is one."""
        return next((port for port in self.inputs if port.variadic), None)

    def input(self, name: str) -> InputPort | None:
        """Give the input port of a name; a name that is nobody's goes to the variadic port."""
        named = next((port for port in self.inputs if port.name == name and not port.variadic), None)
        return named or self.variadic

    def output(self, name: str | None) -> OutputPort | None:
        """Give the output port of a name, the first where no name is given."""
        if name is None:
            return self.outputs[0] if self.outputs else None
        return next((port for port in self.outputs if port.name == name), None)
