"""Reading graphs from YAML: forms of inputs, words of YAML 1.2, places."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.engine.model.check import check_graph
from headrace.engine.model.graph import Graph
from headrace.engine.model.registry import Registry

HEAD = "headrace: 1\ngraph: g\nnodes:\n"


def node_inputs(registry: Registry, node: str) -> dict[str, str]:
    graph = Graph.from_yaml(HEAD + f"  n: {node}\n", registry)
    assert [fault.code for fault in graph.faults] == []
    return dict(graph.nodes["n"].inputs)


@pytest.mark.parametrize(
    ("node", "inputs"),
    [
        ("{type: average, in: a}", {"frames": "a"}),
        ("{type: average, in: [a]}", {"frames": "a"}),
        ("{type: average, in: {frames: a}}", {"frames": "a"}),
        ("{type: dark_subtract, in: [a, b]}", {"frame": "a", "dark": "b"}),
        ("{type: sink, in: a}", {"a": "a"}),
        ("{type: sink, in: [a, maps.grains]}", {"a": "a", "maps_grains": "maps.grains"}),
        ("{type: sink, in: {grains: maps.grains}}", {"grains": "maps.grains"}),
        ("{type: pick, in: [a, b, c.x]}", {"value": "a", "b": "b", "c_x": "c.x"}),
        ("{type: unknown, in: [a, b]}", {"1": "a", "2": "b"}),
        ("{type: average, in: [a, b]}", {"frames": "a", "2": "b"}),
        ("{type: source, in: []}", {}),
    ],
)
def test_inputs_become_a_mapping_of_port_to_reference(registry: Registry, node: str, inputs: dict[str, str]) -> None:
    assert node_inputs(registry, node) == inputs


def test_naming_the_first_output_means_the_node(registry: Registry) -> None:
    text = HEAD + "  a: {type: split, in: b}\n  k: {type: sink, in: [a.left, a.right]}\n"
    assert Graph.from_yaml(text, registry).nodes["k"].inputs == {"a_left": "a", "a_right": "a.right"}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("no", "no"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-12", -12),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("'12'", "12"),
        ('"a\\nb"', "a\nb"),
        ("15 px", "15 px"),
        ("0b11", "0b11"),
    ],
)
def test_words_mean_what_yaml_1_2_says(word: str, value: object) -> None:
    read = Graph.from_yaml(HEAD + f"  n: {{type: source, p: {word}}}\n").nodes["n"].parameters["p"]
    assert read == value
    assert type(read) is type(value)


def test_places_are_known_for_nodes_keys_inputs_and_parameters(registry: Registry) -> None:
    text = HEAD + "  n:\n    type: dark_subtract\n    in: {frame: a, dark: b}\n    clip: 0\n"
    graph = Graph.from_yaml(text, registry, file="my.yaml")
    places = {
        (): "1:1",
        ("graph",): "2:1",
        ("nodes",): "3:1",
        ("nodes", "n"): "4:3",
        ("nodes", "n", "type"): "5:5",
        ("nodes", "n", "in"): "6:5",
        ("nodes", "n", "in", "frame"): "6:10",
        ("nodes", "n", "in", "dark"): "6:20",
        ("nodes", "n", "clip"): "7:5",
        ("nodes", "n", "clip", "="): "7:11",
        ("nodes", "n", "scale"): "4:3",
    }
    for path, place in places.items():
        assert str(graph.where(*path)) == f"my.yaml:{place}", path


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    graph = Graph.from_yaml("\ufeff" + (HEAD + "  n: {type: source}\n").replace("\n", "\r\n"))
    assert graph.faults == ()
    assert list(graph.nodes) == ["n"]


def test_anchors_and_aliases_are_plain_repetition() -> None:
    text = HEAD + "  a: {type: source, field: &f image}\n  b: {type: source, field: *f}\n"
    graph = Graph.from_yaml(text)
    assert graph.faults == ()
    assert graph.nodes["b"].parameters == {"field": "image"}


def test_common_keys_are_kept_apart_from_parameters() -> None:
    text = HEAD + "  n: {type: source, field: x, on_error: {substitute: 0}, cache: never, note: hello}\n"
    node = Graph.from_yaml(text).nodes["n"]
    assert (node.on_error, node.cache, node.note) == ({"substitute": 0}, "never", "hello")
    assert node.parameters == {"field": "x"}


def test_faults_come_in_the_order_of_the_file(broken: Path, registry: Registry) -> None:
    faults = check_graph(Graph.read(broken / "many_faults.yaml", registry), registry)
    places = [fault.where for fault in faults if fault.where]
    assert places == sorted(places)
    assert len(places) == len(faults)
