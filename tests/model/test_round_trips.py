"""YAML and Python give the same graph, and turn into each other without loss."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace import named
from headrace.engine.model.check import check_graph
from headrace.engine.model.graph import Graph, Node
from headrace.engine.model.registry import Registry, installed
from headrace.nodes import average, crystal_map, dark, dark_subtract, link, locate, sink, source

CRYSTAL_MAPPING = """\
headrace: 1
graph: crystal-mapping
description: Bragg peaks of a grid scan, linked from point to point and mapped onto the grid.

nodes:
  frames: {type: source, stream: primary, field: dexela_image}
  dark:   {type: dark, key: sc_dk_field_uid, field: dexela_image, missing: error}
  mean:   {type: average, in: frames}
  clean:  {type: dark_subtract, in: {frame: mean, dark: dark}, clip: 0}
  peaks:  {type: locate, in: clean, diameter: 15, percentile: 80, separation: 100, on_error: stop}
  tracks: {type: link, in: peaks, search_range: 50}
  maps:   {type: crystal_map, in: tracks}
  keep:   {type: sink, in: [peaks, tracks, maps]}
"""


def crystal_mapping() -> Graph:
    frames = named("frames", source(stream="primary", field="dexela_image"))
    darks = dark(key="sc_dk_field_uid", field="dexela_image", missing="error")
    mean = named("mean", average(frames))
    clean = named("clean", dark_subtract(mean, darks, clip=0))
    peaks = named("peaks", locate(clean, diameter=15, percentile=80, separation=100), on_error="stop")
    tracks = link(peaks, search_range=50)
    description = "Bragg peaks of a grid scan, linked from point to point and mapped onto the grid."
    graph = Graph("crystal-mapping", description=description)
    return graph.keep(peaks=peaks, tracks=tracks, maps=crystal_map(tracks))


def run(program: str) -> Graph:
    names: dict[str, Any] = {}
    exec(compile(program, "<program>", "exec"), names)
    graph = names["graph"]
    assert isinstance(graph, Graph)
    return graph


def test_yaml_and_python_give_the_same_graph() -> None:
    from_yaml, from_python = Graph.from_yaml(CRYSTAL_MAPPING), crystal_mapping()
    assert from_yaml == from_python
    assert from_yaml.digest() == from_python.digest()
    assert check_graph(from_yaml) == check_graph(from_python) == []


def test_a_graph_written_as_yaml_reads_as_it_was_written_by_hand() -> None:
    assert Graph.from_yaml(CRYSTAL_MAPPING).to_yaml() == CRYSTAL_MAPPING


def test_a_graph_written_as_python_reads_well() -> None:
    program = Graph.from_yaml(CRYSTAL_MAPPING).to_python()
    assert 'mean = named("mean", average(frames))' in program
    assert "tracks = link(peaks, search_range=50)" in program
    assert ").keep(peaks=peaks, tracks=tracks, maps=maps)" in program
    assert run(program) == crystal_mapping()


# Random graphs

WORDS = ["a", "b-c", "class", "print", "dark", "source", "keep", "graph", "Graph", "named", "average", "_", "if_", "x1"]
TEXT = st.text(max_size=12) | st.sampled_from(
    [
        "yes",
        "12",
        "1e5",
        "a: b",
        "- a",
        "#",
        "null",
        " x ",
        "a\nb\n",
        "[a",
        "'",
        '"',
        "\\",
        "\ufeff",
        "\x85",
        "😀",
        "<<",
        "…",
    ]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
COMMON: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "on_error": st.sampled_from(["skip", "stop", {"substitute": 0}]),
        "cache": st.sampled_from(["auto", "always", "never"]),
        "note": TEXT,
    },
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Give graphs of the catalogue's node types: properly wired, with parameters of any value."""
    names = draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=8))
    nodes: dict[str, Node] = {}
    references: list[str] = []
    registry = installed()
    for name in names:
        kind = registry[draw(st.sampled_from(sorted(registry)))]
        if not kind.is_source and not references:
            kind = registry["source"]
        ports = [port.name for port in kind.inputs if not port.variadic]
        if kind.variadic:
            ports += draw(st.lists(st.sampled_from(["x", "y-z", "lambda", "self"]), unique=True, max_size=3))
        inputs = {port: draw(st.sampled_from(references)) for port in ports}
        chosen = draw(st.lists(st.sampled_from(sorted(kind.parameters)), unique=True)) if kind.parameters else []
        parameters = {parameter: draw(PLAIN) for parameter in chosen}
        nodes[name] = Node(name, kind.name, inputs, parameters, **draw(COMMON))
        references += [name, *(f"{name}.{port.name}" for port in kind.outputs[1:])] if kind.outputs else []
    python = tuple(draw(st.lists(st.sampled_from(["a.py", "b/c d.py"]), max_size=2)))
    title = draw(TEXT.filter(bool))
    when = draw(st.dictionaries(TEXT, PLAIN, max_size=2))
    intake = draw(st.dictionaries(st.sampled_from(["policy", "max_bytes", "other"]), PLAIN, max_size=2))
    return Graph(title, nodes, description=draw(TEXT), python=python, when=when, intake=intake)


