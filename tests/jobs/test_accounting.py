"""Everything is accounted for, at every moment: what status says of random graphs while they work, and afterwards."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from event_model import compose_run
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import SKIP, Graph, Job, Scalar, Value, named, node, node_class
from headrace.engine.jobs.intake import Intake
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.jobs.status import NodeStatus, RunStatus
from headrace.nodes import source

EVENTS = 120


@node
def plus(value: Value, *, fail_on: list[int] | None = None, skip_on: list[int] | None = None) -> Value:
    """Add one; fail or leave out on command."""
    if value % 40 in (fail_on or []):
        msg = f"told to fail on {value}"
        raise ValueError(msg)
    return SKIP if value % 40 in (skip_on or []) else value + 1


@node
def add(left: Value, right: Value) -> Value:
    """Add two values."""
    return left + right


class Total:
    """Add up."""

    def __init__(self) -> None:
        self._sum = 0

    def update(self, value: Value) -> None:
        """Take one more."""
        self._sum += value

    def final(self) -> Scalar:
        """Give the sum."""
        return self._sum


total = node_class(Total)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of a source, sums and increments, some of which fail, leave events out, or stop the run."""
    ports = [source(field="x")]
    some = st.lists(st.integers(0, 39), max_size=4)
    for number in range(draw(st.integers(2, 8))):
        left, right = (draw(st.sampled_from(ports)) for _ in range(2))
        if draw(st.booleans()):
            ports.append(named(f"n{number}", add(left, right)))
        else:
            grown = plus(left, fail_on=draw(some), skip_on=draw(some))
            on_error = draw(st.sampled_from(["skip", "skip", "skip", "stop"]))
            ports.append(named(f"n{number}", grown, on_error=on_error))
    return Graph("random").keep(**{f"k{n}": port for n, port in enumerate(ports[1:])}, total=total(ports[-1]))


