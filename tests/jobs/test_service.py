"""A live service: which runs go to which graph, and what is said of documents that are missing, odd or too many."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bluesky import RunEngine
from bluesky import plans as bp
from bluesky.callbacks.zmq import Publisher
from event_model import compose_run
from ophyd.sim import SynAxis

import headrace
from headrace import Graph, Job
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.progress import Silent
from headrace.engine.jobs.service import Service
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Value
from headrace.nodes import accumulate, source

Pair = tuple[str, Mapping[str, Any]]


@node
def sleepy(x: Value, *, seconds: float = 0.0) -> Value:
    """Take one's time."""
    time.sleep(seconds)
    return x


@node
def broken(x: Value) -> Value:
    """Fail always."""
    raise RuntimeError("this node is broken")


def graph(name: str = "g", seconds: float = 0.0, **options: Any) -> Graph:
    i0 = sleepy(source(field="i0"), seconds=seconds)
    return Graph(name, **options).keep(i0=i0, total=accumulate(i0, how="sum"))


def run_of(number: int = 5, size: int = 0, **metadata: Any) -> list[Pair]:
    """Compose a run of so many events; each has a block of so many bytes too, if there is a size."""
    run = compose_run(metadata=metadata)
    keys: dict[str, Any] = {"i0": {"dtype": "number", "shape": [], "source": "sim"}}
    if size:
        keys["block"] = {"dtype": "array", "shape": [size], "source": "sim", "dtype_numpy": "|u1"}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    events = []
    for n in range(1, number + 1):
        data = {"i0": float(n), **({"block": np.zeros(size, "u1")} if size else {})}
        events.append(stream.compose_event(data=data, timestamps=dict.fromkeys(data, 0.0)))
    return [
        ("start", run.start_doc),
        ("descriptor", stream.descriptor_doc),
        *(("event", event) for event in events),
        ("stop", run.compose_stop()),
    ]


def send(publish: Publisher, documents: list[Pair]) -> None:
    for name, doc in documents:
        publish(name, dict(doc))


class Kept:
    """A destination that keeps result runs by the uid of their raw run."""

    def __init__(self) -> None:
        self.starts: dict[str, Mapping[str, Any]] = {}
        self.stops: dict[str, Mapping[str, Any]] = {}
        self._raw: dict[str, str] = {}

    def __call__(self, name: str, doc: Mapping[str, Any]) -> None:
        if name == "start":
            self._raw[doc["uid"]] = doc["raw_uid"]
            self.starts[doc["raw_uid"]] = doc
        elif name == "stop":
            self.stops[self._raw[doc["run_start"]]] = doc


# Routing


def test_each_run_of_a_real_engine_goes_to_the_graphs_that_are_meant_for_it(serve: Any, publish: Publisher) -> None:
    grids = Graph("grids", when={"plan_name": "*grid_scan", "sample.name": "Ni*"}).keep(x=source(field="x"))
    counts = Graph("counts", when={"plan_name": ["count", "scan"]}, intake={"policy": "latest"}).keep(
        x=source(field="x")
    )
    every = Graph("every").keep(x=source(field="x"))
    engine = RunEngine({}, call_returns_result=False)
    engine.subscribe(publish)
    x, y = SynAxis(name="x"), SynAxis(name="y")
    try:
        with Job(grids) as one, Job(counts) as two, Job(every) as three, serve(one, two, three) as serving:
            assert len(serving.service.lanes) == 2
            engine(bp.grid_scan([], y, 0, 1, 2, x, 0, 1, 2), sample={"name": "Ni foil"})
            engine(bp.grid_scan([], y, 0, 1, 2, x, 0, 1, 2), sample={"name": "Cu"})
            engine(bp.scan([], x, 0, 1, 3))
            serving.until_ended(3)
            serving.stop()
    finally:
        engine.loop.call_soon_threadsafe(engine.loop.stop)
        engine._th.join()
        engine.loop.close()
    assert [run.summary.run.start["plan_name"] for run in one.finished] == ["grid_scan"]
    assert [run.summary.run.start["plan_name"] for run in two.finished] == ["scan"]
    assert [run.summary.events["primary"] for run in three.finished] == [4, 4, 3]
    assert {run.summary.verdict for run in three.finished} == {("success", "")}


