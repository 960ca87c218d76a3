"""Laws over random graphs and random failures: values, counts, and the same for every way of fusing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.engine.model.graph import Graph, Node

EVENTS = 5


@st.composite
def random_graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of a source, sums and increments, some of which fail or leave events out, and two totals."""
    nodes = {"n0": Node("n0", "read", {}, {"field": "x"})}
    for number in range(1, draw(st.integers(2, 9))):
        name = f"n{number}"
        inputs = [draw(st.sampled_from(list(nodes))) for _ in range(2)]
        if draw(st.booleans()):
            nodes[name] = Node(name, "add", {"left": inputs[0], "right": inputs[1]})
        else:
            some = st.lists(st.integers(0, 40), max_size=6)
            trouble = {"fail_on": draw(some), "skip_on": draw(some)}
            nodes[name] = Node(name, "plus", {"value": inputs[0]}, trouble)
    last = list(nodes)[-2:]
    totals = {f"t{n}": Node(f"t{n}", "total", {"value": name}) for n, name in enumerate(last)}
    kept = {name: name for name in nodes} | {name: name for name in totals}
    return Graph("random", {**nodes, **totals, "keep": Node("keep", "sink", kept)})


def expected(graph: Graph, x: int) -> dict[str, tuple[str, int]]:
    """Work one event out by hand: for each node how it ends (out, filtered, failed, absent) and the value."""
    ends: dict[str, tuple[str, int]] = {}
    for name, node in graph.nodes.items():
        given_to = [ends[reference] for reference in node.inputs.values()] if node.type != "sink" else []
        if any(how != "out" for how, _ in given_to):
            ends[name] = ("absent", 0)
        elif node.type == "read":
            ends[name] = ("out", x)
        elif node.type == "add":
            ends[name] = ("out", given_to[0][1] + given_to[1][1])
        elif node.type == "plus":
            value = given_to[0][1]
            failed, filtered = value in node.parameters["fail_on"], value in node.parameters["skip_on"]
            ends[name] = ("failed" if failed else "filtered" if filtered else "out", value + 1)
        elif node.type == "total":
            ends[name] = ("out", given_to[0][1])
    return ends


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=random_graphs())
def test_values_and_counts_agree_with_working_by_hand_however_steps_are_fused(
    kit: SimpleNamespace, rig: Any, graph: Graph
) -> None:
    by_hand = [expected(graph, x) for x in range(EVENTS)]
    outcomes = []
    for fuse in ("all", "stateless", "none"):
        bench = rig(graph, fuse)
        summary = bench.whole(list(range(EVENTS)))
        outcomes.append((bench.out.values, summary.counts, len(bench.out.letters)))
        for name, count in summary.counts.items():
            if name == "keep":
                continue
            ends = [event[name][0] for event in by_hand]
            assert count["in"] == count["out"] + count["filtered"] + count["failed"]
            assert count == {
                "in": EVENTS - ends.count("absent"),
                **{how: ends.count(how) for how in ("out", "filtered", "failed")},
            }
            if not name.startswith("t"):
                values = [(n, event[name][1]) for n, event in enumerate(by_hand, 1) if event[name][0] == "out"]
                assert bench.out.values.get(name, []) == values
    assert outcomes[0] == outcomes[1] == outcomes[2]
