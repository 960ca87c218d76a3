"""Mermaid, DOT and SVG: what stands in them can't be broken by names, and boxes don't cover each other."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.graph import Graph, Node
from headrace.engine.view import Rendered, render, to_dot, to_mermaid, to_svg
from headrace.engine.view.layered import arrange
from headrace.engine.view.palette import FAULT, paints
from headrace.engine.view.spacing import spaced

HOSTILE = [
    '"]; click n1 call alert(1)',
    "</text></svg><script>alert(1)</script>",
    "a\\",
    'a\\"; n9 [label="b',
    "end",
    "%%{init: {}}%%",
    "`#quot;` &lt; &amp; ]]>",
    "<b>bold</b>",
    "漢字 é $x$",
]
NAMESPACE = "{http://www.w3.org/2000/svg}"


def hostile_graph(name: str) -> Rendered:
    frames = Node("frames", "source", {}, {"field": name}, note=name)
    graph = Graph(
        name,
        {"frames": frames, name: Node(name, "average", {"frames": "frames"}), "k": Node("k", "sink", {name: name})},
        name,
    )
    return render(graph)


@pytest.mark.parametrize("name", HOSTILE)
def test_svg_is_well_formed_and_holds_nothing_but_drawing(name: str) -> None:
    root = ET.fromstring(to_svg(hostile_graph(name)).encode())
    tags = {element.tag.removeprefix(NAMESPACE) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text", "tspan"}
    assert root.findtext(f"{NAMESPACE}title") == name


@pytest.mark.parametrize("name", HOSTILE)
def test_mermaid_labels_hold_no_mark_that_means_something(name: str) -> None:
    for line in to_mermaid(hostile_graph(name)).splitlines()[1:]:
        for label in re.findall(r'"([^"]*)"', line):
            plain = re.sub(r"#\d+;", "", label.replace("<b>", "").replace("</b>", "").replace("<br/>", ""))
            assert not set(plain) & set('"<>[]{}|;`#%&\\$')
        assert re.fullmatch(r'  (n\d+[\[({/]+".*"[\])}/]+|n\d+ -\.?->(\|".*"\|)? n\d+|(style|linkStyle) .*)', line)


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_strings_end_where_they_should(name: str) -> None:
    for line in to_dot(hostile_graph(name)).splitlines():
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "S", line)
        assert '"' not in bare
        assert re.fullmatch(r"digraph S \{|\}|  (graph|node|edge|n\d+( -> n\d+)?)( \[[\w =,.#S]*\])?", bare)


def test_what_is_known_once_per_run_is_dashed() -> None:
    dark = Node("dark", "dark", {}, {"key": "k", "field": "image"})
    clean = Node("clean", "dark_subtract", {"frame": "dark", "dark": "dark"})
    rendered = render(Graph("g", {"dark": dark, "clean": clean}))
    assert "-.->" in to_mermaid(rendered)
    assert "style=dashed" in to_dot(rendered)
    assert 'stroke-dasharray="6 4"' in to_svg(rendered)


def test_families_have_colours_of_their_own_and_none_is_that_of_faults() -> None:
    kinds = ["source", "dark", "average", "locate", "crystal_map", "accumulate", "sink"]
    rendered = render(Graph("g", {kind: Node(kind, kind) for kind in kinds}))
    lines = [paint.line for paint in paints(rendered).values()]
    assert len(set(lines)) == len(lines) == len(kinds)
    assert FAULT.line not in lines


def test_a_fault_is_red_in_every_diagram() -> None:
    rendered = render(Graph("g", {"a": Node("a", "no_such_type")}))
    for write in (to_mermaid, to_dot, to_svg):
        assert FAULT.line in write(rendered)


edges = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=24)


@settings(deadline=None)
@given(edges, st.lists(st.floats(20, 300), min_size=12, max_size=12))
def test_boxes_keep_apart_and_every_line_runs_down(pairs: list[tuple[int, int]], widths: list[float]) -> None:
    sizes = {str(number): (width, 30.0 + width / 10) for number, width in enumerate(widths)}
    wires = list(dict.fromkeys((str(min(p)), str(max(p))) for p in pairs if p[0] != p[1]))
    layout = arrange(sizes, wires)
    areas = [(x - sizes[n][0] / 2, y, x + sizes[n][0] / 2, y + sizes[n][1]) for n, (x, y) in layout.boxes.items()]
    for one, other in combinations(areas, 2):
        assert one[2] <= other[0] + 1e-6 or other[2] <= one[0] + 1e-6 or one[3] <= other[1] or other[3] <= one[1]
    assert all(left >= -1e-6 and right <= layout.width + 1e-6 for left, _, right, _ in areas)
    assert set(layout.routes) == set(wires)
    for route in layout.routes.values():
        assert all(upper[1] <= lower[1] for upper, lower in pairwise(route))


def test_a_line_past_a_layer_runs_beside_its_boxes() -> None:
    sizes = {"a": (100.0, 30.0), "b": (100.0, 30.0), "c": (100.0, 30.0)}
    layout = arrange(sizes, [("a", "b"), ("b", "c"), ("a", "c")])
    _, entering, leaving, _ = layout.routes["a", "c"]
    assert entering[0] == leaving[0]
    assert abs(entering[0] - layout.boxes["b"][0]) > 50


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(1, 100)), max_size=12))
def test_spacing_keeps_order_and_distance_and_leaves_alone_what_fits(items: list[tuple[float, float]]) -> None:
    wanted, widths = [place for place, _ in items], [width for _, width in items]
    places = spaced(wanted, widths, 5.0)
    for (left, a), (right, b) in pairwise(zip(places, widths, strict=True)):
        assert right - left >= (a + b) / 2 + 5 - 1e-6
    assert spaced(places, widths, 5.0) == pytest.approx(places)
