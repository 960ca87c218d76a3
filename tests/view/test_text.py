"""The listing of a graph in a terminal."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.graph import Graph, Node
from headrace.engine.view import render, to_text
from headrace.engine.view.rails import Rails


def rows(order: str, edges: list[tuple[str, str]]) -> list[str]:
    rails = Rails(edges)
    drawn = []
    for name in order:
        passed = rails.pass_node(name, name)
        drawn += [*passed.joints, passed.row]
    return drawn


def test_a_chain_is_one_line_down() -> None:
    assert rows("abc", [("a", "b"), ("b", "c")]) == ["a", "b", "c"]


def test_a_diamond_opens_and_closes() -> None:
    edges = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    assert rows("abcd", edges) == ["a", "├─╮", "│ b", "c │", "├─╯", "d"]


def test_a_line_that_only_passes_is_crossed_and_not_joined() -> None:
    edges = [("a", "d"), ("b", "e"), ("c", "d")]
    assert rows("abcde", edges) == ["a", "│ b", "│ │ c", "├─│─╯", "d │", "  e"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_every_node_has_a_row_and_no_line_is_left_over(pairs: list[tuple[int, int]]) -> None:
    edges = [(str(min(pair)), str(max(pair))) for pair in pairs if pair[0] != pair[1]]
    rails = Rails(edges)
    for number in range(10):
        passed = rails.pass_node(str(number), "●")
        assert passed.row.count("●") == 1
    assert passed.after == ""


def test_long_lines_are_cut_to_the_width_of_the_terminal() -> None:
    graph = Graph("long", {"frames": Node("frames", "source", {}, {"field": "x" * 200})})
    assert max(map(len, to_text(render(graph), width=60).splitlines())) <= 60


def test_the_number_of_faults_is_told_in_the_first_line() -> None:
    graph = Graph("broken", {"a": Node("a", "no_such_type", {"in": "nowhere"})})
    first, *_, last = to_text(render(graph)).splitlines()
    assert first == "broken: 2 nodes, 2 faults"
    assert last.endswith("✗ unknown node type")
