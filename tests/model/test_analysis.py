"""What follows from a graph: order, cadences, streams."""

from __future__ import annotations

from headrace.engine.model.analysis import Analysis, Link, analyse
from headrace.engine.model.graph import Graph
from headrace.engine.model.ports import Cadence
from headrace.engine.model.registry import Registry

HEAD = "headrace: 1\ngraph: g\nnodes:\n"
RUN, EVENT, FINAL = Cadence.RUN, Cadence.EVENT, Cadence.FINAL


def facts_of(registry: Registry, nodes: str) -> Analysis:
    return analyse(Graph.from_yaml(HEAD + nodes, registry), registry)


def test_nodes_stand_after_their_inputs_and_otherwise_as_they_were_written(registry: Registry) -> None:
    facts = facts_of(
        registry,
        "  k: {type: sink, in: [b, z]}\n  b: {type: average, in: a}\n  z: {type: source}\n  a: {type: source}\n",
    )
    assert facts.order == ("z", "a", "b", "k")


def test_sources_run_on_their_stream_or_once_per_run(registry: Registry) -> None:
    facts = facts_of(
        registry,
        "  a: {type: source, field: x}\n  b: {type: source, field: x, stream: baseline}\n"
        "  c: {type: source, of: start, field: x}\n  d: {type: dark, key: u, field: x}\n"
        "  e: {type: dark, stream: dark, field: x}\n",
    )
    assert {name: facts.cadence[name]["out"] for name in facts.order} == {
        "a": EVENT,
        "b": EVENT,
        "c": RUN,
        "d": RUN,
        "e": RUN,
    }
    assert facts.stream == {"a": "primary", "b": "baseline", "c": None, "d": None, "e": "dark"}


def test_a_function_takes_the_cadence_of_its_inputs(registry: Registry) -> None:
    facts = facts_of(
        registry,
        "  f: {type: source, field: x}\n  d: {type: dark, key: u, field: x}\n  m: {type: average, in: d}\n"
        "  c: {type: dark_subtract, in: [f, m]}\n  s: {type: accumulate, in: c, how: sum}\n"
        "  t: {type: average, in: s}\n",
    )
    assert facts.cadence["m"]["out"] is RUN
    assert (facts.cadence["c"]["out"], facts.stream["c"]) == (EVENT, "primary")
    assert facts.cadence["s"] == {"out": FINAL, "running": EVENT}
    assert (facts.cadence["t"]["out"], facts.stream["t"]) == (FINAL, None)


def test_a_held_class_joins_any_stream_and_runs_on_its_own(registry: Registry) -> None:
    facts = facts_of(registry, "  r: {type: source, stream: baseline, field: x}\n  l: {type: latest, in: r}\n")
    assert (facts.cadence["l"]["out"], facts.stream["l"]) == (RUN, "baseline")


def test_edges_name_the_ports_they_join(registry: Registry) -> None:
    facts = facts_of(
        registry,
        "  a: {type: source}\n  h: {type: split, in: a}\n  c: {type: dark_subtract, in: [h.right, h]}\n",
    )
    assert facts.graph.edges["h", "c"]["links"] == (Link("right", "frame"), Link("left", "dark"))


def test_what_cannot_be_known_is_left_out_and_the_rest_stays(registry: Registry) -> None:
    facts = facts_of(
        registry,
        "  a: {type: nobody}\n  b: {type: average, in: a}\n  c: {type: average, in: nowhere}\n"
        "  d: {type: average, in: e}\n  e: {type: average, in: d}\n  f: {type: source, of: 5}\n",
    )
    assert set(facts.types) == {"b", "c", "d", "e", "f"}
    assert facts.cadence["b"] == facts.cadence["d"] == {}
    assert facts.cycles == (("d", "e"),)
    assert set(facts.order) == set("abcdef")
