"""One graph extending another: what is overridden, replaced, removed, and where each part was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.engine.model.check import check_graph
from headrace.engine.model.graph import Graph
from headrace.engine.model.registry import Registry

BASE = """\
headrace: 1
graph: base
description: The base.
nodes:
  frames: {type: source, field: image}
  mean: {type: average, in: frames}
  dark: {type: dark, key: dark_uid, field: image, missing: error}
  clean: {type: dark_subtract, in: {frame: mean, dark: dark}, scale: 2, on_error: stop}
  keep: {type: sink, in: [mean, clean]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def over(folder: Path, nodes: str, head: str = "graph: mine\n") -> Graph:
    file = folder / "mine.yaml"
    file.write_text(f"headrace: 1\n{head}extends: ./base.yaml\n{nodes}")
    return Graph.read(file)


def test_nothing_overridden_is_the_base(folder: Path) -> None:
    graph = over(folder, "", head="")
    assert graph == Graph.read(folder / "base.yaml")
    assert check_graph(graph) == []


def test_name_and_description_override_singly(folder: Path) -> None:
    graph = over(folder, "")
    assert (graph.name, graph.description) == ("mine", "The base.")


def test_parameters_and_common_keys_override_singly(folder: Path) -> None:
    node = over(folder, "nodes:\n  clean: {clip: 0, on_error: skip}\n").nodes["clean"]
    assert node.parameters == {"scale": 2, "clip": 0}
    assert node.on_error == "skip"
    assert node.inputs == {"frame": "mean", "dark": "dark"}


def test_inputs_are_replaced_whole(folder: Path) -> None:
    graph = over(folder, "nodes:\n  clean: {in: {frame: frames}}\n")
    assert graph.nodes["clean"].inputs == {"frame": "frames"}
    assert [fault.code for fault in check_graph(graph)] == ["HR401", "HR503"]


def test_another_type_replaces_the_node_whole(folder: Path) -> None:
    node = over(folder, "nodes:\n  clean: {type: average, in: mean}\n").nodes["clean"]
    assert (node.type, node.parameters, node.on_error) == ("average", {}, "skip")


def test_a_node_set_to_null_is_removed_and_new_ones_are_added(folder: Path) -> None:
    graph = over(folder, "nodes:\n  clean: null\n  dark: ~\n  more: {type: average, in: mean}\n  keep: {in: more}\n")
    assert list(graph.nodes) == ["frames", "mean", "keep", "more"]
    assert check_graph(graph) == []


def test_places_point_into_the_file_that_says_so(folder: Path) -> None:
    graph = over(folder, "nodes:\n  clean: {clip: 0}\n")
    assert str(graph.where("nodes", "clean", "clip")) == f"{folder}/mine.yaml:5:11"
    assert str(graph.where("nodes", "clean", "scale")) == f"{folder}/base.yaml:8:63"
    assert str(graph.where("nodes", "mean", "type")) == f"{folder}/base.yaml:6:10"


def test_a_chain_of_three_is_flattened(folder: Path) -> None:
    (folder / "sub").mkdir()
    over(folder, "nodes:\n  clean: {clip: 0}\n")
    file = folder / "sub" / "third.yaml"
    file.write_text("headrace: 1\ngraph: third\nextends: ../mine.yaml\nnodes:\n  clean: {scale: 3}\n")
    graph = Graph.read(file)
    assert graph.nodes["clean"].parameters == {"scale": 3, "clip": 0}
    assert Graph.from_yaml(graph.to_yaml()) == graph


def test_python_files_of_base_and_overlay_are_named_from_the_overlay(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "base.yaml").write_text("headrace: 1\ngraph: b\npython: one.py\nnodes: {}\n")
    file = tmp_path / "mine.yaml"
    file.write_text("headrace: 1\ngraph: m\nextends: lib/base.yaml\npython: [two.py]\nnodes: {}\n")
    assert Graph.read(file).python == ("lib/one.py", "two.py")


@pytest.mark.parametrize("name", ["crystal_mapping", "crystal-mapping"])
def test_a_ready_graph_is_extended_by_name(name: str, registry: Registry) -> None:
    graph = Graph.from_yaml(f"headrace: 1\ngraph: mine\nextends: {name}\n", registry)
    assert graph.faults == ()
    assert graph.nodes


def test_a_version_that_is_missing_in_the_base_is_its_fault(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("headrace: 1\n", ""))
    faults = check_graph(over(folder, ""))
    assert [(fault.code, str(fault.where)) for fault in faults] == [("HR110", f"{folder}/base.yaml:1:1")]
