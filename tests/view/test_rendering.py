"""What a picture of a graph shows: sound, unfinished and broken graphs, and graphs with names made to break things."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.check import check_graph
from headrace.engine.model.faults import Fault
from headrace.engine.model.graph import Graph, Node
from headrace.engine.model.registry import installed
from headrace.engine.view import Rendered, render, to_dot, to_json, to_mermaid, to_svg, to_text
from headrace.nodes import average, crystal_map, dark, dark_subtract, link, locate, source

ALL = (to_text, to_mermaid, to_dot, to_json, to_svg)


def graph_of(*nodes: Node, name: str = "test") -> Graph:
    return Graph(name, {node.name: node for node in nodes})


@pytest.fixture
def mapping() -> Graph:
    clean = dark_subtract(average(source(field="image")), dark(key="sc_dk_field_uid", field="image"))
    tracks = link(locate(clean, diameter=11), search_range=5)
    maps = crystal_map(tracks)
    return Graph("mapping").keep(tracks=tracks, maps=maps, grains=maps.grains)


def edge_labels(rendered: Rendered) -> dict[tuple[str, str, str], str]:
    names = {node.id: node.name for node in rendered.nodes}
    return {(names[edge.source], names[edge.target], edge.input): edge.label for edge in rendered.edges}


def test_a_sound_graph_shows_types_cadences_streams_and_units(mapping: Graph) -> None:
    nodes = {node.name: node for node in render(mapping).nodes}
    assert (nodes["dark"].role, nodes["dark"].cadence, nodes["dark"].family) == ("source", "run", "darks")
    assert (nodes["locate"].cadence, nodes["locate"].stream) == ("event", "primary")
    assert nodes["locate"].parameters == (("diameter", "11 px"),)
    assert nodes["maps"].cadence == "final"
    assert nodes["keep"].role == "sink"
    assert not any(node.broken for node in nodes.values())


def test_nodes_stand_after_their_inputs(mapping: Graph) -> None:
    rendered = render(mapping)
    place = {node.id: number for number, node in enumerate(rendered.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in rendered.edges)


def test_an_edge_tells_its_port_type_once_and_names_ports_only_where_there_are_several(mapping: Graph) -> None:
    labels = edge_labels(render(mapping))
    assert labels["source", "average", "frames"] == ""
    assert labels["average", "dark_subtract", "frame"] == "Frame"
    assert labels["dark", "dark_subtract", "dark"] == "dark: Frame"
    assert labels["maps", "keep", "maps"] == "Stack"
    assert labels["maps", "keep", "grains"] == "grains: Table"
    assert sorted(label for (name, _, _), label in labels.items() if name == "tracks") == ["", "Table"]


def test_each_fault_stands_at_its_node_and_the_rest_at_the_graph() -> None:
    graph = graph_of(Node("frames", "source", {}, {"field": "image"}))
    rendered = render(graph, [Fault("HR901", "too much", node="frames"), Fault("HR902", "too little")])
    assert [fault.code for fault in rendered.nodes[0].faults] == ["HR901"]
    assert [fault.code for fault in rendered.faults] == ["HR902"]
    assert rendered.nodes[0].broken
    for write in ALL:
        assert "HR901" in write(rendered)
        assert "HR902" in write(rendered)


def test_faults_found_on_reading_are_shown_once() -> None:
    graph = Graph.from_yaml("headrace: 1\ngraph: g\nnodes:\n  a: {type: locat, in: b}\n")
    rendered = render(graph, check_graph(graph))
    messages = [str(fault) for node in rendered.nodes for fault in node.faults]
    messages += [str(fault) for fault in rendered.faults]
    assert messages
    assert len(messages) == len(set(messages))


def test_an_unknown_type_and_a_missing_node_are_drawn_as_wrong_without_any_check() -> None:
    rendered = render(graph_of(Node("peaks", "locat", {"frame": "clean"})))
    missing, peaks = rendered.nodes
    assert (missing.name, missing.role, missing.problems) == ("clean", "missing", ("not in the graph",))
    assert peaks.problems == ("unknown node type",)
    assert not rendered.edges[0].sound


def test_a_reference_to_a_port_that_is_not_there_is_no_sound_edge() -> None:
    frames = Node("frames", "source", {}, {"field": "image"})
    rendered = render(graph_of(frames, Node("mean", "average", {"frames": "frames.second"})))
    assert not rendered.edges[0].sound


def test_what_an_unknown_type_gives_may_be_right() -> None:
    rendered = render(graph_of(Node("mine", "my_own"), Node("mean", "average", {"frames": "mine"})))
    assert rendered.edges[0].sound


def test_a_loop_is_drawn_in_red_with_one_edge_that_goes_back() -> None:
    loop = graph_of(Node("a", "average", {"frames": "b"}), Node("b", "average", {"frames": "a"}))
    rendered = render(loop)
    assert [edge.sound for edge in rendered.edges] == [False, False]
    assert sorted(edge.back for edge in rendered.edges) == [False, True]
    assert "↺" in to_text(rendered)
    assert to_svg(rendered).count("<g data-edge=") == 2
    assert to_svg(rendered).count('hr-word hr-wrong"/></g>') == 2


def test_a_node_that_needs_itself_is_drawn() -> None:
    rendered = render(graph_of(Node("a", "average", {"frames": "a"})))
    assert [edge.back for edge in rendered.edges] == [True]
    for write in ALL:
        assert write(rendered)


def test_an_empty_graph_is_drawn() -> None:
    rendered = render(Graph("nothing-yet"))
    assert all("nothing-yet" in write(rendered) for write in (to_text, to_dot, to_json, to_svg))
    assert to_mermaid(rendered) == "flowchart TD"


def test_control_characters_and_direction_marks_never_reach_an_output() -> None:
    bad = "red\x1b[31m\r\n\u202egnp.exe\ud800\x00"
    graph = graph_of(Node(bad, "average", {"frames": bad + "x"}, {bad: bad}, note=bad), name=bad)
    rendered = render(graph, [Fault("HR9", bad, node=bad), Fault("HR9", bad)])
    for write in ALL:
        assert not set("\x1b\r\u202e\ud800\x00") & set(write(rendered))


names = st.text(max_size=30)
values = st.recursive(st.none() | st.booleans() | st.floats() | names, lambda inner: st.lists(inner, max_size=3))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    known = draw(st.lists(names, min_size=1, max_size=7, unique=True))
    refs = st.sampled_from(known) | names | st.builds("{}.{}".format, st.sampled_from(known), names)
    types = st.sampled_from([*installed(), "no_such_type"])
    nodes = [
        Node(
            name,
            draw(types),
            draw(
                st.dictionaries(st.sampled_from(["frame", "dark", "frames", "value", "tracks", "o"]), refs, max_size=3)
            ),
            draw(st.dictionaries(names, values, max_size=2)),
        )
        for name in known
    ]
    return graph_of(*nodes, name=draw(names))


@settings(deadline=None)
@given(graphs())
def test_any_graph_can_be_drawn_in_every_format(graph: Graph) -> None:
    rendered = render(graph, [Fault("HR9", "wrong", node=name) for name in list(graph.nodes)[:1]])
    assert len(rendered.edges) == sum(len(node.inputs) for node in graph.nodes.values())
    ET.fromstring(to_svg(rendered).encode())
    assert json.loads(to_json(rendered))["nodes"]
    assert len(to_mermaid(rendered).splitlines()) >= len(rendered.nodes)
    assert to_dot(rendered).endswith("}")
    assert to_text(rendered)


def test_drawing_a_graph_imports_nothing_heavy() -> None:
    code = (
        "import sys; from headrace.engine.view import render, to_svg; from headrace.engine.model.graph import Graph;"
        "to_svg(render(Graph('g'), registry={}));"
        "print([name for name in ('matplotlib', 'pandas', 'scipy', 'trackpy', 'numba') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
