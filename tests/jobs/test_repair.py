"""Runs that did not come whole are analysed again from a store: the same result as in batch, bit for bit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bluesky.callbacks.zmq import Publisher

import headrace
from headrace import Graph, Job, Result
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.service import Service
from headrace.engine.model.errors import NotReachableError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Value
from headrace.nodes import accumulate, source

Pair = tuple[str, Mapping[str, Any]]


@node
def sleepy(x: Value, *, seconds: float = 0.0) -> Value:
    """Take one's time."""
    time.sleep(seconds)
    return x


def graph(name: str = "g", seconds: float = 0.0, **options: Any) -> Graph:
    i0 = sleepy(source(field="i0"), seconds=seconds)
    return Graph(name, **options).keep(i0=i0, total=accumulate(i0, how="sum", every=2))


def run_of(number: int = 9, **metadata: Any) -> list[Pair]:
    from event_model import compose_run

    run = compose_run(metadata=metadata)
    keys: dict[str, Any] = {"i0": {"dtype": "number", "shape": [], "source": "sim", "dtype_numpy": "<f8"}}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    events = [stream.compose_event(data={"i0": n / 7}, timestamps={"i0": 0.0}) for n in range(1, number + 1)]
    return [
        ("start", run.start_doc),
        ("descriptor", stream.descriptor_doc),
        *(("event", event) for event in events),
        ("stop", run.compose_stop()),
    ]


def send(publish: Publisher, documents: list[Pair]) -> None:
    for name, doc in documents:
        publish(name, dict(doc))


def store(folder: Path, documents: list[Pair]) -> None:
    with FolderStoreWriter(folder) as write:
        for name, doc in documents:
            write(name, doc)


def same(left: Result, right: Result) -> None:
    names = {doc["name"] for name, doc in right.documents() if name == "descriptor"}
    assert {doc["name"] for name, doc in left.documents() if name == "descriptor"} == names
    for name in names:
        one, other = left[name], right[name]
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        else:
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def repaired(serving: Any) -> Callable[[], bool]:
    return lambda: serving.service.account()["lanes"][0]["repairs"]["done"] == 1


def test_a_run_with_lost_events_is_repaired_and_equals_the_batch_result(
    serve: Any, publish: Publisher, raw: Path, tmp_path: Path, golden_documents: Any, graph_file: Path
) -> None:
    documents = [*golden_documents[:4], *golden_documents[4:24], golden_documents[-1]]
    store(raw, documents)
    with Job(graph_file, to=[tmp_path / "live"]) as job, serve(job, repair_from=raw) as serving:
        send(publish, [*documents[:10], *documents[13:]])
        serving.until(repaired(serving))
        serving.stop()
    first, second = job.finished
    assert first.summary.end.lost == {"primary": 3 + 78}  # the stop document says 96
    assert second.supersedes == first.uid
    live, again = (headrace.open_run(tmp_path / "live" / one.uid) for one in (first, second))
    assert live.stop is not None
    assert live.stop["headrace"]["complete"] is False
    assert again.start["headrace"]["supersedes"] == first.uid
    assert again.start["headrace"]["repaired_from"] == str(raw)
    same(again, headrace.run(graph_file, f"{raw}/-1"))
    assert len(again["clean"]) == 18
    assert len(live["clean"]) == 15


def test_a_run_that_was_joined_late_is_analysed_once_it_is_stored(serve: Any, publish: Publisher, raw: Path) -> None:
    documents, unwanted, dark = run_of(), run_of(plan_name="count"), run_of(dark_frame=True)
    for run in (documents, unwanted, dark):
        store(raw, run)
    given: list[Pair] = []
    wanting = graph(when={"plan_name": None})
    with Job(wanting, to=[lambda name, doc: given.append((name, doc))]) as job:
        with serve(job, repair_from=raw) as serving:
            for sent in (unwanted, dark, documents):
                send(publish, sent[4:])
            serving.until(repaired(serving))
            serving.stop()
        [one] = job.finished
    assert (one.summary.verdict, one.supersedes) == (("success", ""), "")
    assert given[0][1]["raw_uid"] == documents[0][1]["uid"]
    from headrace.engine.documents.memory_run import MemoryRun

    same(Result(MemoryRun(given)), headrace.run(wanting, documents))


