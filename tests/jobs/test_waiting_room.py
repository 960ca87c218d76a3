"""Runs that refer to others which are not there yet: they wait, and come out as they would from a store."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import pytest
from bluesky.callbacks.zmq import Publisher
from hypothesis import given, settings
from hypothesis import strategies as st

import headrace
from headrace import Graph, Job, Result
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.progress import Silent
from headrace.nodes import average, background, background_subtract, dark, dark_subtract, source

Pair = tuple[str, Any]
START = 1_000.0


def images(count: int, level: float, **start: Any) -> list[Pair]:
    """Compose a run of images, one each second: level, level + 1, ..."""
    run = event_model.compose_run(metadata=start, time=START)
    key: dict[str, Any] = {"source": "s", "dtype": "array", "shape": [2, 3], "dtype_numpy": "<f8"}
    made = run.compose_descriptor(name="primary", data_keys={"image": key})
    documents: list[Pair] = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
    for number in range(count):
        data = {"image": np.full((2, 3), level + number)}
        event = made.compose_event(data=data, timestamps={"image": 0.0}, time=START + number)
        documents.append(("event", event))
    return [*documents, ("stop", run.compose_stop())]


def uid(run: list[Pair]) -> str:
    return str(run[0][1]["uid"])


def subtracting(missing: str = "error", wait: float = 60.0, key: str = "sc_dk_field_uid") -> Graph:
    frame = average(source(field="image"))
    held = dark(key=key, field="image", missing=missing, wait=wait)  # type: ignore[arg-type]
    return Graph("subtracting").keep(clean=dark_subtract(frame, held, clip=None))


def live(graph: Graph, documents: Iterable[Pair], **options: Any) -> list[Result]:
    """Give the results of what passes by, one for each run."""
    runs: dict[str, list[Pair]] = {}
    owner: dict[str, str] = {}

    def take(name: str, doc: Any) -> None:
        run = str(doc["uid"] if name == "start" else doc.get("run_start") or owner[doc["descriptor"]])
        if name == "descriptor":
            owner[doc["uid"]] = run
        runs.setdefault(run, []).append((name, doc))

    with Job(graph, to=[take], **options) as job:
        job.run_documents(documents)
    return [Result(MemoryRun(documents)) for documents in runs.values()]


def verdict(result: Result) -> str:
    assert result.stop is not None
    return str(result.stop["exit_status"])


@settings(max_examples=40, deadline=None)
@given(data=st.data(), marked=st.booleans())
def test_wherever_the_dark_run_comes_between_the_documents_of_the_light_the_result_is_that_from_the_store(
    data: st.DataObject, marked: bool
) -> None:
    taken = images(3, 10.0, **({"dark_frame": True} if marked else {}))
    light = images(6, 100.0, sc_dk_field_uid=uid(taken))
    # the dark begins at some time after the light began, and ends at some time before the light ends
    places = sorted(data.draw(st.lists(st.integers(1, len(light) - 1), min_size=len(taken), max_size=len(taken))))
    mixed: list[Pair] = []
    for number, pair in enumerate(light):
        mixed += [document for document, place in zip(taken, places, strict=True) if place == number]
        mixed.append(pair)
    graph = subtracting()
    (result,) = live(graph, mixed)
    batch = headrace.run(graph, [*taken, *light])
    np.testing.assert_array_equal(result["clean"], batch["clean"])
    assert verdict(result) == verdict(batch) == "success"


def test_a_run_before_that_does_not_say_it_is_a_dark_is_found(caplog: pytest.LogCaptureFixture) -> None:
    taken = images(2, 10.0)
    light = images(2, 100.0, sc_dk_field_uid=uid(taken))
    assert [list(map(float, result["clean"][:, 0, 0])) for result in live(subtracting(), [*taken, *light])[1:]] == [
        [89.5, 90.5]
    ]


@pytest.mark.parametrize(("missing", "expected"), [("error", "fail"), ("skip", "success"), ("zero", "success")])
def test_a_run_that_ends_before_its_dark_comes_goes_on_by_the_policy_of_the_node(
    missing: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    taken = images(1, 10.0, dark_frame=True)
    light = images(3, 100.0, sc_dk_field_uid=uid(taken))
    with caplog.at_level(logging.WARNING):
        (result,) = live(subtracting(missing), [*light, *taken])
    assert f"goes on without dark run {uid(taken)[:8]}: the run has ended" in caplog.text
    assert verdict(result) == expected
    if missing == "zero":
        assert result["clean"][:, 0, 0].tolist() == [100.0, 101.0, 102.0]
    if missing == "error":
        assert "is not known" in result["dead_letters"]["error"].iloc[0]


def test_events_wait_no_longer_than_the_node_says_by_their_own_time(caplog: pytest.LogCaptureFixture) -> None:
    taken = images(1, 10.0, dark_frame=True)
    light = images(6, 100.0, sc_dk_field_uid=uid(taken))
    in_time, late = [*light[:5], *taken, *light[5:]], [*light[:7], *taken, *light[7:]]
    (result,) = live(subtracting("zero", wait=3), in_time)  # 3 events came, at 0, 1 and 2 s
    assert result["clean"][:, 0, 0].tolist() == [90.0, 91.0, 92.0, 93.0, 94.0, 95.0]
    (result,) = live(subtracting("zero", wait=3), late)  # the fifth came at 4 s
    assert result["clean"][:, 0, 0].tolist() == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]
    assert "waits no longer for dark run" in caplog.text
    (result,) = live(subtracting("zero", wait=0), in_time)
    assert result["clean"][:, 0, 0].tolist() == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]


def test_other_runs_go_on_while_one_waits_and_what_waits_is_told() -> None:
    taken, other = images(1, 10.0, dark_frame=True), images(1, 20.0, dark_frame=True)
    light, quick = images(3, 100.0, sc_dk_field_uid=uid(taken)), images(3, 200.0, sc_dk_field_uid=uid(other))
    said: list[str] = []

    class Listening(Silent):
        def waiting(self, text: str) -> None:
            said.append(text)

    with Job(subtracting(), progress=Listening()) as job:
        seen: list[Any] = []

        def documents() -> Iterable[Pair]:
            yield from [*other, *light[:4], *quick]
            seen.append((dict(job.room.waiting), job.room.room[0], [one.summary.run.uid for one in job.finished]))
            yield from [*taken, *light[4:]]
            seen.append((dict(job.room.waiting), job.room.room, [one.summary.run.uid for one in job.finished]))

        job.run_documents(documents())
    reason = f"waiting for dark run {uid(taken)[:8]}"
    assert seen[0] == ({uid(light): {"dark": reason}}, 2, [uid(quick)])
    assert seen[1] == ({}, (0, 0), [uid(quick), uid(light)])
    assert said == [f"run {uid(light)[:8]}: {reason}"]


def test_the_dark_of_a_background_is_waited_for_too() -> None:
    own = images(1, 3.0)
    empty = images(1, 10.0, sc_dk_field_uid=uid(own))
    light = images(3, 100.0, background_uid=uid(empty))
    frame = average(source(field="image"))
    graph = Graph("air").keep(clean=background_subtract(frame, background(key="background_uid", field="image")))
    for mixed in ([*light[:3], *empty, *own, *light[3:]], [*light[:3], *own, *empty, *light[3:]]):
        results = live(graph, mixed)
        found = [result["clean"][:, 0, 0].tolist() for result in results if len(result["clean"]) == 3]
        assert [93.0, 94.0, 95.0] in found


def test_a_dark_that_is_put_into_the_store_meanwhile_is_found(tmp_path: Path) -> None:
    taken = images(1, 10.0)
    light = images(3, 100.0, sc_dk_field_uid=uid(taken))
    (tmp_path / "store").mkdir()

    def documents() -> Iterable[Pair]:
        yield from light[:-1]
        with FolderStoreWriter(tmp_path / "store") as write:
            for name, doc in taken:
                write(name, doc)
        yield light[-1]

    (result,) = live(subtracting(), documents(), lookup=tmp_path / "store")
    assert result["clean"][:, 0, 0].tolist() == [90.0, 91.0, 92.0]


def test_the_dark_stream_of_the_run_goes_on_in_order_behind_the_dark_run_that_is_waited_for() -> None:
    taken = images(1, 10.0)
    light = images(4, 100.0, sc_dk_field_uid=uid(taken))
    key: dict[str, Any] = {"source": "s", "dtype": "array", "shape": [2, 3], "dtype_numpy": "<f8"}
    descriptor = {"uid": "d", "run_start": uid(light), "name": "dark", "time": START, "data_keys": {"image": key}}
    event = {"uid": "e", "descriptor": "d", "seq_num": 1, "time": START + 1.5, "data": {"image": np.full((2, 3), 1.0)}}
    light[4:4] = [("descriptor", descriptor), ("event", {**event, "timestamps": {"image": 0.0}})]
    frame = average(source(field="image"))
    held = dark(key="sc_dk_field_uid", stream="dark", field="image")
    graph = Graph("both").keep(clean=dark_subtract(frame, held, clip=None))
    (result,) = live(graph, [*light[:7], *taken, *light[7:]])
    expected = [90.0, 91.0, 101.0, 102.0]
    assert result["clean"][:, 0, 0].tolist() == expected
    assert headrace.run(graph, [*taken, *light])["clean"][:, 0, 0].tolist() == expected


@pytest.mark.parametrize("limit", [{"most_events": 4}, {"most_bytes": 4 * 48}])
def test_a_full_room_lets_the_run_go_that_takes_most(limit: dict[str, int], caplog: pytest.LogCaptureFixture) -> None:
    taken = images(1, 10.0, dark_frame=True)
    large, small = (images(6, level, sc_dk_field_uid=uid(taken)) for level in (100.0, 200.0))
    waiting: list[Any] = []
    with Job(subtracting("zero")) as job:
        for name, value in limit.items():
            setattr(job.room, name, value)

        def documents() -> Iterable[Pair]:
            yield from [*small[:3], *large[:5]]
            waiting.append((list(job.room.waiting), job.room.room))
            yield from large[5:]
            waiting.append((list(job.room.waiting), job.room.room))
            yield from [*taken, *small[3:]]

        job.run_documents(documents())
    assert waiting == [([uid(small), uid(large)], (4, 4 * 48)), ([uid(small)], (1, 48))]
    assert f"run {uid(large)} goes on without dark run" in caplog.text
    assert f"run {uid(small)} goes on" not in caplog.text


def test_a_run_goes_on_when_the_job_ends(caplog: pytest.LogCaptureFixture) -> None:
    light = images(3, 100.0, sc_dk_field_uid="never")
    (result,) = live(subtracting("zero"), light[:-1])
    assert (verdict(result), len(result["clean"])) == ("abort", 3)


def test_a_dark_under_way_while_the_light_is_taken_live_over_the_wire(inlet: str, outlet: str, tmp_path: Path) -> None:
    taken = images(2, 10.0)
    light = images(5, 100.0, sc_dk_field_uid=uid(taken))
    mixed = [light[0], taken[0], *light[1:4], *taken[1:], *light[4:]]
    listening, results = threading.Event(), []

    class Ready(Silent):
        def waiting(self, text: str) -> None:
            listening.set()

    publisher = Publisher(inlet, prefix=b"raw")
    take: Callable[..., None] = lambda name, doc: results.append((name, doc))  # noqa: E731
    with Job(subtracting(), to=[take], progress=Ready()) as job:
        thread = threading.Thread(target=lambda: job.run_live(f"zmq://{outlet}/raw", runs=1))
        thread.start()
        assert listening.wait(20)
        time.sleep(0.5)  # bluesky's publisher does not tell when it is connected
        for name, doc in mixed:
            publisher(name, doc)
        thread.join(30)
        job.stop()
        thread.join(30)
    publisher.close()
    with FolderStoreWriter(tmp_path / "raw") as write:
        for name, doc in mixed:
            write(name, doc)
    stored = headrace.run(subtracting(), f"{tmp_path}/raw/{uid(light)}")
    live_result = Result(MemoryRun(results))
    np.testing.assert_array_equal(live_result["clean"], stored["clean"])
    assert verdict(live_result) == verdict(stored) == "success"
