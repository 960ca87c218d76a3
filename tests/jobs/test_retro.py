"""A change for what came before: computed again in the background until it has caught up, then it takes over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from headrace import Graph, Job, UsageError, run
from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.jobs.intake import Intake
from headrace.nodes import linear, source

RUN = "5c1f0a2e-9d1c-4f0e"
KEYS = {"x": {"dtype": "number", "shape": [], "source": "sim"}}


def documents(xs: list[float]) -> list[tuple[str, dict[str, Any]]]:
    def event(number: int, x: float) -> dict[str, Any]:
        about = {"uid": f"e{number}", "descriptor": "d", "seq_num": number, "time": float(number)}
        return {**about, "timestamps": {"x": 0.0}, "data": {"x": x}}

    return [
        ("start", {"uid": RUN, "time": 0.0, "num_points": len(xs)}),
        ("descriptor", {"uid": "d", "run_start": RUN, "name": "primary", "time": 0.0, "data_keys": KEYS}),
        *(("event", event(number, x)) for number, x in enumerate(xs, 1)),
        (
            "stop",
            {"uid": "s", "run_start": RUN, "time": 99.0, "exit_status": "success", "num_events": {"primary": len(xs)}},
        ),
    ]


def scaled() -> Graph:
    y = linear(source(field="x"), scale=2.0)
    return Graph("scaled").keep(y=y)


class Beamline:
    """A job that is fed document by document, and what has passed so far."""

    def __init__(self, graph: Graph) -> None:
        self.given: list[tuple[str, dict[str, Any]]] = []
        self.passed: list[tuple[str, dict[str, Any]]] = []
        self.job = Job(graph, to=[lambda name, doc: self.given.append((name, dict(doc)))])
        self.job.changes.history = self.history
        self.intake = Intake([self.job])

    def history(self, uid: str) -> Iterator[Record | None]:
        assembler, taken = Assembler(), 0
        while True:
            for name, doc in self.passed[taken:]:
                taken += 1
                yield from assembler.feed(name, doc)
            yield None

    def hold_back(self) -> threading.Event:
        """Let nothing be computed again before the event is set."""
        may_begin = threading.Event()

        def late(uid: str) -> Iterator[Record | None]:
            may_begin.wait(10)
            yield from self.history(uid)

        self.job.changes.history = late
        return may_begin

    def send(self, *docs: tuple[str, dict[str, Any]]) -> None:
        for name, doc in docs:
            self.passed.append((name, doc))
            self.intake.take(name, doc)

    def result(self, number: int) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
        """Give start, values and stop of one of the results."""
        starts = [doc for name, doc in self.given if name == "start"]
        start = starts[number]
        descriptors = {d["uid"] for name, d in self.given if name == "descriptor" and d["run_start"] == start["uid"]}
        values = [
            d["data"]["y"]
            for name, d in self.given
            if name == "event" and d["descriptor"] in descriptors and "y" in d["data"]
        ]
        stops = [doc for name, doc in self.given if name == "stop" and doc["run_start"] == start["uid"]]
        return start, values, stops[0] if stops else {}


def test_the_new_result_catches_up_takes_over_and_says_which_it_supersedes() -> None:
    docs = documents([1.0, 2.0, 3.0, 4.0, 5.0])
    beamline = Beamline(scaled())
    beamline.send(*docs[:5])
    revision = beamline.job.set({"y.scale": 10.0}, retro=True)
    beamline.job.changes.again[0].join()
    assert beamline.job.changes.again[0].state == "took over"
    beamline.send(*docs[5:])
    old_start, old, old_stop = beamline.result(0)
    start, new, stop = beamline.result(1)
    assert old == [2.0, 4.0, 6.0]
    assert old_stop["exit_status"] == "abort"
    assert "superseded" in old_stop["reason"]
    assert new == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert start["headrace"]["supersedes"] == old_start["uid"]
    assert start["headrace"]["revision"] == revision.number == 2
    assert stop["exit_status"] == "success"
    assert [finished.uid for finished in beamline.job.finished] == [start["uid"]]


def test_the_result_equals_that_of_a_run_with_the_new_parameters_from_the_beginning() -> None:
    docs = documents([float(x) for x in range(50)])
    beamline = Beamline(scaled())
    beamline.send(*docs[:30])
    beamline.job.set({"y.scale": 3.0}, retro=True)
    beamline.send(*docs[30:])
    beamline.job.close()
    whole = run(scaled(), docs, set={"y.scale": 3.0})
    assert beamline.result(1)[1] == whole["y"]["y"].tolist()


def test_a_later_change_holds_from_its_event_on_in_both() -> None:
    docs = documents([1.0] * 6)
    beamline = Beamline(scaled())
    beamline.send(*docs[:4])
    may_begin = beamline.hold_back()
    beamline.job.set({"y.scale": 10.0}, retro=True)
    beamline.send(docs[4])
    beamline.job.set({"y.scale": 100.0})
    beamline.send(docs[5])
    may_begin.set()
    beamline.job.changes.again[0].join()
    beamline.send(*docs[6:])
    assert beamline.result(0)[1] == [2.0, 2.0, 10.0, 100.0]
    assert beamline.result(1)[1] == [10.0, 10.0, 10.0, 100.0, 100.0, 100.0]
    assert [one["revision"] for one in beamline.result(1)[2]["headrace"]["revisions"]] == [2, 3]


def test_a_run_that_ends_before_it_has_caught_up_gets_both_results() -> None:
    docs = documents([1.0, 2.0, 3.0])
    beamline = Beamline(scaled())
    beamline.send(*docs[:3])
    may_begin = beamline.hold_back()
    beamline.job.set({"y.scale": 10.0}, retro=True)
    beamline.send(*docs[3:])
    may_begin.set()
    beamline.job.close()
    assert beamline.result(0)[2]["exit_status"] == "success"
    assert beamline.result(1)[1] == [10.0, 20.0, 30.0]
    assert beamline.result(1)[2]["exit_status"] == "success"


def test_a_second_change_gives_the_first_recomputation_up() -> None:
    docs = documents([1.0, 2.0, 3.0])
    beamline = Beamline(scaled())
    beamline.send(*docs[:4])
    history = beamline.history

    def endless(uid: str) -> Iterator[Record | None]:
        yield next(iter(history(uid)))
        while True:
            yield None

    beamline.job.changes.history = endless
    beamline.job.set({"y.scale": 10.0}, retro=True)
    while len([name for name, _ in beamline.given if name == "start"]) < 2:
        time.sleep(0.01)
    beamline.job.changes.history = history
    beamline.job.set({"y.scale": 20.0}, retro=True)
    beamline.job.changes.finish(at_once=False)
    beamline.send(*docs[4:])
    first, second = beamline.job.changes.again
    assert (first.state, second.state) == ("stopped", "took over")
    assert beamline.result(1)[2]["exit_status"] == "abort"
    assert "was given up" in beamline.result(1)[2]["reason"]
    assert beamline.result(2)[1] == [20.0, 40.0, 60.0]
    assert beamline.result(2)[0]["headrace"]["supersedes"] == beamline.result(0)[0]["uid"]


def test_a_reader_that_fails_leaves_the_live_result_alone(caplog: pytest.LogCaptureFixture) -> None:
    docs = documents([1.0, 2.0])
    beamline = Beamline(scaled())
    beamline.send(*docs[:3])

    def broken(uid: str) -> Iterator[Record | None]:
        raise OSError("the disk is gone")
        yield None

    beamline.job.changes.history = broken
    beamline.job.set({"y.scale": 10.0}, retro=True)
    beamline.job.changes.finish(at_once=False)
    beamline.send(*docs[3:])
    assert beamline.job.changes.again[0].state == "failed"
    assert beamline.result(0)[1] == [2.0, 20.0]
    assert "the disk is gone" in caplog.text


def test_without_a_journal_it_is_refused_and_nothing_is_changed() -> None:
    beamline = Beamline(scaled())
    beamline.job.changes.history = None
    with pytest.raises(UsageError, match="--journal"):
        beamline.job.set({"y.scale": 10.0}, retro=True)
    assert beamline.job.pipeline.revisions.current.number == 1


def test_a_graph_with_new_nodes_is_computed_again_too() -> None:
    docs = documents([1.0, 2.0, 3.0])
    beamline = Beamline(scaled())
    beamline.send(*docs[:4])
    x = source(field="x")
    beamline.job.set(Graph("scaled").keep(y=linear(x, scale=2.0), z=linear(x, offset=1.0)), retro=True)
    beamline.job.changes.finish(at_once=False)
    beamline.send(*docs[4:])
    z = [doc["data"]["z"] for name, doc in beamline.given if name == "event" and "z" in doc["data"]]
    assert z == [2.0, 3.0, 4.0]


def test_taps_and_later_changes_work_on_after_it_took_over() -> None:
    docs = documents([1.0, 2.0, 3.0, 4.0])
    beamline = Beamline(scaled())
    beamline.send(*docs[:3])
    beamline.job.set({"y.scale": 10.0}, retro=True)
    beamline.job.changes.finish(at_once=False)
    seen = beamline.job.pipeline.tap("y").sink_to_list()
    beamline.send(docs[3])
    beamline.job.set({"y.scale": 100.0})
    beamline.send(*docs[4:])
    assert seen[0] == 20.0
    assert beamline.result(1)[1] == [10.0, 20.0, 300.0, 400.0]
