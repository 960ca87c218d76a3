"""The JSON Schema of graph files, and the description of node types."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from headrace.engine.model.description import describe
from headrace.engine.model.registry import Registry
from headrace.engine.model.schema import graph_schema
from headrace.engine.model.yaml_loader import load

HEAD = "headrace: 1\ngraph: g\nnodes:\n"


def errors(registry: Registry, text: str) -> int:
    root = load(text, "graph.yaml").root
    assert root is not None
    return len(list(Draft202012Validator(graph_schema(registry)).iter_errors(root.plain())))


def test_the_schema_is_a_schema_and_plain_json(registry: Registry) -> None:
    schema = graph_schema(registry)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (HEAD + "  a: {type: smooth, in: b, width: 5, on_error: {substitute: 0}}", True),
        (HEAD + "  a: {type: smooth, in: {frame: b.left}, width: 5 px, note: x}", True),
        (HEAD + "  a: {type: smooth, in: b, width: 4}", False),
        (HEAD + "  a: {type: smooth, in: b, width: 101}", False),
        (HEAD + "  a: {type: smooth, in: b, widht: 5}", False),
        (HEAD + "  a: {type: nobody}", False),
        (HEAD + "  a: {in: b}", False),
        (HEAD + "  a b: {type: source}", False),
        (HEAD + "  a: {type: source, cache: sometimes}", False),
        ("headrace: 1\nextends: base\nnodes: {a: {width: 5}, b: null}", True),
        ("headrace: 1\ngraph: g\nnodes: {b: null}", False),
        ("headrace: 2\ngraph: g\nnodes: {}", False),
    ],
)
def test_the_schema_tells_good_from_bad(registry: Registry, text: str, good: bool) -> None:
    assert (errors(registry, text) == 0) is good


def test_a_node_type_is_described_from_its_signature_and_docstring(registry: Registry) -> None:
    described = describe(registry["locate"])
    (frame,) = described["inputs"]
    assert (frame["name"], frame["types"], frame["required"]) == ("frame", ["Frame"], True)
    assert frame["doc"].startswith("Image, shape (ny, nx)")
    diameter = described["parameters"][0]
    assert (diameter["name"], diameter["required"], diameter["unit"]) == ("diameter", True, "px")
    assert diameter["doc"].startswith("Size of a peak, odd")
    assert [port["cadence"] for port in describe(registry["accumulate"])["outputs"]] == ["final", "event"]


def test_every_node_type_is_described_as_plain_json(registry: Registry) -> None:
    for kind in registry.values():
        described = describe(kind)
        assert json.loads(json.dumps(described)) == described
        assert described["summary"].endswith(".")