def test_a_graph_that_fails_harms_no_other_in_the_same_service(serve: Any, publish: Publisher) -> None:
    good, bad = graph("good"), Graph("bad").keep(x=broken(source(field="i0")))

    def refuse(name: str, doc: Mapping[str, Any]) -> None:
        raise OSError("no room")

    with Job(good) as one, Job(bad, to=[refuse]) as two, serve(one, two) as serving:
        send(publish, run_of(5))
        serving.until_ended()
        serving.stop()
    assert [run.summary.verdict for run in one.finished] == [("success", "")]
    assert [run.summary.failures for run in two.finished] == [5]
    assert "no room" in two.finished[0].problems[0]


def test_a_run_that_one_graph_cannot_even_begin_is_analysed_by_the_other(
    serve: Any, publish: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    class Bad(Silent):
        def run_started(self, run: Any, total: int | None) -> None:
            raise RuntimeError("no")

    with Job(graph("a")) as one, Job(graph("b"), progress=Bad()) as two, serve(one, two) as serving:
        send(publish, run_of(5))
        serving.until_ended()
        serving.stop()
    assert [run.summary.verdict[0] for run in one.finished] == ["success"]
    assert two.finished == []
    assert "can't be analysed by graph 'b' and is passed by" in caplog.text


@pytest.mark.parametrize(("rest", "expected"), [("/raw", 1), ("/raw,xpd", 2), ("", 3)])
def test_a_service_hears_the_prefixes_it_was_given_and_no_others(
    serve: Any, inlet: str, rest: str, expected: int
) -> None:
    publishers = [Publisher(inlet, prefix=prefix) for prefix in (b"raw", b"xpd", b"")]
    time.sleep(0.3)
    with Job(graph()) as job, serve(job, rest=rest) as serving:
        for publisher in publishers:
            send(publisher, run_of(2))
        serving.until_ended(expected)
        time.sleep(0.3)
        serving.stop()
    for publisher in publishers:
        publisher.close()
    assert len(job.finished) == expected


def test_graphs_of_the_same_name_are_refused() -> None:
    with Job(graph()) as one, Job(graph()) as two, pytest.raises(UsageError, match="two graphs are named 'g'"):
        Service([one, two], "zmq://127.0.0.1:5578/raw")


def test_spilling_needs_a_place() -> None:
    with Job(graph(intake={"policy": "spill"})) as job, pytest.raises(UsageError, match="give --journal DIR"):
        Service([job], "zmq://127.0.0.1:5578/raw")


def test_stored_runs_that_a_graph_is_not_meant_for_are_passed_by_unless_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FolderStoreWriter(tmp_path / "raw") as write:
        uids = []
        for plan in ("count", "scan", "scan"):
            documents = run_of(2, plan_name=plan)
            uids.append(documents[0][1]["uid"])
            for name, doc in documents:
                write(name, doc)
    only_counts = graph(when={"plan_name": "count"})
    assert [result.start["raw_uid"] for result in headrace.run_each(only_counts, tmp_path / "raw")] == [uids[0]]
    assert "(plan_name is 'scan', not 'count'): passed by (and 1 other runs)" in caplog.text
    assert headrace.run(only_counts, tmp_path / "raw").start["raw_uid"] == uids[0]
    assert headrace.run(only_counts, f"{tmp_path / 'raw'}/{uids[1]}").start["raw_uid"] == uids[1]
    assert "it is run on it all the same, since it was named" in caplog.text


# Too fast


def sums(serving: Any, job: Job, published: int) -> tuple[int, int, int]:
    """Give how many events were worked on, dropped and lost; they must add up."""
    [one] = job.finished
    worked = one.summary.events.get("primary", 0)
    dropped, lost = one.summary.end.dropped.get("primary", 0), one.summary.end.lost.get("primary", 0)
    assert worked + dropped + lost == published
    [lane] = serving.service.account()["lanes"]
    [ended] = lane["ended"]
    assert (ended["dropped"].get("primary", 0), ended["lost"].get("primary", 0)) == (dropped, lost)
    assert lane["dropped"] == dropped
    return worked, dropped, lost


def test_block_waits_and_loses_nothing_that_0mq_can_hold(serve: Any, publish: Publisher) -> None:
    with Job(graph(seconds=0.005, intake={"max_documents": 10})) as job, serve(job) as serving:
        send(publish, run_of(100))
        serving.until_ended()
        serving.stop()
    assert sums(serving, job, 100) == (100, 0, 0)


@pytest.mark.parametrize("limit", [{"max_documents": 10}, {"max_bytes": "100 kB"}], ids=str)
def test_drop_oldest_gives_up_the_oldest_events_and_counts_them(
    serve: Any, publish: Publisher, limit: dict[str, Any]
) -> None:
    kept = Kept()
    slow = graph(seconds=0.02, intake={"policy": "drop_oldest", **limit})
    documents = run_of(300, size=10_000)
    with Job(slow, to=[kept]) as job, serve(job) as serving:
        send(publish, documents)
        serving.until_ended()
        serving.stop()
    worked, dropped, lost = sums(serving, job, 300)
    assert lost == 0
    assert dropped > 100
    assert worked >= 10  # the newest ones wait at the end
    assert serving.service.account()["lanes"][0]["most_bytes"] < 150_000
    stop = kept.stops[documents[0][1]["uid"]]
    assert stop["exit_status"] == "fail"
    assert f"{dropped} events were dropped before any work" in stop["reason"]
    assert stop["headrace"]["dropped_before"] == [["primary", dropped]]
    assert stop["headrace"]["complete"] is False


def test_latest_always_works_on_the_newest_event(serve: Any, publish: Publisher) -> None:
    seen: list[float] = []

    def watch(name: str, doc: Mapping[str, Any]) -> None:
        if name == "event" and "i0" in doc["data"]:
            seen.append(doc["data"]["i0"])

    with Job(graph(seconds=0.05, intake={"policy": "latest"}), to=[watch]) as job, serve(job) as serving:
        send(publish, run_of(300))
        serving.until_ended()
        serving.stop()
    worked, dropped, lost = sums(serving, job, 300)
    assert (dropped, lost) == (300 - worked, 0)
    assert worked < 100
    assert seen == sorted(seen)
    assert seen[-1] == 300


def test_spill_keeps_everything_on_the_disk_and_little_in_memory(
    serve: Any, publish: Publisher, tmp_path: Path
) -> None:
    slow = graph(seconds=0.005, intake={"policy": "spill", "max_bytes": "100 kB"})
    with Job(slow) as job, serve(job, journal=tmp_path / "journal") as serving:
        send(publish, run_of(300, size=10_000))
        serving.until(lambda: serving.service.account()["lanes"][0]["spilled"] > 50)
        serving.until_ended()
        serving.stop()
    assert sums(serving, job, 300) == (300, 0, 0)
    assert serving.service.account()["lanes"][0]["most_bytes"] < 150_000


def test_a_slow_graph_that_drops_does_not_hold_up_one_that_must_see_all(serve: Any, publish: Publisher) -> None:
    slow = graph("slow", seconds=0.05, intake={"policy": "latest"})
    with Job(slow) as one, Job(graph("all")) as two, serve(one, two) as serving:
        send(publish, run_of(200))
        serving.until_ended()
        serving.stop()
    assert two.finished[0].summary.events == {"primary": 200}
    assert two.finished[0].summary.verdict == ("success", "")
    assert one.finished[0].summary.events["primary"] < 100


def test_a_dark_is_never_given_up(serve: Any, publish: Publisher) -> None:
    slow = graph(seconds=0.05, intake={"policy": "drop_oldest", "max_documents": 3})
    dark = run_of(8, dark_frame=True)
    with Job(slow) as job, serve(job) as serving:
        send(publish, run_of(30))
        send(publish, dark)
        send(publish, run_of(30))
        serving.until_ended(3)
        found = serving.service.intake._recent.find_run(str(dark[0][1]["uid"]))
        serving.stop()
    assert found is not None
    assert len(list(found.events("primary"))) == 8


def test_the_command_line_may_say_otherwise_than_the_graph() -> None:
    with Job(graph(intake={"policy": "latest", "max_bytes": "3 MB"})) as job:
        service = Service([job], "zmq://127.0.0.1:5578/raw", intake={"policy": "drop_oldest"})
    rule = service.lanes[0].queue.rule
    assert (rule.policy, rule.max_bytes) == ("drop_oldest", 3_000_000)


# Odd


def test_what_comes_of_a_run_that_began_before_is_counted_and_told_once(
    serve: Any, publish: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    early, late = run_of(20), run_of(3)
    with Job(graph()) as job, serve(job) as serving:
        send(publish, early[5:-1])
        send(publish, late)
        serving.until_ended()
        [lane] = serving.service.account()["lanes"]
        assert lane["unknown"] == {early[1][1]["uid"]: {"documents": 17, "events": 17}}
        send(publish, early[-1:])
        serving.until(lambda: "of which no beginning was seen here" in caplog.text)
        serving.stop()
    assert [run.summary.verdict for run in job.finished] == [("success", "")]
    told = [text for text in caplog.messages if "which is not under way here" in text]
    assert len(told) == 1
    assert "it began before we listened" in told[0]


def test_a_run_that_falls_silent_is_ended_and_what_comes_later_is_told(
    serve: Any, publish: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    kept, silent, other = Kept(), run_of(9), run_of(2)
    with Job(graph(), to=[kept]) as job, serve(job, run_timeout=1.0) as serving:
        send(publish, silent[:6])
        send(publish, other)
        serving.until_ended(2)
        send(publish, silent[6:])
        serving.until(lambda: "of which no beginning was seen" in caplog.text)
        serving.stop()
    stop = kept.stops[silent[0][1]["uid"]]
    assert stop["exit_status"] == "abort"
    assert stop["reason"] == (
        "the run never ended: no stop document came; nothing of it came for 1 s, "
        f"and run {other[0][1]['uid']} began since"
    )
    assert job.finished[1].summary.events == {"primary": 4}
    assert "it was ended before" in caplog.text
    assert f"run {silent[0][1]['uid']} ended, of which no beginning was seen here: 6 documents, 5 events" in caplog.text


def test_documents_that_wait_to_be_taken_keep_a_run_alive(serve: Any, publish: Publisher) -> None:
    with Job(graph(seconds=0.1)) as job, serve(job, run_timeout=0.5) as serving:
        send(publish, run_of(12))
        send(publish, run_of(1))
        serving.until_ended(2)
        serving.stop()
    assert [run.summary.verdict[0] for run in job.finished] == ["success", "success"]


def test_a_run_that_is_sent_again_from_its_beginning_goes_on_where_it_broke_off(
    serve: Any, publish: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    kept, documents = Kept(), run_of(8)
    with Job(graph(), to=[kept]) as job, serve(job) as serving:
        send(publish, documents[:6])
        send(publish, documents)
        serving.until_ended()
        serving.stop()
    [one] = job.finished
    assert (one.summary.verdict, one.summary.events) == (("success", ""), {"primary": 8})
    counts = kept.stops[documents[0][1]["uid"]]["headrace"]
    assert counts["repeated"] == [["primary", 4]]
    assert dict(counts["notes"]) == {"start repeated": 1, "descriptor repeated": 1, "event repeated or out of order": 4}
    assert "began again before it had ended" in caplog.text


def test_a_run_that_seems_to_be_left_without_an_end_is_told(
    serve: Any, publish: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    left, after = run_of(5), run_of(3)
    with Job(graph()) as job, serve(job) as serving:
        send(publish, left[:5])
        send(publish, after)
        serving.until_ended()
        serving.stop()
    assert f"nothing of run {left[0][1]['uid']} has come since run {after[0][1]['uid']} began" in caplog.text
    assert [run.summary.verdict[0] for run in job.finished] == ["success", "abort"]


def test_a_flood_of_nonsense_does_not_flood_the_log(
    serve: Any, publish: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    with Job(graph()) as job, serve(job) as serving, caplog.at_level(logging.WARNING):
        for number in range(500):
            publish("event", {"descriptor": f"d{number}", "seq_num": 1, "data": {}})
            publish("event", {"descriptor": 5})
            publish("stop", {"run_start": f"r{number}"})
        send(publish, run_of(3))
        serving.until_ended()
        [lane] = serving.service.account()["lanes"]
        serving.stop()
    assert [run.summary.verdict[0] for run in job.finished] == ["success"]
    assert len(caplog.messages) < 10
    assert lane["passed_over"] == 500
    assert lane["notes"]["event of an unknown run"] == 500
    assert len(lane["unknown"]) == 256


# A proxy that comes and goes


def test_a_proxy_that_went_away_is_told_of_in_the_result(
    serve: Any, restartable_proxy: tuple[str, str, Callable[[], None]]
) -> None:
    inlet, outlet, restart = restartable_proxy
    publisher = Publisher(inlet, prefix=b"raw")
    time.sleep(0.3)
    kept, documents = Kept(), run_of(9)
    with Job(graph(), to=[kept]) as job:
        with serve(job, at=outlet) as serving:
            send(publisher, documents[:5])
            serving.until(lambda: bool(serving.service.account()["lanes"][0]["runs"]))
            restart()
            serving.until(lambda: serving.service.account()["reconnects"] == 1)
            time.sleep(1.0)
            send(publisher, documents[7:])
            serving.until_ended()
            serving.stop()
    publisher.close()
    [one] = job.finished
    counts = kept.stops[documents[0][1]["uid"]]["headrace"]
    assert dict(counts["notes"]) == {"the connection was lost and came back": 1}
    assert counts["lost"] == [["primary", 2]]
    assert one.summary.verdict[0] == "fail"
