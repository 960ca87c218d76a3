"""Values are written back into a graph file, and nothing else of it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.engine.jobs.graphs import ready_graphs
from headrace.engine.model.graph import Graph
from headrace.engine.model.graph_file import ready_graphs as ready_files
from headrace.engine.model.yaml_edit import with_values

FILE = """\
# Written on a Tuesday.
headrace: 1
graph: mine

nodes:
  frames: {type: source, stream: primary, field: "image" }   # the detector
  mean: {type: average, in: frames}

  peaks:          # the spots
    type: locate
    in: mean
    diameter: 15    # pixels
    percentile: 80

    # not too near
    separation:   100
  tracks:
    type: link
    in: peaks
    search_range: 50   # far
  keep: {type: sink, in: [peaks, tracks]}
# the end
"""


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    return [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]


def test_only_the_scalar_changes() -> None:
    after = with_values(FILE, {"peaks.diameter": 17, "tracks.search_range": 7.5, "peaks.separation": 90})
    assert changed_lines(FILE, after) == [
        ("    diameter: 15    # pixels", "    diameter: 17    # pixels"),
        ("    separation:   100", "    separation:   90"),
        ("    search_range: 50   # far", "    search_range: 7.5   # far"),
    ]


def test_a_value_between_brackets_and_in_quotes_is_replaced_where_it_stands() -> None:
    after = with_values(FILE, {"frames.field": "other: one"})
    assert 'field: "other: one" }   # the detector' in after


def test_a_parameter_that_was_left_to_its_default_is_added_behind_the_last() -> None:
    after = with_values(FILE, {"tracks.memory": 2, "mean.axis": 0})
    assert "    search_range: 50   # far\n    memory: 2\n  keep:" in after
    assert "mean: {type: average, in: frames, axis: 0}\n" in after


def test_a_node_of_the_extended_graph_is_added_as_an_override() -> None:
    text = "headrace: 1\ngraph: mine\nextends: crystal_mapping\n"
    after = with_values(text, {"peaks.percentile": 90})
    assert Graph.from_yaml(after).nodes["peaks"].parameters["percentile"] == 90
    again = with_values(after, {"tracks.search_range": 5, "peaks.percentile": 91})
    graph = Graph.from_yaml(again)
    assert (graph.nodes["peaks"].parameters["percentile"], graph.nodes["tracks"].parameters["search_range"]) == (91, 5)


@pytest.mark.parametrize(
    "value", [[1, 2, 3], {"a": 1}, [[0.5, 1.0], [2.0, 3.0]], None, True, "text: with # signs", -1e-9]
)
def test_values_of_any_kind_come_back(value: object) -> None:
    after = with_values(FILE, {"peaks.diameter": value})
    assert Graph.from_yaml(after).nodes["peaks"].parameters["diameter"] == value
    assert "# pixels" in after


@pytest.mark.parametrize(
    "old", ["[1,\n      2]", "\n      - 1\n      - 2", "{a: 1,\n      b: 2}", "|\n      some\n      text", ""]
)
def test_values_over_several_lines_and_empty_ones_are_replaced(old: str) -> None:
    text = FILE.replace("diameter: 15    # pixels", f"diameter: {old}".rstrip(" "))
    after = with_values(text, {"peaks.diameter": 21})
    assert Graph.from_yaml(after).nodes["peaks"].parameters == {"diameter": 21, "percentile": 80, "separation": 100}


@given(st.recursive(st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.booleans()), st.lists))
def test_whatever_is_written_reads_back_as_the_same(value: object) -> None:
    assert (
        Graph.from_yaml(with_values(FILE, {"peaks.percentile": value})).nodes["peaks"].parameters["percentile"] == value
    )


@pytest.mark.parametrize("name", ready_graphs())
def test_every_ready_graph_takes_a_value_and_keeps_all_else(name: str) -> None:
    text = dict(ready_files())[name].read_bytes().decode()
    graph = Graph.from_yaml(text)
    node, parameter = next((n.name, p) for n in graph.nodes.values() for p in n.parameters)
    after = with_values(text, {f"{node}.{parameter}": "something else"})
    assert Graph.from_yaml(after).nodes[node].parameters[parameter] == "something else"
    assert len(changed_lines(text, after)) == 1