def documents(paced: threading.Event | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    run = compose_run(metadata={"num_points": EVENTS})
    yield "start", run.start_doc
    stream = run.compose_descriptor(name="primary", data_keys={"x": {"dtype": "integer", "shape": [], "source": "sim"}})
    yield "descriptor", stream.descriptor_doc
    for x in range(EVENTS):
        yield "event", stream.compose_event(data={"x": x}, timestamps={"x": 0.0})
    if paced is not None:
        paced.wait(30)
    yield "stop", run.compose_stop()


def law(one: NodeStatus) -> bool:
    return one.given == one.out + one.filtered + one.failed + one.dropped + one.queued


def check(graph: Graph, run: RunStatus) -> None:
    """Check what holds at every moment."""
    nodes = {one.name: one for one in run.nodes}
    came = run.events.get("primary", 0)
    for one in run.nodes:
        assert law(one)
        assert one.queued in (0, 1)
        if one.type == "source":
            assert one.given == came
        upstream = [nodes[name.partition(".")[0]].out for name in graph.nodes[one.name].inputs.values()]
        if upstream and one.type != "sink":
            assert one.given <= min(upstream)
    assert run.done + bool(run.working_on) + run.dropped == came


@pytest.fixture(autouse=True)
def frequent_switches() -> Iterator[None]:
    """Have threads take turns as often as can be, so that readings fall between any two steps of the work."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@settings(max_examples=25, deadline=None)
@given(graph=graphs())
def test_the_counts_of_random_graphs_add_up_at_every_moment_and_at_the_end(graph: Graph) -> None:
    held = threading.Event()
    with Job(graph) as job:
        monitor = Monitor([job])
        work = threading.Thread(target=job.run_documents, args=(documents(held),))
        work.start()
        last = None
        while last is None or sum(last.events.values()) < EVENTS:
            for last in monitor.status().graphs[0].open:
                check(job.graph, last)
        while monitor.status().graphs[0].open[0].working_on:
            pass
        [at_rest] = monitor.status().graphs[0].open
        check(job.graph, at_rest)
        assert not any(one.queued for one in at_rest.nodes)
        if not at_rest.reason:
            assert not any(one.dropped for one in at_rest.nodes)
        held.set()
        work.join(30)
        [ended] = monitor.status().graphs[0].ended
    assert ended.events == {"primary": EVENTS}
    assert all(law(one) for one in ended.nodes)
    stopped = "stopped by" in ended.reason
    at_rest_by_name = {one.name: one for one in at_rest.nodes}
    for one in ended.nodes:
        if one.type == "source":
            assert one.given == EVENTS
            assert (one.dropped > 0) == (ended.dropped > 0)
        if one.type not in ("total", "sink"):
            before = at_rest_by_name[one.name]
            assert (one.out, one.filtered, one.failed) == (before.out, before.filtered, before.failed)
    assert stopped or ended.dropped == 0
    by_hand = sum(one.failed for one in ended.nodes)
    assert ended.failures == by_hand
    assert monitor.totals().events["random"] == EVENTS


def test_a_node_that_is_at_work_is_running_and_has_the_event_in_hand() -> None:
    inside, go_on = threading.Event(), threading.Event()

    @node
    def slow(value: Value) -> Value:
        """Wait to be told."""
        inside.set()
        go_on.wait(30)
        return value

    graph = Graph("slow").keep(y=named("after", plus(named("slow", slow(source(field="x"))))))
    with Job(graph) as job:
        work = threading.Thread(target=job.run_documents, args=(documents(),))
        work.start()
        assert inside.wait(30)
        [run] = Monitor([job]).status().graphs[0].open
        go_on.set()
        work.join(30)
    nodes = {one.name: one for one in run.nodes}
    assert (nodes["slow"].state, nodes["slow"].queued, nodes["slow"].given) == ("running", 1, 1)
    assert (nodes["after"].state, nodes["after"].given) == ("idle", 0)
    assert run.working_on.endswith("/primary/1")
    assert (run.announced, run.done, run.state) == (EVENTS, 0, "open")


def test_a_node_that_failed_on_its_last_event_is_in_error_until_one_goes_well() -> None:
    held = threading.Event()
    graph = Graph("bad").keep(y=named("bad", plus(source(field="x"), fail_on=[3, 39])))
    with Job(graph) as job:
        monitor = Monitor([job])
        work = threading.Thread(target=job.run_documents, args=(documents(held),))
        work.start()
        run = None
        while run is None or run.events.get("primary", 0) < EVENTS or run.working_on:
            run = next(iter(monitor.status().graphs[0].open), None)
        held.set()
        work.join(30)
    bad = next(one for one in run.nodes if one.name == "bad")
    assert (bad.state, bad.failed, bad.last_error) == ("error", 6, "ValueError: told to fail on 119")
    assert bad.last_error_event.endswith("/primary/120")
    assert bad.p50 is not None
    assert bad.p95 is not None
    assert 0 < bad.p50 <= bad.p95


def test_a_source_that_comes_in_while_a_run_is_under_way_is_given_what_comes_from_then_on() -> None:
    def graph(*more: str) -> Graph:
        ports = {name: named(name, plus(named(f"read_{name}", source(field="x")))) for name in ("first", *more)}
        return Graph("g").keep(**{f"kept_{name}": port for name, port in ports.items()})

    with Job(graph()) as job:
        pairs = list(documents())
        statuses: list[RunStatus] = []
        intake = Intake([job])
        for number, (name, doc) in enumerate(pairs[:-1]):
            if number == 52:
                job.set(graph("second"))
            if number == 82:
                job.set(graph())
            if number == 102:
                job.set(graph("second"))
            intake.take(name, doc)
            statuses += Monitor([job]).status().graphs[0].open
    for run in statuses:
        for one in run.nodes:
            assert law(one)
            assert (one.dropped, one.queued) == (0, 0)
    nodes = {one.name: one for one in statuses[-1].nodes}
    assert (nodes["read_first"].given, nodes["read_second"].given) == (EVENTS, 30 + 20)
