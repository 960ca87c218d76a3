"""Values of an event stay together, whatever fails, is left out, or comes in between."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from headrace.engine.model.graph import Graph

FUSINGS = ["all", "stateless", "none"]


def diamond(kit: SimpleNamespace, **right: Any) -> Graph:
    x = kit.read(field="x")
    return Graph("diamond").keep(pair=kit.add(kit.plus(x, by=0), kit.plus(x, by=100, **right)), left=kit.plus(x))


@pytest.mark.parametrize("fuse", FUSINGS)
def test_an_exception_in_one_branch_mispairs_no_later_event(kit: SimpleNamespace, rig: Any, fuse: str) -> None:
    bench = rig(diamond(kit, fail_on=[3]), fuse)
    bench.whole([1, 2, 3, 4, 5])
    assert bench.out.values["pair"] == [(1, 102), (2, 104), (4, 108), (5, 110)]


@pytest.mark.parametrize("fuse", FUSINGS)
def test_siblings_of_a_failed_node_still_get_the_event(kit: SimpleNamespace, rig: Any, fuse: str) -> None:
    bench = rig(diamond(kit, fail_on=[3]), fuse)
    bench.whole([1, 2, 3, 4, 5])
    assert bench.out.values["left"] == [(n, n + 1) for n in range(1, 6)]


@pytest.mark.parametrize("fuse", FUSINGS)
def test_an_event_left_out_is_absent_downstream_only(kit: SimpleNamespace, rig: Any, fuse: str) -> None:
    bench = rig(diamond(kit, skip_on=[2]), fuse)
    summary = bench.whole([1, 2, 3])
    assert [number for number, _ in bench.out.values["pair"]] == [1, 3]
    assert len(bench.out.values["left"]) == 3
    assert summary.verdict == ("success", "")


def test_interleaved_runs_have_state_of_their_own(kit: SimpleNamespace, rig: Any) -> None:
    total = kit.total(kit.read(field="x"))
    bench = rig(Graph("sums").keep(total=total, running=total.running))
    bench.start("one")
    bench.start("two")
    for number in range(1, 4):
        bench.event(number, run="one", x=1)
        bench.event(number, run="two", x=10)
    bench.stop("two")
    bench.stop("one")
    assert bench.out.values["one:total"] == [(None, 3)]
    assert bench.out.values["two:total"] == [(None, 30)]
    assert bench.out.values["two:running"] == [(1, 10), (2, 20), (3, 30)]


def test_a_held_value_joins_the_events_that_come_after_it(kit: SimpleNamespace, rig: Any) -> None:
    dark = kit.held(field="d", stream="dark")
    light = kit.add(kit.read(field="x"), kit.plus(dark, by=1000))
    bench = rig(Graph("held").keep(light=light))
    bench.start()
    bench.event(1, stream="dark", d=100)
    bench.event(1, x=1)
    bench.event(2, stream="dark", d=200)
    bench.event(2, x=2)
    bench.event(3, x=3)
    assert bench.stop().verdict == ("success", "")
    assert bench.out.values["light"] == [(1, 1101), (2, 1202), (3, 1203)]


def test_an_event_before_its_held_value_fails_or_is_left_out_as_declared(kit: SimpleNamespace, rig: Any) -> None:
    for policy, status in (("error", "fail"), ("skip", "success")):
        light = kit.add(kit.read(field="x"), kit.held(field="d", stream="dark", missing=policy))
        bench = rig(Graph("held").keep(light=light))
        bench.start()
        bench.event(1, x=1)
        bench.event(1, stream="dark", d=100)
        bench.event(2, x=2)
        assert bench.stop().verdict[0] == status
        assert bench.out.values["light"] == [(2, 102)]


def test_what_is_made_of_a_held_value_is_made_once_per_renewal(kit: SimpleNamespace, rig: Any) -> None:
    dark = kit.plus(kit.held(field="d", stream="dark"), by=1)
    bench = rig(Graph("held").keep(sum=kit.add(kit.read(field="x"), dark), dark=dark))
    bench.start()
    bench.event(1, stream="dark", d=10)
    for number in range(1, 6):
        bench.event(number, x=number)
    bench.event(2, stream="dark", d=20)
    summary = bench.stop()
    assert bench.out.values["dark"] == [(1, 11), (2, 21)]
    assert summary.counts["plus" if "plus" in summary.counts else "dark"]["in"] == 2


def test_events_of_a_stream_that_no_node_reads_are_passed_by(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("one").keep(x=kit.read(field="x")))
    bench.start()
    bench.event(1, stream="baseline", motor=1.0)
    bench.event(1, x=5)
    summary = bench.stop()
    assert bench.out.values == {"x": [(1, 5)]}
    assert summary.events == {"baseline": 1, "primary": 1}


def test_events_of_a_run_that_never_began_are_counted_and_harm_nothing(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("one").keep(x=kit.read(field="x")))
    bench.event(1, run="stranger", x=1)
    bench.whole([7])
    assert bench.pipeline.unknown == 1
    assert bench.out.values == {"x": [(1, 7)]}
