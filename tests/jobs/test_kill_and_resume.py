"""``headrace run --journal``, killed at any moment and started again: what comes out is as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bluesky.callbacks.zmq import Publisher, RemoteDispatcher
from event_model import compose_run

import headrace
from headrace import Result
from headrace.engine.documents.journal_store import JournalStore
from headrace.engine.documents.store_writer import FolderStoreWriter

Pair = tuple[str, Mapping[str, Any]]

LIVES = int(os.environ.get("HEADRACE_KILLS", "20"))
"""How often the service is killed in the long test."""

SLEEPY = '''\
import time

from headrace.engine.model.node import node
from headrace.engine.model.ports import Stack


@node
def sleepy(frames: Stack, *, seconds: float = 0.0) -> Stack:
    """Take one's time."""
    time.sleep(seconds)
    return frames
'''

GRAPH = """\
headrace: 1
graph: reduction
python: sleepy.py
nodes:
  frames: {type: source, field: image}
  dark:   {type: dark, key: sc_dk_field_uid, field: image, missing: error}
  slow:   {type: sleepy, in: frames, seconds: SECONDS}
  mean:   {type: average, in: slow}
  clean:  {type: dark_subtract, in: {frame: mean, dark: dark}}
  total:  {type: accumulate, in: clean, how: mean}
  keep:   {type: sink, in: [clean, total]}
"""


def taken(events: int, seed: int, **metadata: Any) -> list[Pair]:
    """Compose a run of small images."""
    run = compose_run(metadata=metadata)
    stream = run.compose_descriptor(
        name="primary",
        data_keys={"image": {"dtype": "array", "shape": [2, 16, 16], "source": "sim", "dtype_numpy": "<u2"}},
    )
    images = np.random.default_rng(seed).integers(100, 4000, (events, 2, 16, 16)).astype("<u2")
    documents: list[Pair] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for number, image in enumerate(images):
        event = stream.compose_event(data={"image": image}, timestamps={"image": 0.0}, time=1000.0 + number)
        documents.append(("event", event))
    return [*documents, ("stop", run.compose_stop())]


def beamtime(events: int, seed: int) -> list[Pair]:
    """Give a dark run, two runs at the same time that refer to it, and a third one."""
    dark = taken(1, seed, dark_frame=True)
    key = {"sc_dk_field_uid": dark[0][1]["uid"]}
    one, other, last = (taken(events, seed + number, **key) for number in (1, 2, 3))
    mixed = [pair for pairs in zip_longest(one, other) for pair in pairs if pair is not None]
    return [*dark, *mixed, *last]


def lights(documents: list[Pair]) -> list[str]:
    starts = [doc for name, doc in documents if name == "start"]
    return [doc["uid"] for doc in starts if not doc.get("dark_frame")]


class Service:
    """The command in a process of its own, which can be killed and started again."""

    def __init__(self, folder: Path, inlet: str, outlet: str) -> None:
        self.folder = folder
        self.said = ""
        self.publish = Publisher(inlet, prefix=b"raw")
        time.sleep(0.3)  # bluesky's publisher does not tell when it is connected
        places = ["--to", "results", "--to", f"zmq://{inlet}/an?format=pickle", "--journal", "journal"]
        source = f"zmq://{outlet}/raw"
        self.command = [sys.executable, "-m", "headrace", "run", "graph.yaml", "--trust", "--from", source, *places]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            self.command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
        )

    def listens(self) -> None:
        self.wait_until(lambda: "waiting for runs on" in self._read())
        time.sleep(0.4)  # a subscription takes a moment to reach the publisher

    def _read(self) -> str:
        said = b""
        assert self._process is not None
        errors = self._process.stderr
        assert errors is not None
        while select.select([errors], [], [], 0)[0] and (part := os.read(errors.fileno(), 65536)):
            said += part
        self.said += said.decode(errors="replace")
        return said.decode(errors="replace")

    def wait_until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.said + self._read()
            assert self._process is not None
            assert self._process.poll() is None, self.said + self._read()
            time.sleep(0.01)

    def kill(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        self._process.kill()
        self._process.wait()
        self._read()
        self._process.stderr.close()
        self._process = None

    def end(self) -> int:
        assert self._process is not None
        assert self._process.stderr is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(30)
        self._read()
        self._process.stderr.close()
        self._process = None
        return code

    def send(self, documents: list[Pair]) -> None:
        for name, doc in documents:
            self.publish(name, dict(doc))

    def journaled(self) -> int:
        store = JournalStore(self.folder / "journal")
        store.holdings.look()
        return sum(span.documents for segment in store.holdings for span in segment.runs.values())

    def results(self) -> list[Result]:
        folder = self.folder / "results"
        whole = [path for path in folder.iterdir() if not path.name.startswith(".") and path.name != "files"]
        return [headrace.open_run(path) for path in whole]

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self.publish.close()


@pytest.fixture
def service(tmp_path: Path, inlet: str, outlet: str) -> Iterator[Service]:
    (tmp_path / "sleepy.py").write_text(SLEEPY)
    (tmp_path / "graph.yaml").write_text(GRAPH.replace("SECONDS", "0.01"))
    (tmp_path / "quick.yaml").write_text(GRAPH.replace("SECONDS", "0.0"))
    running = Service(tmp_path, inlet, outlet)
    yield running
    running.close()


def assert_whole(service: Service, documents: list[Pair]) -> None:
    """Assert that each run has one result, the same as from the documents at once, and that nothing is left over."""
    from headrace.engine.jobs.run import run_each

    live = {str(result.start["raw_uid"]): result for result in service.results()}
    assert sorted(live) == sorted(lights(documents))
    assert len(service.results()) == len(live)
    assert [path.name for path in (service.folder / "results").iterdir() if path.name.endswith(".part")] == []
    for expected in run_each(service.folder / "quick.yaml", documents, trust=True):
        result = live[str(expected.start["raw_uid"])]
        assert result.stop is not None
        assert expected.stop is not None
        assert result.stop["exit_status"] == "success", result.stop
        assert result.stop["num_events"] == expected.stop["num_events"]
        for about in ("events", "lost", "repeated", "failures"):
            assert result.stop["headrace"][about] == expected.stop["headrace"][about]
        for stream in ("clean", "total"):
            np.testing.assert_array_equal(result[stream], expected[stream], strict=True)


@pytest.mark.timeout(600)
def test_a_service_that_is_killed_again_and_again_gives_the_results_of_one_that_never_was(service: Service) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    print("seed", seed)  # noqa: T201 - shown when it fails
    documents = beamtime(8 * LIVES, seed)
    waiting = list(documents)
    service.start()
    service.listens()
    for life in range(LIVES):
        if life % 4 == 3:  # while it starts, or reads back
            service.kill()
            service.start()
            time.sleep(chance.uniform(0.2, 1.2))
        else:
            number = chance.randrange(1, 2 * len(waiting) // (LIVES - life))
            service.send(waiting[:number])
            del waiting[:number]
            sent = len(documents) - len(waiting)
            service.wait_until(lambda sent=sent: service.journaled() >= sent)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.4))
        service.kill()
        service.start()
        if life % 4 != 2:
            service.listens()
    service.send(waiting)
    service.wait_until(lambda: len(service.results()) == 3)
    assert service.end() == 0, service.said
    assert service.said.count("goes on, as result") >= LIVES / 4, service.said
    assert_whole(service, documents)


class Listener:
    """A standard dispatcher in a thread, which collects what is published as results."""

    def __init__(self, outlet: str) -> None:
        self.documents: list[Pair] = []
        self._dispatcher = RemoteDispatcher(outlet, prefix=b"an")
        self._dispatcher.subscribe(lambda name, doc: self.documents.append((str(name), doc)))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        time.sleep(0.3)

    def _listen(self) -> None:
        asyncio.set_event_loop(self._dispatcher.loop)
        with suppress(asyncio.CancelledError):
            self._dispatcher.start()

    def close(self) -> None:
        self._dispatcher.loop.call_soon_threadsafe(self._dispatcher._task.cancel)
        self._thread.join(10)
        self._dispatcher.loop.close()


def test_published_results_of_a_run_that_was_resumed_come_again_under_the_same_uids(
    service: Service, outlet: str
) -> None:
    documents = beamtime(20, 0)
    cut = len(documents) // 2
    listener = Listener(outlet)
    try:
        service.start()
        service.listens()
        service.send(documents[:cut])
        service.wait_until(lambda: service.journaled() >= cut and len(listener.documents) > 10)
        service.kill()
        service.start()
        service.listens()
        service.send(documents[cut:])
        service.wait_until(lambda: sum(name == "stop" for name, _ in listener.documents) == 3)
        service.end()
    finally:
        listener.close()
    seen: dict[str, Mapping[str, Any]] = {}
    for name, doc in listener.documents:
        before = seen.setdefault(doc["uid"], doc)
        if name == "event":
            assert all(np.array_equal(before["data"][field], value) for field, value in doc["data"].items())
        if name == "start":
            assert before == doc
    assert len(seen) < len(listener.documents)  # what had been published before the crash came again
    starts = [doc["uid"] for name, doc in listener.documents if name == "start"]
    assert set(starts) == {result.uid for result in service.results()}
    assert_whole(service, documents)


def test_events_published_while_the_service_was_dead_are_counted_as_lost(service: Service) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)  # noqa: T201 - shown when it fails
    chance = random.Random(seed)
    documents = taken(60, seed)
    dark = taken(1, 0, dark_frame=True)
    documents[0][1]["sc_dk_field_uid"] = dark[0][1]["uid"]  # type: ignore[index]
    service.start()
    service.listens()
    service.send([*dark, *documents[:2]])
    service.wait_until(lambda: service.journaled() >= len(dark) + 2)
    at = 2
    for _ in range(3):
        until = chance.randrange(at + 5, at + 15)
        for pair in documents[at:until]:  # killed while they come: the journal may end in the middle of a document
            service.send([pair])
        time.sleep(chance.uniform(0.0, 0.02))
        service.kill()
        service.send(documents[until : until + 3])
        at = until + 3
        service.start()
        service.listens()
    service.send(documents[at:])
    service.wait_until(lambda: len(service.results()) == 1)
    service.end()
    [result] = service.results()
    assert result.stop is not None
    lost = dict(result.stop["headrace"]["lost"])["primary"]
    events = dict(result.stop["headrace"]["events"])["primary"]
    assert 9 <= lost < 60
    assert events + lost == 60
    assert result.stop["num_events"]["clean"] == events
    assert result.stop["headrace"]["repeated"] == []
    assert (result.stop["exit_status"], "never arrived" in result.stop["reason"]) == ("fail", True)
    assert "is not complete" in service.said


def test_a_run_under_way_when_the_service_was_ended_in_order_gets_a_whole_result_that_supersedes_the_first(
    service: Service,
) -> None:
    documents = beamtime(6, 0)
    service.start()
    service.listens()
    service.send(documents[:12])  # the dark run, and the beginnings of two
    service.wait_until(lambda: service.journaled() >= 12)
    service.end()
    broken_off = {result.uid: result for result in service.results()}
    assert [result.stop["exit_status"] for result in broken_off.values() if result.stop] == ["abort", "abort"]
    service.start()
    service.listens()
    service.send(documents[12:])
    service.wait_until(lambda: len(service.results()) == 5)
    service.end()
    whole = [result for result in service.results() if result.uid not in broken_off]
    superseded = {result.start["headrace"].get("supersedes") for result in whole}
    assert superseded == {*broken_off, None}
    assert [result.stop["exit_status"] for result in whole if result.stop] == ["success"] * 3


def test_a_run_that_is_finished_gets_no_second_result_however_it_comes_again(service: Service) -> None:
    documents = beamtime(4, 0)
    service.start()
    service.listens()
    service.send(documents)
    service.wait_until(lambda: len(service.results()) == 3)
    service.kill()
    segments = sorted((service.folder / "journal").glob("*.journal"))
    os.truncate(segments[-1], segments[-1].stat().st_size - 100)  # as if killed while it noted the end of the last one
    service.start()
    service.listens()
    service.send(documents)  # all of it again
    service.wait_until(lambda: service.journaled() >= 2 * len(documents))
    time.sleep(0.5)
    assert service.end() == 0
    assert_whole(service, documents)


def test_a_service_that_is_ended_while_it_reads_back_goes_on_there_the_next_time(service: Service) -> None:
    (service.folder / "graph.yaml").write_text(GRAPH.replace("SECONDS", "0.05"))
    documents = beamtime(40, 0)
    service.start()
    service.listens()
    service.send(documents)
    service.wait_until(lambda: service.journaled() >= len(documents))
    service.kill()
    service.start()
    service.listens()
    service.end()
    broken_off = {result.uid for result in service.results()}
    assert len(broken_off) == 2  # the third had not begun
    (service.folder / "graph.yaml").write_text(GRAPH.replace("SECONDS", "0.05"))
    service.start()
    service.wait_until(lambda: len(service.results()) == 5)
    service.end()
    whole = [result for result in service.results() if result.uid not in broken_off]
    assert sorted(str(result.start["raw_uid"]) for result in whole) == sorted(lights(documents))
    assert {result.stop["exit_status"] for result in whole if result.stop} == {"success"}
    assert {result.start["headrace"].get("supersedes") for result in whole} == {*broken_off, None}


def test_of_two_graphs_each_goes_on_with_what_it_has_not_finished(service: Service) -> None:
    other = GRAPH.replace("SECONDS", "0.0").replace("graph: reduction", "graph: quick")
    (service.folder / "other.yaml").write_text(other + "intake: {policy: block}\n")
    service.command.insert(5, "other.yaml")
    documents = beamtime(30, 0)
    service.start()
    service.listens()
    service.send(documents)

    def stages() -> list[str]:
        return sorted(str(result.start["analysis_stage"]) for result in service.results())

    service.wait_until(lambda: stages().count("quick") == 3)
    assert stages().count("reduction") < 3
    service.kill()
    service.start()
    service.wait_until(lambda: len(stages()) == 6)
    time.sleep(0.5)
    service.end()
    assert stages() == ["quick"] * 3 + ["reduction"] * 3
    assert service.said.count("of graph 'quick'") == service.said.count("'quick' and goes on") == 0
    uids = {(result.start["raw_uid"], result.start["analysis_stage"]) for result in service.results()}
    assert len(uids) == 6


def test_documents_that_wait_on_the_disk_are_worked_off_after_a_crash(service: Service) -> None:
    service.command += ["--intake-bytes", "20kB"]
    documents = beamtime(60, 0)
    cut = len(documents) - 30
    service.start()
    service.listens()
    service.send(documents[:cut])
    service.wait_until(lambda: service.journaled() >= cut)
    service.kill()
    service.start()
    service.listens()
    service.send(documents[cut:])
    service.wait_until(lambda: service.journaled() >= len(documents))
    service.wait_until(lambda: len(service.results()) == 3)
    assert service.end() == 0
    assert_whole(service, documents)


@pytest.mark.parametrize("killed", ["before it is stored", "while it is repaired"])
def test_a_repair_that_was_due_or_under_way_when_the_service_was_killed_is_done_after_it(
    service: Service, killed: str
) -> None:
    documents = taken(40, 9, sc_dk_field_uid="")[:42]
    whole = [*documents, ("stop", {"uid": "s", "run_start": documents[0][1]["uid"], "time": 2000.0, "num_events": {}})]
    text = GRAPH.replace("missing: error", "missing: zero").replace("SECONDS", "0.02")
    (service.folder / "graph.yaml").write_text(text)
    (service.folder / "raw").mkdir()
    service.command += ["--repair-from", "raw"]
    service.start()
    service.listens()
    service.send([*whole[:10], *whole[12:]])
    service.wait_until(lambda: len(service.results()) == 1)
    (live,) = service.results()
    if killed == "while it is repaired":
        _store(service.folder / "raw", whole)
        service.wait_until(lambda: any(path.suffix == ".part" for path in (service.folder / "results").iterdir()))
    service.kill()
    if killed == "before it is stored":
        _store(service.folder / "raw", whole)
    service.start()
    service.wait_until(lambda: len(service.results()) == 2)
    assert service.end() == 0, service.said

    (again,) = (result for result in service.results() if result.uid != live.uid)
    assert again.start["headrace"]["supersedes"] == live.uid
    assert [path.name for path in (service.folder / "results").iterdir() if path.suffix == ".part"] == []
    expected = headrace.run(service.folder / "graph.yaml", whole, trust=True)
    np.testing.assert_array_equal(again["clean"], expected["clean"], strict=True)
    assert len(again["clean"]) == 40
    service.start()  # nothing is left to do
    service.listens()
    assert service.end() == 0
    assert len(service.results()) == 2
    assert service.said.count("is still to be repaired") == 1


def _store(folder: Path, documents: list[Pair]) -> None:
    with FolderStoreWriter(folder) as write:
        for name, doc in documents:
            write(name, doc)
