"""A node type described as plain data: for ``headrace nodes TYPE --json``, the catalogue, and forms."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from headrace.engine.model.constraints import choices, plain
from headrace.engine.model.node_type import InputPort, NodeType, OutputPort, Parameter
from headrace.engine.model.type_text import parameter_schema, type_text

__all__ = ["describe", "summary"]


def summary(kind: NodeType) -> str:
    """Give the first line of a node type's docstring, without reading the rest.

    Examples
    --------
    >>> from headrace.nodes import sink
    >>> summary(sink.node_type)
    'Keep values: what is connected here is a result of the graph.'
    """
    return inspect.cleandoc(kind.doc).partition("\n")[0].strip()


def describe(kind: NodeType) -> dict[str, Any]:
    """Describe a node type.

    Parameters
    ----------
    kind
        The node type.

    Returns
    -------
    Plain data: ``name``, ``family``, ``module``, ``summary``, ``doc``, the flags ``source``, ``stateful``,
    ``held`` and ``sink``, and lists of ``inputs``, ``outputs`` and ``parameters``, each with its ``doc``.

    Examples
    --------
    >>> from headrace.nodes import average
    >>> description = describe(average.node_type)
    >>> description["name"], description["inputs"][0]["types"], description["outputs"][0]["types"]
    ('average', ['Stack'], ['Frame'])
    """
    texts = _texts(kind)
    return {
        "name": kind.name,
        "family": kind.family,
        "module": kind.target.__module__,
        "summary": summary(kind),
        "doc": inspect.cleandoc(kind.doc),
        "source": kind.is_source,
        "stateful": kind.stateful,
        "held": kind.held,
        "sink": kind.keeps,
        "inputs": [_input(port, texts) for port in kind.inputs],
        "outputs": [_output(port, texts) for port in kind.outputs],
        "parameters": [_parameter(parameter, texts) for parameter in kind.parameters.values()],
    }


def _input(port: InputPort, texts: Mapping[str, str]) -> dict[str, Any]:
    types = [kind.name for kind in port.types]
    doc = texts.get(port.name, "")
    return {"name": port.name, "types": types, "required": port.required, "variadic": port.variadic, "doc": doc}


def _output(port: OutputPort, texts: Mapping[str, str]) -> dict[str, Any]:
    types = [kind.name for kind in port.types]
    cadence = port.cadence.value if port.cadence else None
    return {"name": port.name, "types": types, "cadence": cadence, "doc": texts.get(f"-> {port.name}", "")}


def _parameter(parameter: Parameter, texts: Mapping[str, str]) -> dict[str, Any]:
    schema, definitions = parameter_schema(parameter.annotation)
    return {
        "name": parameter.name,
        "type": type_text(parameter.annotation),
        "required": parameter.required,
        "default": None if parameter.required else plain(parameter.default),
        "unit": parameter.unit,
        "choices": list(choices(parameter.annotation)),
        "on_change": parameter.on_change,
        "schema": {**schema, "$defs": definitions} if definitions else schema,
        "doc": texts.get(parameter.name, ""),
    }


def _texts(kind: NodeType) -> dict[str, str]:
    """Give what the docstrings say of each argument and, as ``-> name``, of each output."""
    texts: dict[str, str] = {}
    targets = [kind.target]
    if kind.stateful:
        methods = (getattr(kind.target, name, None) for name in ("update", "value", "final"))
        targets = [kind.target, kind.target.__init__, *(method for method in methods if method)]
    for target in targets:
        for name, text in _arguments(target).items():
            texts.setdefault(name, text)
        fields, returned = _fields(target), _returned(target)
        for port in kind.outputs:
            if port.method in ("", getattr(target, "__name__", "")):
                text = fields.get(port.name.removeprefix("running_")) or returned.get(port.name, returned.get("", ""))
                texts.setdefault(f"-> {port.name}", text)
    return texts


def _arguments(target: Any) -> dict[str, str]:
    from docstring_parser import parse

    found = parse(inspect.getdoc(target) or "").params
    return {
        name.strip().lstrip("*"): " ".join((argument.description or "").split())
        for argument in found
        for name in argument.arg_name.split(",")
    }


def _returned(target: Any) -> dict[str, str]:
    from docstring_parser import parse

    found = parse(inspect.getdoc(target) or "").many_returns
    return {one.return_name or "": " ".join((one.description or "").split()) for one in found}


def _fields(target: Any) -> dict[str, str]:
    """Give what a named tuple says of its fields, in the texts below them, if the target returns one."""
    from docstring_parser import parse_from_object

    annotation = None if inspect.isclass(target) else get_type_hints(target).get("return")
    for part in (annotation, *get_args(annotation)):
        if hasattr(part, "_fields"):
            found = parse_from_object(part).params
            return {field.arg_name: " ".join((field.description or "").split()) for field in found}
    return {}
