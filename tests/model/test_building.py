"""Writing a graph in Python: names, sinks, mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headrace import named
from headrace.engine.model.check import check_graph, require_sound
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import GraphError
from headrace.engine.model.graph import Graph
from headrace.engine.model.node import node
from headrace.engine.model.ports import Frame
from headrace.engine.model.registry import types_for
from headrace.nodes import accumulate, average, crystal_map, link, locate, source

HERE = Path(__file__)

mistaken: Any = average  # what a type checker would refuse, too
any_accumulate: Any = accumulate


def line_with(text: str) -> int:
    return next(number for number, line in enumerate(HERE.read_text().splitlines(), 1) if text in line)


def test_nodes_are_named_as_they_are_kept_or_after_their_type() -> None:
    frames = source(field="image")
    graph = Graph("g").keep(mean=average(frames), other=average(average(frames)))
    assert list(graph.nodes) == ["source", "mean", "average", "other", "keep"]
    assert graph.nodes["keep"].inputs == {"mean": "mean", "other": "other"}


def test_a_further_output_is_kept_by_reference() -> None:
    maps = crystal_map(link(locate(source(field="i"), diameter=5), search_range=2))
    graph = Graph("g").keep(maps=maps, grains=maps.grains, first=maps.maps)
    assert graph.nodes["keep"].inputs == {"maps": "maps", "grains": "maps.grains", "first": "maps"}


def test_results_go_to_a_sink_of_any_name() -> None:
    frames = source(field="image")
    graph = Graph("g").keep("raw", frames=frames).keep("clean", mean=average(frames), sink=average(frames))
    assert {name for name, n in graph.nodes.items() if n.type == "sink"} == {"raw", "clean"}
    assert graph.nodes["clean"].inputs == {"mean": "mean", "sink": "sink"}
    assert check_graph(graph) == []


def test_a_result_name_that_a_node_has_already_names_no_other_node() -> None:
    mean = named("mean", average(source(field="a")))
    graph = Graph("g").keep(mean=average(mean))
    assert graph.nodes["keep"].inputs == {"mean": "average"}


def test_parameters_that_were_set_survive_further_building() -> None:
    frames = source(field="image")
    graph = Graph("g").keep(mean=average(frames)).set({"source.field": "other"}).keep("more", raw=frames)
    assert graph.nodes["source"].parameters == {"field": "other"}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Graph("g").keep(mean=3), "mean must be a port, got int"),
        (lambda: Graph("g").keep(a=source(field="a")).keep(a=source(field="b")), "keeps a result 'a' already"),
        (lambda: Graph("g").add(named("a", source()), named("a", source())), "two nodes are named 'a'"),
        (lambda: Graph("g").add(named("keep", source())).keep(a=source()), "'keep' is a node of type 'source'"),
        (lambda: Graph("g").set({"peaks": 3}), "expected NODE.PARAMETER"),
        (lambda: Graph("g").keep(a=named("raw", source())).set({"rav.field": 3}), "did you mean 'raw'"),
        (lambda: mistaken(source(), sped=3), "has no parameter 'sped'"),
        (lambda: mistaken(source(), source()), "has 1 inputs by position, got 2"),
        (lambda: mistaken(source(), frames=source()), "given twice"),
        (lambda: named("a", 3), "needs a port, got int"),
        (lambda: named("b", named("a", source())), "is named 'a' already"),
    ],
)
def test_a_mistake_in_python_is_refused_where_it_is_made(build: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build()


def test_faults_of_a_python_graph_point_at_the_line_that_wrote_the_node() -> None:
    peaks = locate(source(field="image"), diameter=4)  # the wrong line
    graph = Graph("g").keep(peaks=peaks)
    (fault,) = check_graph(graph)
    assert fault.code == "HR304"
    assert fault.where is not None
    assert (fault.where.file, fault.where.line) == (__file__, line_with("# the wrong line"))


def test_faults_of_results_point_at_the_line_that_keeps_them() -> None:
    frames = named("frames", source(field="image"))
    graph = Graph("g").keep(**{"my frames": frames})  # the wrong name
    (fault,) = check_graph(graph)
    assert fault.where is not None
    assert (fault.code, fault.where.line) == ("HR210", line_with("# the wrong name"))


def test_a_parameter_that_was_set_wrongly_says_who_set_it() -> None:
    graph = Graph.from_yaml("headrace: 1\ngraph: g\nnodes:\n  a: {type: source, field: x}\n  k: {type: sink, in: a}\n")
    (fault,) = check_graph(graph.set({"a.field": 3}))
    assert (fault.code, str(fault.where)) == ("HR303", "--set a.field")


def test_node_types_of_the_program_itself_are_known_to_the_check() -> None:
    @node
    def invert(frame: Frame) -> Frame:
        return -frame

    graph = Graph("g").keep(inverse=invert(source(field="image")))
    assert check_graph(graph) == []
    assert types_for(graph)["invert"] is invert.node_type


def test_a_graph_with_faults_is_refused_with_all_of_them() -> None:
    peaks = locate(source(field="image"), diameter=4, percentile=200)
    graph = Graph("g").keep(peaks=peaks, total=any_accumulate(peaks, how="summ"))
    with pytest.raises(GraphError, match="graph 'g' has 3 faults") as caught:
        require_sound(graph)
    assert sorted(fault.code for fault in caught.value.faults) == ["HR304", "HR304", "HR306"]


def test_a_sound_graph_is_not_refused() -> None:
    require_sound(Graph("g").keep(raw=source(field="image")))
