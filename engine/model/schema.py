"""The JSON Schema of graph files, so that editors complete and check them while they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.model.checks.common_keys import CACHE
from headrace.engine.model.checks.names import NAME
from headrace.engine.model.description import describe
from headrace.engine.model.graph import FORMAT_VERSION
from headrace.engine.model.intake import BYTES_TEXT, POLICIES
from headrace.engine.model.node_type import NodeType

__all__ = ["graph_schema"]

_NAME = f"^{NAME.pattern}$"
_REFERENCE = {"type": "string", "pattern": rf"^{NAME.pattern}(\.{NAME.pattern})?$"}
_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_INPUTS = {
    "description": "Where the inputs come from: a node's name, a list of names, or a mapping of input to name.",
    "anyOf": [
        _REFERENCE,
        {"type": "array", "items": _REFERENCE},
        {"type": "object", "additionalProperties": _REFERENCE},
    ],
}
_COMMON: Mapping[str, Any] = {
    "on_error": {
        "description": "What happens to an event on which the node fails.",
        "default": "skip",
        "anyOf": [
            {"enum": ["skip", "stop"]},
            {"type": "object", "required": ["substitute"], "properties": {"substitute": {}}, "maxProperties": 1},
        ],
    },
    "cache": {"description": "Whether the node's values are cached.", "enum": list(CACHE), "default": "auto"},
    "note": {"description": "A remark for people.", "type": "string"},
}


def graph_schema(registry: Mapping[str, NodeType]) -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a graph file.

    Parameters
    ----------
    registry
        The node types.

    Examples
    --------
    >>> from headrace.engine.model.registry import installed
    >>> schema = graph_schema(installed())
    >>> schema["properties"]["headrace"]
    {'description': 'Version of the format.', 'const': 1}
    """
    types = {name: _node_type(kind) for name, kind in sorted(registry.items())}
    definitions: dict[str, Any] = {}
    for schema in types.values():
        for parameter in schema["properties"].values():
            definitions.update(parameter.pop("$defs", {}))
    cases = [
        {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": {"$ref": f"#/$defs/{name}"}}
        for name in types
    ]
    node = {"type": "object", "properties": {"type": {"enum": list(types)}, "in": _INPUTS, **_COMMON}, "allOf": cases}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "headrace graph",
        "type": "object",
        "properties": _head(),
        "additionalProperties": False,
        "required": ["headrace"],
        "if": {"required": ["extends"]},
        "else": {
            "required": ["graph", "nodes"],
            "properties": {"nodes": {"additionalProperties": {"type": "object", "required": ["type"]}}},
        },
        "$defs": {**definitions, **types, "node": node},
    }


def _head() -> dict[str, Any]:
    files: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    return {
        "headrace": {"description": "Version of the format.", "const": FORMAT_VERSION},
        "graph": {"description": "Short name of the analysis.", "type": "string", "minLength": 1},
        "description": {"description": "What the analysis is for.", "type": "string"},
        "extends": {"description": "A ready graph, or a file, that this one overrides.", "type": "string"},
        "python": {"description": "Python files with node types, run only if trusted.", **files},
        "when": {
            "description": "For which runs it is meant: key of the start document to what is accepted.",
            "type": "object",
            "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]},
        },
        "intake": {
            "description": "What is done with documents that come faster than it works.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "policy": {"enum": list(POLICIES), "default": "block"},
                "max_documents": {"type": "integer", "minimum": 1},
                "max_bytes": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": BYTES_TEXT}]},
            },
        },
        "nodes": {
            "description": "The nodes by name; with 'extends', null removes one.",
            "type": "object",
            "propertyNames": {"pattern": _NAME},
            "additionalProperties": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
        },
    }


def _node_type(kind: NodeType) -> dict[str, Any]:
    """Give the schema of the nodes of one type."""
    described = describe(kind)
    parameters = {one["name"]: _parameter(one) for one in described["parameters"]}
    type_key = {"const": kind.name, "description": described["summary"]}
    return {
        "description": described["summary"],
        "properties": {"type": type_key, "in": _INPUTS, **parameters, **_COMMON},
        "additionalProperties": False,
    }


def _parameter(described: Mapping[str, Any]) -> dict[str, Any]:
    text = f"{described['doc']} ({described['type']})".strip()
    default = {} if described["required"] else {"default": described["default"]}
    return {"description": text, **described["schema"], **default}
