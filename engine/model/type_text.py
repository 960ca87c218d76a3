"""A parameter's type in words, and as JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from headrace.engine.model.constraints import alternatives, choices, find_unit, is_odd

__all__ = ["parameter_schema", "type_text"]

_WORDS: Mapping[Any, str] = {
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
    NoneType: "null",
    Any: "anything",
}


def type_text(annotation: Any) -> str:
    """Say in words what a parameter takes.

    Examples
    --------
    >>> type_text(Annotated[int, Meta(ge=3)] | None), type_text(list[float]), type_text(Literal["a", "b"])
    ('whole number >= 3, or null', 'list of number', 'a or b')
    """
    text = _plain_text(annotation)
    unit = find_unit(annotation)
    return f"{text}{', odd' if is_odd(annotation) else ''}{f', in {unit}' if unit else ''}"


def _plain_text(annotation: Any) -> str:
    """Say what is taken, leaving out unit and oddness, which are said once at the end."""
    return ", or ".join(dict.fromkeys(_alternative(part) for part in alternatives(annotation)))


def _alternative(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        limits = [text for mark in arguments[1:] if isinstance(mark, Meta) for text in _limits(mark)]
        return " ".join([_alternative(arguments[0]), " and ".join(limits)]).strip()
    if origin is Literal:
        return " or ".join(str(choice) for choice in choices(annotation))
    if origin in (list, set, frozenset):
        return f"list of {_plain_text(arguments[0])}"
    if origin is tuple:
        inner = [_plain_text(part) for part in arguments if part is not Ellipsis]
        return f"list of {inner[0]}" if Ellipsis in arguments else f"list of ({', '.join(inner)})"
    if origin in (dict, Mapping):
        return f"mapping of {_plain_text(arguments[0])} to {_plain_text(arguments[1])}"
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _limits(mark: Meta) -> list[str]:
    """Give the limits that a `Meta` sets, in words."""
    signs: tuple[tuple[str, Callable[[Any], str]], ...] = (
        ("ge", lambda value: f">= {value}"),
        ("gt", lambda value: f"> {value}"),
        ("le", lambda value: f"<= {value}"),
        ("lt", lambda value: f"< {value}"),
        ("multiple_of", lambda value: f"a multiple of {value}"),
        ("min_length", lambda value: f"of length >= {value}"),
        ("max_length", lambda value: f"of length <= {value}"),
        ("pattern", lambda value: f"matching {value}"),
    )
    return [say(getattr(mark, name)) for name, say in signs if getattr(mark, name) is not None]


def parameter_schema(annotation: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the JSON Schema of a parameter's type, and the definitions it refers to under ``#/$defs/``.

    Examples
    --------
    >>> parameter_schema(Annotated[int, Meta(ge=3)] | None)[0]
    {'anyOf': [{'type': 'integer', 'minimum': 3}, {'type': 'null'}]}
    """
    schemas, definitions = [], {}
    for part in alternatives(annotation):  # one by one: see `alternatives`
        (schema,), more = msgspec.json.schema_components([part], ref_template="#/$defs/{name}")
        schemas.append(schema)
        definitions.update(more)
    if is_odd(annotation):
        schemas = [_odd(schema) for schema in schemas]
    if find_unit(annotation) is not None:
        schemas.append({"type": "string", "pattern": r"^\s*[+-]?[0-9.]"})
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}, definitions


def _odd(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "not": {"multipleOf": 2}} if schema.get("type") == "integer" else schema
