"""A run and a plan, laid on the picture of a graph."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from headrace.engine.documents.result import Result
from headrace.engine.model.graph import Graph, Node
from headrace.engine.model.registry import installed
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.view import fold, render, to_dot, to_json, to_mermaid, to_png, to_svg, to_text, with_plan, with_run
from headrace.engine.view.palette import FAULT
from headrace.engine.view.recorded import recorded
from headrace.engine.view.rendered import Rendered


@pytest.fixture
def done(failed: Result) -> Rendered:
    rendered = recorded(failed.start, failed.stop)
    assert rendered is not None
    return rendered


def test_each_node_tells_what_came_and_went_and_how_long_it_took(done: Rendered, failed: Result) -> None:
    tallies = {node.name: node.tally for node in done.nodes}
    lit, some = tallies["lit"], tallies["some"]
    assert lit is not None
    assert some is not None
    assert (lit.given, lit.out, lit.failed) == (6, 3, 3)
    assert (some.given, some.out, some.filtered) == (6, 3, 3)
    assert sum(tally.share for tally in tallies.values() if tally) == pytest.approx(1)
    assert [name for name, tally in tallies.items() if tally and tally.slowest] == [
        max(failed.stop["headrace"]["seconds"].items(), key=lambda pair: pair[1])[0]  # type: ignore[index]
    ]


def test_an_edge_tells_how_much_went_along_it(done: Rendered) -> None:
    names = {node.id: node.name for node in done.nodes}
    counts = {(names[edge.source], names[edge.target]): edge.count for edge in done.edges}
    assert counts["mean", "lit"] == 6
    assert counts["lit", "total"] == 3
    assert counts["total", "keep"] is None  # it comes at the end, once


def test_every_picture_shows_what_failed(done: Rendered) -> None:
    for write in (to_text, to_mermaid, to_dot, to_svg):
        assert "3 failed" in write(done)
    told = {node["name"]: node["tally"] for node in json.loads(to_json(done))["nodes"]}
    assert told["lit"]["failed"] == 3
    assert json.loads(to_json(done))["run"]["verdict"] == "fail"
    ET.fromstring(to_svg(done).encode())
    assert to_png(done).startswith(b"\x89PNG")


def test_the_box_in_which_events_failed_is_red_and_no_other(done: Rendered) -> None:
    root = ET.fromstring(to_svg(done).encode())
    groups = root.iterfind(".//{*}g[@data-node]")
    red = [group.get("data-node") for group in groups if group.find(f"{{*}}rect[@stroke='{FAULT.line}']") is not None]
    assert red == [node.id for node in done.nodes if node.name == "lit"]


def test_a_run_that_never_ended_is_said_to_be_so(failed: Result) -> None:
    rendered = recorded(failed.start, None)
    assert rendered is not None
    assert "not ended" in to_text(rendered)
    assert all(node.tally is None for node in rendered.nodes)


def test_node_types_that_are_not_installed_are_not_wrong_in_a_run_that_was_done() -> None:
    graph = {"headrace": 1, "graph": "mine", "nodes": {"a": {"type": "my_own"}}}
    rendered = recorded({"uid": "u", "headrace": {"graph": graph}}, {"exit_status": "success"})
    assert rendered is not None
    assert not rendered.nodes[0].broken


@pytest.mark.parametrize(
    "about", [None, [], {"nodes": []}, {"nodes": {"lit": 3}, "seconds": {"lit": "long"}, "events": [[1], 2]}]
)
def test_documents_that_make_no_sense_give_a_picture_without_counts(done: Rendered, about: object) -> None:
    rendered = with_run(done, {"uid": "u"}, {"headrace": about})
    assert "u" in to_text(rendered)
    assert to_svg(rendered)


def test_a_percentile_that_was_recorded_is_shown(done: Rendered) -> None:
    about = {"nodes": {"lit": {"in": 1, "out": 1}}, "latency": {"lit": {"p95": 0.012}}}
    assert "p95 12 ms" in to_text(with_run(done, {"uid": "u"}, {"headrace": about}))


@pytest.fixture
def planned() -> Rendered:
    frames = Node("frames", "source", {}, {"field": "image"})
    dark = Node("dark", "dark", {}, {"key": "k", "field": "image"})
    clean = Node("clean", "dark_subtract", {"frame": "frames", "dark": "dark"})
    total = Node("total", "accumulate", {"value": "clean"}, {"how": "mean"})
    keep = Node("keep", "sink", {"total": "total"})
    graph = Graph("g", {node.name: node for node in (frames, dark, clean, total, keep)})
    return with_plan(render(graph), compile_graph(graph, installed(), "stateless"))


def test_the_plan_tells_segments_steps_and_slots(planned: Rendered) -> None:
    text = to_text(planned)
    assert "segment 3, anywhere: clean" in text
    assert "dark.begin() → #1, held for the run" in text
    assert "clean(#0, #1) → #2, then #0 is free" in text
    assert "segment 4, in order: total, keep" in text


def test_every_node_stands_on_the_ground_of_its_segment(planned: Rendered) -> None:
    root = ET.fromstring(to_svg(planned).encode())
    grounds = [rect for rect in root.iterfind(".//{*}rect") if "hr-frame" in (rect.get("class") or "")]
    assert len(grounds) == len(planned.nodes) + 2  # and two in the legend
    assert to_dot(planned).count("subgraph") == to_mermaid(planned).count("subgraph") == 4


def test_a_folded_plan_and_run_are_drawn(lanes: Graph) -> None:
    plan = compile_graph(lanes, installed(), "stateless")
    counts = {name: {"in": 7, "out": 7, "failed": int(name == "peaks_3")} for name in lanes.nodes}
    stop = {"exit_status": "fail", "headrace": {"nodes": counts, "seconds": dict.fromkeys(lanes.nodes, 0.5)}}
    folded = fold(with_run(with_plan(render(lanes), plan), {"uid": "u"}, stop))
    pile = next(node for node in folded.nodes if node.name == "peaks_… (59)")
    assert pile.tally is not None
    assert pile.tally.given == 7 * 59
    assert "peaks_3" in [node.name for node in folded.nodes]
    assert {node for segment in folded.segments for node in segment.nodes} == {node.id for node in folded.nodes}
    assert to_svg(folded)
