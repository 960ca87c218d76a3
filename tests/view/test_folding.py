"""Large graphs are folded: into few boxes, without a loop, and what is wrong stays in sight."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import Graph, Node
from headrace.engine.view import fold, foldable, render, to_json, to_svg, to_text
from headrace.engine.view.rendered import Rendered, RenderedEdge, RenderedNode


def test_the_same_steps_for_many_regions_become_a_pile_for_each_step(lanes: Graph) -> None:
    rendered = render(lanes)
    assert foldable(rendered)
    folded = fold(rendered)
    piles = ["roi_…", "mean_…", "peaks_…", "tracks_…", "maps_…"]
    assert [node.name for node in folded.nodes] == ["frames", *(f"{name} (60)" for name in piles), "keep"]
    assert [node.role for node in folded.nodes] == ["source", *["group"] * 5, "sink"]
    assert [edge.label for edge in folded.edges][:2] == ["60 lines", "60 Stacks"]
    assert folded.nodes[3].parameters == (("diameter", "11 px"),)  # what all of them share
    assert "peaks_59" in to_svg(folded)


def test_a_broken_node_is_never_folded_away(lanes: Graph) -> None:
    rendered = render(lanes, [Fault("HR901", "too much", node="peaks_7")])
    folded = fold(rendered)
    assert [node.name for node in folded.nodes if node.broken] == ["peaks_7"]
    assert "peaks_… (59)" in [node.name for node in folded.nodes]


def test_of_very_many_broken_nodes_the_pile_tells_some(lanes: Graph) -> None:
    rendered = render(lanes, [Fault("HR901", "too much", node=f"peaks_{number}") for number in range(60)])
    pile = next(node for node in fold(rendered).nodes if node.broken)
    assert pile.name == "peaks_… (60)"
    assert pile.problems == ("HR901 too much", "HR901 too much", "HR901 too much", "and 57 more")


def test_nodes_named_alike_and_chains_are_folded_where_numbers_tell_nothing() -> None:
    nodes = [Node("frames", "source", {}, {"field": "image"})]
    for word in ("left", "right", "upper", "lower", "inner", "outer", "near", "far"):
        parts = [f"{word}_{step}" for step in ("cut", "clean", "mean", "peaks")]
        nodes += [Node(name, "average", {"frames": before}) for before, name in pairwise(["frames", *parts])]
    folded = fold(render(Graph("words", {node.name: node for node in nodes})))
    assert sorted(node.name for node in folded.nodes)[:3] == ["far_… (4)", "frames", "inner_… (4)"]
    assert len(folded.nodes) == 9


def test_a_small_graph_stays_as_it_is() -> None:
    rendered = render(Graph("g", {"a": Node("a", "source", {}, {"field": "x"})}))
    assert not foldable(rendered)
    assert fold(rendered) == rendered


def boxes_of(folded: Rendered) -> dict[str, str]:
    return {name: node.id for node in folded.nodes for name in (node.members or (node.name,))}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b_x", "b_y", "c"]), min_size=2, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=150),
)
def test_folding_loses_no_node_and_makes_no_loop(stems: list[str], pairs: list[tuple[int, int]]) -> None:
    nodes = tuple(RenderedNode(f"n{n}", f"{stem}{n}", stem) for n, stem in enumerate(stems))
    wires = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1] and max(pair) < len(stems)}
    edges = tuple(RenderedEdge(f"n{a}", f"n{b}", "out", "in") for a, b in sorted(wires))
    folded = fold(Rendered("g", nodes=nodes, edges=edges), few=3)
    boxes = boxes_of(folded)
    assert sorted(boxes) == sorted(node.name for node in nodes)
    between = {(boxes[nodes[a].name], boxes[nodes[b].name]) for a, b in wires}
    graph: nx.DiGraph[str] = nx.DiGraph([pair for pair in between if pair[0] != pair[1]])
    assert nx.is_directed_acyclic_graph(graph)
    assert {(edge.source, edge.target) for edge in folded.edges} == {pair for pair in between if pair[0] != pair[1]}
    place = {node.id: number for number, node in enumerate(folded.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in folded.edges)
    assert to_svg(folded)
    assert to_text(folded)
    assert to_json(folded)
