"""Reading a declaration: from a function's or class's signature to a `NodeType`."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from headrace.engine.model.errors import HeadraceError
from headrace.engine.model.node_type import (
    NO_DEFAULT,
    Context,
    InputPort,
    NodeType,
    OnChange,
    OutputPort,
    Parameter,
)
from headrace.engine.model.ports import Cadence, PortType
from headrace.engine.model.records import Event, Reference, RunContext
from headrace.engine.model.skip import Skip

__all__ = ["DeclarationError", "declare"]

_CONTEXTS: Mapping[Any, Context] = {Event: "event", RunContext: "run"}
_RESERVED = frozenset({"type", "in", "on_error", "cache", "note"})
_OUTPUT_OF = {"update": Cadence.EVENT, "value": Cadence.EVENT, "final": Cadence.FINAL}


class DeclarationError(HeadraceError, TypeError):
    """A node type whose signature can't be read as one."""


def declare(
    target: Callable[..., Any],
    *,
    family: str = "",
    on_change: Mapping[str, OnChange] | None = None,
    held: bool = False,
    keeps: bool = False,
    is_source: bool = False,
    cadence_of: Callable[[Mapping[str, Any]], Cadence] | None = None,
    problems_of: Callable[[Mapping[str, Any]], Iterable[str]] | None = None,
    refers_to: Callable[[Mapping[str, Any], RunContext], Iterable[Reference]] | None = None,
    files_of: Callable[[Mapping[str, Any]], Iterable[str]] | None = None,
    volatile: bool = False,
) -> NodeType:
    """Read a node type from a function or class.

    Positional arguments are input ports, keyword-only arguments are parameters or contexts, the return
    annotation is the output; see `headrace.engine.model.node`.

    Raises
    ------
    DeclarationError
        If an annotation is missing or is no port type.
    """
    stateful = inspect.isclass(target)
    body = _method(target, "update") if stateful else target
    if held:
        _method(target, "missing")
    settings = target.__init__ if stateful else target
    inputs, contexts = _inputs(body, target)
    parameters = _parameters(settings, target, dict(on_change or {}), "reset" if stateful else "keep")
    if stateful and any(parameter.on_change == "keep" for parameter in parameters.values()):
        _method(target, "change")
    return NodeType(
        name=_word(target.__name__),
        family=family or target.__module__.rpartition(".")[2],
        target=target,
        inputs=inputs,
        outputs=_class_outputs(target, held) if stateful else _function_outputs(target),
        parameters=parameters,
        contexts=contexts,
        init_contexts=_contexts(settings) if stateful else {},
        stateful=stateful,
        is_source=is_source,
        held=held,
        keeps=keeps,
        cadence_of=cadence_of,
        problems_of=problems_of,
        refers_to=refers_to,
        files_of=files_of,
        volatile=volatile,
    )


def _word(name: str) -> str:
    """Give the word of the graph language for a function or class: ``CrystalMap`` is ``crystal_map``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _method(target: Callable[..., Any], name: str) -> Callable[..., Any]:
    method = getattr(target, name, None)
    if method is None:
        problem = f"{_named(target)}: a node class needs a method '{name}'"
        raise DeclarationError(problem)
    return method  # type: ignore[no-any-return]


def _named(target: Callable[..., Any]) -> str:
    return f"{target.__module__}.{target.__qualname__}"


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(function, include_extras=True)


def _strip_none(annotation: Any) -> Any:
    """Give the type in ``type | None``, to find a context behind its default."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _port_types(annotation: Any) -> tuple[PortType, ...]:
    """Give the port types that an annotation names; empty if it names none."""
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part not in (type(None), Skip)]
        return tuple(kind for part in parts for kind in _port_types(part))
    if get_origin(annotation) is Annotated:
        return tuple(mark for mark in get_args(annotation)[1:] if isinstance(mark, PortType))
    return ()


def _inputs(
    function: Callable[..., Any], target: Callable[..., Any]
) -> tuple[tuple[InputPort, ...], dict[str, Context]]:
    hints, ports = _hints(function), []
    for name, argument in inspect.signature(function).parameters.items():
        if name == "self" or argument.kind is argument.KEYWORD_ONLY:
            continue
        kinds = _port_types(hints.get(name))
        if not kinds:
            problem = f"{_named(target)}: input '{name}' needs a port type as its annotation"
            raise DeclarationError(problem)
        variadic = argument.kind in (argument.VAR_KEYWORD, argument.VAR_POSITIONAL)
        required = argument.default is argument.empty and not variadic
        ports.append(InputPort(name, kinds, required, variadic))
    return tuple(ports), _contexts(function)


def _contexts(function: Callable[..., Any]) -> dict[str, Context]:
    hints = _hints(function)
    found = {name: _CONTEXTS.get(_strip_none(hints.get(name))) for name in inspect.signature(function).parameters}
    return {name: context for name, context in found.items() if context is not None}


def _parameters(
    function: Callable[..., Any],
    target: Callable[..., Any],
    on_change: dict[str, OnChange],
    otherwise: OnChange,
) -> dict[str, Parameter]:
    hints, contexts, found = _hints(function), _contexts(function), {}
    for name, argument in inspect.signature(function).parameters.items():
        if argument.kind is not argument.KEYWORD_ONLY or name in contexts:
            continue
        if name not in hints:
            problem = f"{_named(target)}: parameter '{name}' needs a type"
            raise DeclarationError(problem)
        if name in _RESERVED:
            problem = f"{_named(target)}: a parameter can't be called '{name}', which every node has already"
            raise DeclarationError(problem)
        default = NO_DEFAULT if argument.default is argument.empty else argument.default
        found[name] = Parameter(name, hints[name], default, on_change.get(name, otherwise))
    unknown = set(on_change) - set(found)
    if unknown:
        problem = f"{_named(target)}: on_change names {sorted(unknown)}, which are no parameters"
        raise DeclarationError(problem)
    return found


def _outputs(annotation: Any, cadence: Cadence | None, method: str, single: str) -> list[OutputPort]:
    """Give the output ports of one return annotation: a named tuple gives one per field."""
    if annotation in (None, type(None), Skip):
        return []
    if hasattr(annotation, "_fields"):
        fields = get_type_hints(annotation, include_extras=True)
        return [OutputPort(name, _port_types(fields[name]), cadence, method) for name in annotation._fields]
    kinds = _port_types(annotation)
    return [OutputPort(single, kinds, cadence, method)] if kinds else []


def _function_outputs(target: Callable[..., Any]) -> tuple[OutputPort, ...]:
    return tuple(_outputs(_strip_skip(_hints(target).get("return")), None, "", "out"))


def _strip_skip(annotation: Any) -> Any:
    """Give the named tuple in ``Pair | Skip``; other unions are told apart by their port types."""
    parts = [part for part in get_args(annotation) if hasattr(part, "_fields")]
    return parts[0] if parts else annotation


def _class_outputs(target: Callable[..., Any], held: bool) -> tuple[OutputPort, ...]:
    """Give the outputs of a class: what `final` gives first, since it is the answer where both exist."""
    outputs: list[OutputPort] = []
    for method, single in (("final", "out"), ("update", "out"), ("value", "running")):
        function = getattr(target, method, None)
        if function is None:
            continue
        cadence = Cadence.RUN if held else _OUTPUT_OF[method]
        taken = {port.name for port in outputs}
        for port in _outputs(_strip_skip(_hints(function).get("return")), cadence, method, single):
            name = port.name if port.name not in taken else f"running_{port.name}"
            outputs.append(OutputPort(name, port.types, port.cadence, port.method))
    return tuple(outputs)
