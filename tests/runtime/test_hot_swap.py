"""Changes while a pipeline runs: whole or not at all, between two events, nothing lost, everything said."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import GraphError
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import EventKey, RunContext
from headrace.engine.model.wiring import named
from headrace.engine.runtime.revisions import end_of

FUSINGS = ["all", "stateless", "none"]
RUN = "5c1f0a2e-9d1c-4f0e"


def two(kit: SimpleNamespace) -> Graph:
    """Add the same amount in two nodes, and say their sum: torn, the two would differ."""
    x = kit.read(field="x")
    left, right = kit.plus(x, by=0), kit.plus(x, by=0)
    return Graph("two").keep(left=left, right=right, total=kit.total(left))


def by(amount: int) -> dict[str, Any]:
    return {"left.by": amount, "right.by": amount}


@pytest.mark.parametrize("fuse", FUSINGS)
def test_a_change_takes_effect_with_the_next_event_for_all_nodes_at_once(
    kit: SimpleNamespace, rig: Any, fuse: str
) -> None:
    bench = rig(two(kit), fuse)
    bench.start()
    bench.event(1, x=1)
    revision = bench.pipeline.set(by(10), author="ada")
    bench.event(2, x=1)
    summary = bench.stop()
    assert bench.out.values["left"] == bench.out.values["right"] == [(1, 1), (2, 11)]
    assert bench.out.values["total"] == [(None, 12)]
    assert (revision.number, revision.author, revision.changes) == (2, "ada", by(10))
    assert [(one.number, first) for one, first in summary.revisions] == [(1, None), (2, EventKey(RUN, "primary", 2))]
    assert summary.verdict == ("success", "")


def test_results_say_under_which_revision_they_were_made(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start()
    bench.event(1, x=1)
    bench.pipeline.set({"left.by": 5})
    bench.event(2, x=1)
    bench.stop()
    assert [(number, revision) for name, number, revision in bench.out.revisions if name == "right"] == [(1, 1), (2, 2)]


def test_a_change_that_is_wrong_in_one_part_is_refused_whole(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start()
    bench.event(1, x=1)
    with pytest.raises(GraphError, match="by"):
        bench.pipeline.set({"left.by": 5, "right.by": "many"})
    with pytest.raises(UsageError, match="did you mean 'left'"):
        bench.pipeline.set({"right.by": 5, "lfet.by": 5})
    bench.event(2, x=1)
    bench.stop()
    assert bench.out.values["left"] == bench.out.values["right"] == [(1, 1), (2, 1)]
    assert [one.number for one in bench.pipeline.revisions.made] == [1]


def test_an_unchanged_node_keeps_its_state_whatever_changes_upstream(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("sum").keep(sum=kit.scaled(kit.plus(kit.read(field="x"), by=0))))
    bench.start()
    bench.event(1, x=1)
    bench.pipeline.set({"plus.by": 100})
    bench.event(2, x=1)
    bench.stop()
    assert bench.out.values["sum"][-1] == (None, 102.0)


@pytest.mark.parametrize(
    ("change", "memory", "last"),
    [
        ({"sum.scale": 10.0}, "kept", 21.0),
        ({"sum.start": 0.5}, "reset", 2.5),
        ({"sum.scale": 2, "sum.start": 1}, "reset", 5.0),
    ],
)
def test_a_parameter_says_what_becomes_of_the_state(
    kit: SimpleNamespace, rig: Any, change: dict[str, Any], memory: str, last: float
) -> None:
    bench = rig(Graph("sum").keep(sum=kit.scaled(kit.read(field="x"))))
    bench.start()
    bench.event(1, x=1)
    assert bench.pipeline.plan_change(change).fates["sum"].memory == memory
    bench.pipeline.set(change)
    bench.event(2, x=1)
    bench.event(3, x=1)
    bench.stop()
    assert bench.out.values["sum"][-1] == (None, last)


def test_a_node_may_refuse_while_a_run_is_under_way_and_take_the_change_after_it(
    kit: SimpleNamespace, rig: Any
) -> None:
    bench = rig(Graph("sum").keep(sum=kit.scaled(kit.read(field="x"))))
    bench.start()
    with pytest.raises(UsageError, match=r"refused, nothing was changed: sum: file can't change"):
        bench.pipeline.set({"sum.file": "other", "sum.scale": 3.0})
    bench.stop()
    assert bench.pipeline.set({"sum.file": "other"}).number == 2


def test_an_instance_that_fails_on_a_change_begins_anew_and_is_a_dead_letter(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("sum").keep(sum=kit.scaled(kit.read(field="x"))))
    bench.start()
    bench.event(1, x=1)
    bench.pipeline.set({"sum.scale": -1.0})
    bench.event(2, x=1)
    summary = bench.stop()
    assert bench.out.values["sum"][-1] == (None, -1.0)
    assert "negative scale" in bench.out.letters[0].error
    assert summary.verdict[0] == "fail"


@pytest.mark.parametrize("fuse", FUSINGS)
def test_nodes_are_added_removed_and_rewired_in_a_running_graph(kit: SimpleNamespace, rig: Any, fuse: str) -> None:
    x = kit.read(field="x")
    plain, total = kit.plus(x, by=0), kit.total(x)
    bench = rig(Graph("g").keep(plain=plain, total=total), fuse)
    bench.start()
    bench.event(1, x=1)
    source = kit.read(field="x")
    other = Graph("g").keep(more=kit.plus(named("one", kit.plus(source, by=1)), by=1), total=kit.total(source))
    change = bench.pipeline.plan_change(other)
    assert {name: fate.what for name, fate in change.fates.items() if fate.what not in ("same", "changed")} == {
        "one": "added", "more": "added", "plain": "removed",
    }  # fmt: skip
    assert bench.pipeline.set(other).rewired
    bench.event(2, x=10)
    summary = bench.stop()
    assert bench.out.values["plain"] == [(1, 1)]
    assert bench.out.values["more"] == [(2, 12)]
    assert bench.out.values["total"] == [(None, 11)], "an unchanged node keeps its state"
    assert summary.counts["plain"] == {"in": 1, "out": 1, "filtered": 0, "failed": 0}


def test_a_node_with_other_inputs_begins_anew(kit: SimpleNamespace, rig: Any) -> None:
    x = kit.read(field="x")
    bench = rig(Graph("g").keep(total=kit.total(x)).add(named("big", kit.plus(x, by=100))))
    bench.start()
    bench.event(1, x=1)
    source = kit.read(field="x")
    bench.pipeline.set(Graph("g").keep(total=kit.total(named("big", kit.plus(source, by=100)))))
    bench.event(2, x=1)
    bench.stop()
    assert bench.out.values["total"] == [(None, 101)]


def test_a_result_can_not_become_another_kind_of_value(kit: SimpleNamespace, rig: Any) -> None:
    x = kit.read(field="x")
    bench = rig(Graph("g").keep(y=kit.total(x)))
    bench.start()
    source = kit.read(field="x")
    with pytest.raises(UsageError, match="keep it under another name"):
        bench.pipeline.set(Graph("g").keep(y=kit.plus(source)))


def test_a_faulty_graph_is_refused_with_its_faults_and_the_run_goes_on(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start()
    broken = Graph.from_yaml("{headrace: 1, graph: two, nodes: {left: {type: plsu, in: x}}}", bench.kinds)
    with pytest.raises(GraphError, match="plus"):
        bench.pipeline.set(broken)
    bench.event(1, x=1)
    assert bench.stop().verdict == ("success", "")


@pytest.mark.parametrize("fuse", FUSINGS)
def test_a_change_of_what_is_known_per_run_is_made_anew_from_the_held_value(
    kit: SimpleNamespace, rig: Any, fuse: str
) -> None:
    dark = kit.held(field="d", stream="dark")
    light = kit.add(kit.read(field="x"), named("offset", kit.plus(dark, by=1000)))
    bench = rig(Graph("g").keep(light=light), fuse)
    bench.start()
    bench.event(1, stream="dark", d=1)
    bench.event(1, x=1)
    bench.pipeline.set({"offset.by": 2000})
    bench.event(2, x=1)
    bench.event(2, stream="dark", d=5)
    bench.event(3, x=1)
    bench.stop()
    assert bench.out.values["light"] == [(1, 1002), (2, 2002), (3, 2006)]


def test_a_change_can_wait_for_its_event(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start()
    bench.pipeline.set(by(5), at=EventKey(RUN, "primary", 3))
    with pytest.raises(UsageError, match="still waits for event"):
        bench.pipeline.set(by(6))
    for number in range(1, 5):
        bench.event(number, x=0)
    bench.stop()
    assert [value for _, value in bench.out.values["left"]] == [0, 0, 5, 5]


def test_undo_goes_back_step_by_step_and_is_a_revision_itself(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start()
    seen = []
    bench.pipeline.set(by(1))
    bench.pipeline.set(by(2))
    for number in range(1, 4):
        bench.event(number, x=0)
        seen.append(bench.out.values["left"][-1][1])
        if number < 3:
            bench.pipeline.undo(author="ada")
    assert seen == [2, 1, 0]
    assert [one.undoes for one in bench.pipeline.revisions.made] == [None, None, None, 3, 2]
    with pytest.raises(UsageError, match="nothing to undo"):
        bench.pipeline.undo()


def test_undo_takes_back_a_change_that_still_waits(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start()
    bench.pipeline.set(by(5), at=EventKey("", "primary", 2))
    bench.pipeline.undo()
    bench.event(1, x=0)
    bench.event(2, x=0)
    bench.stop()
    assert [value for _, value in bench.out.values["left"]] == [0, 0]


def test_setting_what_holds_already_is_no_revision(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    assert bench.pipeline.set(by(0)).number == 1
    assert str(bench.pipeline.plan_change(by(0))).startswith("nothing changes")


def test_a_tap_goes_on_over_a_change_of_the_graph(kit: SimpleNamespace, rig: Any) -> None:
    x = kit.read(field="x")
    bench = rig(Graph("g").keep(y=kit.plus(x, by=1)))
    seen = bench.pipeline.tap("y").sink_to_list()
    bench.start()
    bench.event(1, x=1)
    source = kit.read(field="x")
    bench.pipeline.set(Graph("g").keep(first=kit.plus(source, by=0), y=kit.plus(source, by=2)))
    bench.event(2, x=1)
    bench.stop()
    assert seen == [2, 3]


def test_runs_under_way_at_once_go_over_each_between_its_own_events(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    bench.start("one")
    bench.start("two")
    bench.event(1, run="one", x=0)
    bench.pipeline.set(by(1))
    bench.event(2, run="one", x=0)
    bench.event(1, run="two", x=0)
    one, two_ = bench.stop("one"), bench.stop("two")
    assert [first and first.seq_num for _, first in one.revisions] == [None, 2]
    assert [first and first.seq_num for _, first in two_.revisions] == [None, 1]


def test_a_change_after_the_last_event_holds_for_the_end_of_the_run(kit: SimpleNamespace, rig: Any) -> None:
    x = kit.read(field="x")
    bench = rig(Graph("g").keep(end=kit.plus(kit.total(x), by=0)))
    bench.start()
    bench.event(1, x=1)
    bench.pipeline.set({"end.by": 100})
    summary = bench.stop()
    assert bench.out.values["end"] == [(None, 101)]
    assert [first for _, first in summary.revisions] == [None, None]


def test_a_thousand_swaps_at_full_speed_tear_no_event_and_lose_none(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(two(kit))
    events, swaps = 20_000, 1000
    done = threading.Event()

    def swap() -> None:
        for number in range(1, swaps + 1):
            bench.pipeline.set(by(number))
        done.set()

    bench.start()
    thread = threading.Thread(target=swap)
    thread.start()
    number = 0
    while number < events or not done.is_set():
        number += 1
        bench.event(number, x=0)
    thread.join()
    bench.event(number + 1, x=0)
    summary = bench.stop()
    left, right = bench.out.values["left"], bench.out.values["right"]
    assert left == right, "no event mixes revisions"
    assert [seq_num for seq_num, _ in left] == list(range(1, number + 2)), "no event is lost"
    assert left[-1] == (number + 1, swaps)
    assert len(bench.pipeline.revisions.made) == swaps + 1

    again = rig(two(kit))
    again.start()
    due = {first.seq_num: revision.changes for revision, first in summary.revisions if first}
    for seq_num in range(1, number + 2):
        if seq_num in due:
            again.pipeline.set(dict(due[seq_num]))
        again.event(seq_num, x=0)
    again.stop()
    assert again.out.values == bench.out.values, "a batch run with the same revisions at the same events"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.integers(0, 9).map(lambda x: ("event", x)),
            st.tuples(st.just("set"), st.sampled_from(["plus.by", "sum.scale", "sum.start"]), st.integers(0, 3)),
            st.just(("undo",)),
        ),
        max_size=30,
    )
)
def test_any_history_of_changes_gives_what_a_plain_loop_gives(
    kit: SimpleNamespace, rig: Any, history: list[Any]
) -> None:
    total = kit.scaled(kit.plus(kit.read(field="x"), by=0))
    bench = rig(Graph("g").keep(sum=total, so_far=total.running_out))
    bench.pipeline.feed(RunContext({"uid": RUN}))
    now: dict[str, float] = {"plus.by": 0, "sum.scale": 1.0, "sum.start": 0.0}
    stack, so_far, start, expected, number = [], 0.0, 0.0, [], 0
    for step in history:
        if step[0] == "event":
            number += 1
            if now["sum.start"] != start:
                so_far = start = now["sum.start"]
            so_far += now["sum.scale"] * (step[1] + now["plus.by"])
            expected.append((number, so_far))
            bench.event(number, x=step[1])
        elif step[0] == "set":
            if now[step[1]] != step[2]:
                stack.append(dict(now))
                now[step[1]] = step[2]
            bench.pipeline.set({step[1]: step[2]})
        elif stack:
            now = stack.pop()
            bench.pipeline.undo()
    bench.stop()
    assert bench.out.values.get("so_far", []) == expected


def test_several_changes_can_wait_each_for_its_event_and_for_the_end(kit: SimpleNamespace, rig: Any) -> None:
    x = kit.read(field="x")
    bench = rig(Graph("g").keep(y=kit.plus(x, by=0), end=named("last", kit.plus(kit.total(x), by=0))))
    bench.start()
    bench.pipeline.set({"y.by": 5}, at=EventKey(RUN, "primary", 2))
    bench.pipeline.set({"y.by": 6}, at=EventKey(RUN, "primary", 4))
    bench.pipeline.set({"last.by": 100}, at=end_of(RUN))
    for number in range(1, 5):
        bench.event(number, x=0)
    bench.stop()
    assert [value for _, value in bench.out.values["y"]] == [0, 5, 5, 6]
    assert bench.out.values["end"] == [(None, 100)]


def test_a_change_whose_event_never_comes_is_dropped_at_the_end_of_the_run(
    kit: SimpleNamespace, rig: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bench = rig(two(kit))
    bench.start()
    bench.pipeline.set(by(5), at=EventKey(RUN, "primary", 9))
    bench.event(1, x=0)
    bench.stop()
    assert "ended before event" in caplog.text
    assert [one.number for one in bench.pipeline.revisions.made] == [1]
    assert bench.pipeline.set(by(1)).number == 2
