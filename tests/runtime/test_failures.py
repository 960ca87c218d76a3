"""A failure stays with its node and its event, is told in full, and decides the verdict."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from headrace.engine.model.graph import Graph
from headrace.engine.model.wiring import named


def test_a_run_with_a_failed_event_is_no_success(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(y=kit.plus(kit.read(field="x"), fail_on=[2])))
    status, reason = bench.whole([1, 2, 3]).verdict
    assert status == "fail"
    assert reason == "1 failed (1 at 'y'); first: ValueError: told to fail on 2"


def test_a_dead_letter_names_graph_node_event_inputs_and_the_nodes_own_code(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(y=kit.shout(kit.read(field="x"))))
    bench.whole([np.zeros((3, 4), "uint16")])
    text = str(bench.out.letters[0])
    assert "graph 'g', node 'y' (shout) failed on event 5c1f0a2e/primary/1: RuntimeError" in text
    assert "inputs: value: uint16 array (3, 4)" in text
    assert "conftest.py" in text
    assert "executor.py" not in text


def test_the_events_after_a_failure_go_on(kit: SimpleNamespace, rig: Any) -> None:
    total = kit.total(kit.read(field="x"), fail_on=[2])
    bench = rig(Graph("g").keep(total=total))
    summary = bench.whole([1, 2, 3, 4])
    assert bench.out.values["total"] == [(None, 8)]
    assert summary.counts["total"] == {"in": 4, "out": 3, "filtered": 0, "failed": 1}


def test_stop_ends_the_run_and_counts_what_came_after(kit: SimpleNamespace, rig: Any) -> None:
    y = named("y", kit.plus(kit.read(field="x"), fail_on=[2]), on_error="stop")
    bench = rig(Graph("g").keep(y=y, total=kit.total(y)))
    summary = bench.whole([1, 2, 3, 4])
    assert bench.out.values == {"y": [(1, 2)]}
    assert summary.dropped == 2
    assert "stopped by 'y', 2 later events dropped" in summary.verdict[1]


def test_a_substitute_stands_in_for_a_scalar_and_the_failure_still_counts(kit: SimpleNamespace, rig: Any) -> None:
    y = named("y", kit.plus(kit.read(field="x"), fail_on=[2]), on_error={"substitute": -1})
    bench = rig(Graph("g").keep(y=y))
    summary = bench.whole([1, 2, 3])
    assert bench.out.values["y"] == [(1, 2), (2, -1), (3, 4)]
    assert summary.verdict[0] == "fail"


def test_a_node_that_forgets_to_return_fails_with_words(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(y=kit.blank(kit.read(field="x"))))
    bench.whole([1])
    assert "gave None where it declares an output" in bench.out.letters[0].error


def test_a_missing_field_fails_at_the_source_and_nothing_hangs(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(x=kit.read(field="x")))
    bench.start()
    bench.event(1, other=1)
    bench.event(2, x=2)
    assert bench.stop().counts["x"] == {"in": 2, "out": 1, "filtered": 0, "failed": 1}
    assert bench.out.values["x"] == [(2, 2)]


def test_lost_events_make_the_verdict_fail(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(x=kit.read(field="x")))
    bench.start()
    bench.event(1, x=1)
    assert bench.stop(lost={"primary": 2}).verdict == ("fail", "2 events never arrived ({'primary': 2})")


def test_a_raw_run_that_failed_gives_a_result_that_failed(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(x=kit.read(field="x")))
    bench.start()
    summary = bench.stop(exit_status="fail", reason="shutter stuck")
    assert summary.verdict == ("fail", "the raw run ended so: shutter stuck")


def test_closing_ends_open_runs_as_aborted(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(total=kit.total(kit.read(field="x"))))
    bench.start()
    bench.event(1, x=4)
    bench.pipeline.close()
    assert bench.out.values["total"] == [(None, 4)]
    assert bench.out.summaries[0].verdict[0] == "abort"


def test_a_node_that_gives_fewer_values_than_it_declares_fails_alone(kit: SimpleNamespace, rig: Any) -> None:
    pair = kit.halves(kit.read(field="x"))
    bench = rig(Graph("g").keep(pair=pair, right=pair.right, x=kit.read(field="x")))
    summary = bench.whole([2, 3, 4])
    assert summary.counts["pair"] == {"in": 3, "out": 2, "filtered": 0, "failed": 1}
    assert bench.out.values["right"] == [(1, 1), (3, 2)]
    assert len(bench.out.values["x"]) == 3


def test_one_result_that_cannot_be_kept_does_not_stop_the_others(kit: SimpleNamespace, rig: Any) -> None:
    x = kit.read(field="x")
    bench = rig(Graph("g").keep(bad=x, good=kit.plus(x)))
    keep = bench.out.value

    def picky(run: Any, output: Any, *rest: Any) -> None:
        if output.name == "bad":
            raise TypeError("no")
        keep(run, output, *rest)

    bench.out.value = picky
    summary = bench.whole([1, 2])
    assert bench.out.values["good"] == [(1, 2), (2, 3)]
    assert summary.counts["keep"]["failed"] == 2


def test_a_substitute_image_has_the_shape_of_the_last_good_one(kit: SimpleNamespace, rig: Any) -> None:
    y = named("y", kit.brighten(kit.read(field="x")), on_error={"substitute": 0})
    bench = rig(Graph("g").keep(y=y))
    bench.whole([np.ones((2, 3)), np.ones((4, 4)) * np.nan, np.ones((2, 3))])
    assert [(number, value.shape) for number, value in bench.out.values["y"]] == [(1, (2, 3)), (2, (2, 3)), (3, (2, 3))]


def test_without_a_good_image_before_it_there_is_no_substitute(kit: SimpleNamespace, rig: Any) -> None:
    y = named("y", kit.brighten(kit.read(field="x")), on_error={"substitute": 0})
    bench = rig(Graph("g").keep(y=y))
    summary = bench.whole([np.ones((4, 4)) * np.nan, np.ones((2, 3))])
    assert [number for number, _ in bench.out.values["y"]] == [2]
    assert summary.counts["y"] == {"in": 2, "out": 1, "filtered": 0, "failed": 1}


def test_a_node_that_exits_fails_like_any_other(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(y=kit.leave(kit.read(field="x")), x=kit.read(field="x")))
    assert bench.whole([1, 2]).verdict[0] == "fail"
    assert len(bench.out.values["x"]) == 2


def test_an_input_that_can_not_be_described_is_named_by_its_type(kit: SimpleNamespace, rig: Any) -> None:
    class Odd:
        columns = ("a",)

    bench = rig(Graph("odd").keep(y=kit.plus(kit.read(field="x"), by=1)))
    bench.whole([Odd(), 1])
    assert bench.out.letters[0].inputs == {"value": "Odd"}
    assert bench.out.values["y"] == [(2, 2)]