def test_events_that_were_dropped_come_back_while_live_ones_have_the_right_of_way(
    serve: Any, publish: Publisher, raw: Path, tmp_path: Path
) -> None:
    slow = graph(seconds=0.02, intake={"policy": "drop_oldest", "max_documents": 5})
    one, other = run_of(60), run_of(20)
    store(raw, one)
    store(raw, other)
    with Job(slow, to=[tmp_path / "live"]) as job, serve(job, repair_from=raw) as serving:
        send(publish, one)
        send(publish, other)
        serving.until(lambda: serving.service.account()["lanes"][0]["repairs"]["done"] == 2)
        serving.stop()
    first, second, third, fourth = job.finished
    assert first.summary.end.dropped["primary"] > 20
    assert second.summary.run.uid == other[0][1]["uid"]  # before anything is repaired
    assert [third.supersedes, fourth.supersedes] == [first.uid, second.uid]
    for run, documents in ((third, one), (fourth, other)):
        assert run.summary.verdict == ("success", "")
        same(headrace.open_run(tmp_path / "live" / run.uid), headrace.run(graph(), documents))


def test_each_graph_of_a_service_is_repaired_in_its_own_lane(serve: Any, publish: Publisher, raw: Path) -> None:
    documents = run_of()
    store(raw, documents)
    fast, latest = graph("fast"), graph("newest", intake={"policy": "latest"})
    with Job(fast) as one, Job(latest) as two, serve(one, two, repair_from=raw) as serving:
        send(publish, [*documents[:4], *documents[6:]])
        serving.until(lambda: all(lane["repairs"]["done"] == 1 for lane in serving.service.account()["lanes"]))
        serving.stop()
    for job in (one, two):
        first, second = job.finished
        assert second.supersedes == first.uid
        assert second.summary.events == {"primary": 9}


def test_a_store_that_finishes_later_is_waited_for(serve: Any, publish: Publisher, raw: Path) -> None:
    documents = run_of()
    with Job(graph()) as job, serve(job, repair_from=raw) as serving:
        send(publish, [*documents[:4], *documents[6:]])
        serving.until_ended()
        waiting = serving.service.account()["lanes"][0]["repairs"]["waiting"]
        writer = threading.Timer(1.0, store, (raw, documents))
        writer.start()
        serving.until(repaired(serving))
        serving.stop()
        writer.join()
    assert waiting == [documents[0][1]["uid"]]
    assert [one.summary.verdict[0] for one in job.finished] == ["fail", "success"]


def test_a_run_whose_stop_never_came_is_repaired_after_its_silence(serve: Any, publish: Publisher, raw: Path) -> None:
    documents = run_of()
    store(raw, documents)
    with Job(graph()) as job, serve(job, repair_from=raw, run_timeout=0.5) as serving:
        send(publish, documents[:-1])
        serving.until(repaired(serving))
        serving.stop()
    assert [one.summary.verdict[0] for one in job.finished] == ["abort", "success"]


def test_a_store_that_never_has_the_run_is_told_of_and_the_live_result_stays(
    serve: Any, publish: Publisher, raw: Path, caplog: pytest.LogCaptureFixture
) -> None:
    documents = run_of()
    with Job(graph()) as job, serve(job, repair_from=raw, repair_within=0.5) as serving:
        send(publish, [*documents[:4], *documents[6:]])
        serving.until(lambda: "is not repaired from" in caplog.text)
        account = serving.service.account()["lanes"][0]["repairs"]
        serving.stop()
    assert account == {"from": str(raw), "running": "", "waiting": [], "done": 0, "given_up": 1}
    assert "it was not there whole within 0.5 s" in caplog.text
    assert [one.summary.verdict[0] for one in job.finished] == ["fail"]


def test_repairs_are_done_before_a_service_ends_after_its_runs(outlet: str, publish: Publisher, raw: Path) -> None:
    documents = run_of()
    store(raw, documents)
    with Job(graph()) as job:
        service = Service([job], f"zmq://{outlet}/raw", repair_from=raw)
        listening = threading.Event()
        thread = threading.Thread(target=service.run, args=(1, listening.set))
        thread.start()
        assert listening.wait(10)
        time.sleep(0.5)
        send(publish, [*documents[:4], *documents[6:]])
        thread.join(30)
        assert not thread.is_alive()
    assert [one.summary.verdict[0] for one in job.finished] == ["fail", "success"]


def test_a_complete_run_is_not_analysed_twice(serve: Any, publish: Publisher, raw: Path) -> None:
    documents = run_of()
    store(raw, documents)
    with Job(graph()) as job, serve(job, repair_from=raw) as serving:
        send(publish, documents)
        serving.until_ended()
        serving.stop()
    assert [one.summary.verdict for one in job.finished] == [("success", "")]


def test_a_store_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with Job(graph()) as job, pytest.raises(NotReachableError, match="there is no folder"):
        Service([job], "zmq://127.0.0.1:5578/raw", repair_from=tmp_path / "nowhere")