@st.composite
def wild_graphs(draw: st.DrawFn) -> Graph:
    """Give graphs that are wrong in every way: unknown types, loops, references to nothing."""
    names = draw(st.lists(TEXT.filter(bool), unique=True, max_size=4))
    nodes = {}
    for name in names:
        kind = draw(st.sampled_from(["average", "sink", "unknown", "source"]))
        inputs = draw(st.dictionaries(TEXT, st.sampled_from([*names, "nobody", "a.b.c"]), max_size=3))
        parameters = draw(st.dictionaries(st.sampled_from(["p", "q", "field"]), PLAIN, max_size=2))
        nodes[name] = Node(name, kind, inputs, parameters, **draw(COMMON))
    return Graph(draw(TEXT.filter(bool)), nodes)


@given(graphs())
def test_any_graph_comes_back_from_yaml(graph: Graph) -> None:
    text = graph.to_yaml()
    again = Graph.from_yaml(text)
    assert again == graph
    assert again.to_yaml() == text
    assert again.digest() == graph.digest()


@given(graphs())
def test_any_graph_comes_back_from_python(graph: Graph) -> None:
    assert run(graph.to_python()) == graph


@given(wild_graphs())
def test_a_graph_full_of_faults_comes_back_too(graph: Graph) -> None:
    assert Graph.from_yaml(graph.to_yaml()) == graph
    assert run(graph.to_python()) == graph


# What is special in Python


def test_several_sinks_and_sinks_with_keys_come_back() -> None:
    text = """\
headrace: 1
graph: g
nodes:
  frames: {type: source, field: image}
  mean: {type: average, in: frames}
  keep: {type: sink, in: mean}
  more: {type: sink, in: {again: mean, lambda: frames}}
  noted: {type: sink, in: {third: mean}, note: for later}
"""
    graph = Graph.from_yaml(text)
    program = graph.to_python()
    assert '.keep(mean=mean).keep("more", again=mean, **{"lambda": frames}).add(noted)' in program
    assert run(program) == graph


def test_node_types_of_others_are_imported_from_their_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "from headrace.engine.model.node import node\nfrom headrace.engine.model.ports import Frame\n\n\n"
    module += "@node\ndef invert(frame: Frame) -> Frame:\n    return -frame\n"
    (tmp_path / "beamline_nodes_of_a_test.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    import beamline_nodes_of_a_test as beamline  # type: ignore[import-not-found]

    graph = Graph("g").keep(inverse=beamline.invert(source(field="image")))
    assert check_graph(graph) == []
    program = graph.to_python()
    assert "from beamline_nodes_of_a_test import invert" in program
    assert run(program) == graph
    del sys.modules["beamline_nodes_of_a_test"]


def test_a_graph_that_calls_cannot_say_is_written_as_data(registry: Registry) -> None:
    graph = Graph.from_yaml("headrace: 1\ngraph: g\nnodes: {a: {type: average, in: b}, b: {type: average, in: a}}\n")
    program = graph.to_python()
    assert "Node(" in program
    assert run(program) == graph


def test_a_sink_called_as_a_node_is_the_same_as_keep() -> None:
    frames = source(field="image")
    by_hand = named("keep", sink(frames=frames))
    assert Graph("g").add(by_hand).nodes["keep"] == Graph("g").keep(frames=frames).nodes["keep"]
