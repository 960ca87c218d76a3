"""Detector files that another program is still writing while headrace reads them live."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import numpy.typing as npt
import pytest
from bluesky.callbacks.zmq import Publisher

import headrace
from headrace import AssetSettings, Job, Result
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.progress import Silent

Pair = tuple[str, Any]

GRAPH = """\
headrace: 1
graph: means
nodes:
  frames: {type: source, field: image}
  mean:   {type: average, in: frames}
  x:      {type: source, field: x}
  keep:   {type: sink, in: [mean, x]}
"""

WRITER = '''\
"""Writes a frame for each line of the standard input that says so, each time in the way that was asked for."""
import sys
import h5py
import numpy as np

mode, path, dataset = sys.argv[1], sys.argv[2], "/entry/data/data"

def begin():
    file = h5py.File(path, "w", libver="latest" if mode == "swmr" else "earliest")
    file.create_dataset(dataset, (0, 6, 5), "<u2", maxshape=(None, 6, 5), chunks=(1, 6, 5))
    if mode == "swmr":
        file.swmr_mode = True
    return file

file = None
for number, line in enumerate(sys.stdin):
    if line.strip() == "close":
        break
    file = file or (begin() if number == 0 else h5py.File(path, "a"))
    frames = file[dataset]
    frames.resize(number + 1, axis=0)
    file.flush()  # larger already, and not written yet
    print("larger", flush=True)
    sys.stdin.readline()
    frames[number] = np.arange(30).reshape(6, 5) * (number + 1)
    frames.flush()
    if mode == "reopened":
        file.close()
        file = None
    print("written", flush=True)
if file:
    file.close()
print("closed", flush=True)
'''


class Writer:
    """A detector's file writer, a program of its own."""

    def __init__(self, script: Path, mode: str, path: Path) -> None:
        script.write_text(WRITER)
        command = [sys.executable, str(script), mode, str(path)]
        self._running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, word: str, answer: str) -> None:
        """Give an order, and wait until it is done."""
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        print(word, file=self._running.stdin, flush=True)
        assert self._running.stdout.readline().strip() == answer

    def grow(self) -> None:
        self.say("grow", "larger")

    def write(self) -> None:
        self.say("write", "written")

    def close(self) -> None:
        if self._running.poll() is None:
            self.say("close", "closed")
        self._running.communicate(timeout=10)
        assert self._running.returncode == 0


def frame(number: int) -> npt.NDArray[np.float64]:
    """Give what the writer writes at a number, counted from 0."""
    return np.arange(30, dtype=np.float64).reshape(6, 5) * (number + 1)


def detector_run(where: str, name: str, count: int) -> tuple[list[Pair], list[list[Pair]], Pair]:
    """Compose a run whose images are in a file: its head, the documents of each event, its stop."""
    run = event_model.compose_run()
    image = {"source": "s", "dtype": "array", "shape": [1, 6, 5], "dtype_numpy": "<u2", "external": "FILESTORE:"}
    keys: dict[str, Any] = {"image": image, "x": {"source": "s", "dtype": "number", "shape": []}}
    made = run.compose_descriptor(name="primary", data_keys=keys)
    resource = run.compose_resource(
        spec="AD_HDF5", root=where, resource_path=name, resource_kwargs={"frame_per_point": 1}
    )
    head: list[Pair] = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
    head.append(("resource", resource.resource_doc))
    events: list[list[Pair]] = []
    for number in range(count):
        datum = resource.compose_datum(datum_kwargs={"point_number": number})
        data = {"image": datum["datum_id"], "x": float(number)}
        event = made.compose_event(data=data, timestamps=dict.fromkeys(data, 0.0), filled={"image": False})
        events.append([("datum", datum), ("event", event)])
    return head, events, ("stop", run.compose_stop())


class Watcher(Silent):
    """Knows when the job listens and what it waits for."""

    def __init__(self) -> None:
        self.listening, self.waits = threading.Event(), threading.Event()
        self.said: list[str] = []

    def waiting(self, text: str) -> None:
        self.said.append(text)
        self.listening.set()
        if text.startswith("waiting for a file"):
            self.waits.set()


class Beamline:
    """A publisher, and a job that listens to it."""

    def __init__(self, graph: Path, inlet: str, outlet: str) -> None:
        self._graph, self._inlet, self._outlet = graph, inlet, outlet
        self.watcher = Watcher()
        self.published: list[Pair] = []
        self.results: list[Pair] = []

    @contextmanager
    def live(self, **settings: Any) -> Iterator[Callable[[Iterable[Pair]], None]]:
        """Run the job for one run; give the function that publishes."""
        publisher = Publisher(self._inlet, prefix=b"raw")
        assets = AssetSettings(**{"patience": 60, **settings})
        take = lambda name, doc: self.results.append((name, doc))  # noqa: E731
        with Job(self._graph, to=[take], progress=self.watcher, assets=assets) as job:
            thread = threading.Thread(target=lambda: job.run_live(f"zmq://{self._outlet}/raw", runs=1))
            thread.start()
            assert self.watcher.listening.wait(20)
            time.sleep(0.5)  # bluesky's publisher does not tell when it is connected
            try:
                yield lambda pairs: self._publish(publisher, pairs)
                thread.join(60)
                assert not thread.is_alive()
            finally:
                job.stop()
                thread.join(60)
                publisher.close()

    def _publish(self, publisher: Publisher, pairs: Iterable[Pair]) -> None:
        for name, doc in pairs:
            self.published.append((name, doc))
            publisher(name, doc)

    @property
    def result(self) -> Result:
        from headrace.engine.documents.memory_run import MemoryRun

        return Result(MemoryRun(self.results))

    def stored(self, store: Path, **settings: Any) -> Result:
        """Store what was published, and run the graph on that."""
        with FolderStoreWriter(store) as write:
            for name, doc in self.published:
                write(name, doc)
        return headrace.run(self._graph, f"{store}/-1", assets=AssetSettings(**settings))


@pytest.fixture
def beamline(tmp_path: Path, inlet: str, outlet: str) -> Beamline:
    graph = tmp_path / "means.yaml"
    graph.write_text(GRAPH)
    return Beamline(graph, inlet, outlet)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Callable[[str, Path], Writer]]:
    started: list[Writer] = []

    def start(mode: str, path: Path) -> Writer:
        started.append(Writer(tmp_path / "writer.py", mode, path))
        return started[-1]

    yield start
    for one in started:
        one.close()


def same(one: Result, other: Result) -> None:
    np.testing.assert_array_equal(one["mean"], other["mean"])
    assert list(one["x"]["x"]) == list(other["x"]["x"])
    assert one.stop is not None
    assert other.stop is not None
    assert one.stop["exit_status"] == other.stop["exit_status"]


@pytest.mark.parametrize("mode", ["swmr", "reopened", "kept open"])
def test_events_that_are_announced_before_their_frames_are_written_come_out_right(
    mode: str, beamline: Beamline, writer: Callable[[str, Path], Writer], tmp_path: Path
) -> None:
    head, events, stop = detector_run(str(tmp_path), "growing.h5", 4)
    with beamline.live() as publish:
        publish(head)
        publish(events[0])  # there is no file yet
        detector = writer(mode, tmp_path / "growing.h5")
        for number in range(4):
            detector.grow()
            publish(events[number + 1] if number < 3 else [stop])
            time.sleep(0.2)  # the chance to read what is not written yet, and comes as zeros
            detector.write()
        detector.close()
    expected = np.stack([frame(number)[None] for number in range(4)])
    np.testing.assert_array_equal(np.asarray(beamline.result["mean"]).reshape(expected.shape), expected)
    same(beamline.result, beamline.stored(tmp_path / "raw"))


def test_a_file_that_never_comes_fails_its_events_and_nothing_else(beamline: Beamline, tmp_path: Path) -> None:
    head, events, stop = detector_run(str(tmp_path), "never.h5", 30)
    with beamline.live(patience=0.3) as publish:
        publish([*head, *(pair for pairs in events for pair in pairs), stop])
    assert list(beamline.result["x"]["x"]) == [float(number) for number in range(30)]
    letters = beamline.result["dead_letters"]
    assert list(letters["node"]) == ["frames"] * 30
    assert "never.h5" in letters["error"].iloc[0]
    assert "--map-path" in letters["error"].iloc[0]
    assert beamline.result.stop is not None
    assert beamline.result.stop["exit_status"] == "fail"


def test_a_frame_that_is_never_written_fails_its_event_and_the_others_come(
    beamline: Beamline, writer: Callable[[str, Path], Writer], tmp_path: Path
) -> None:
    head, events, stop = detector_run(str(tmp_path), "short.h5", 4)
    detector = writer("swmr", tmp_path / "short.h5")
    for _ in range(3):
        detector.grow()
        detector.write()
    with beamline.live(patience=0.3) as publish:
        publish([*head, *(pair for pairs in events for pair in pairs), stop])
    assert len(beamline.result["mean"]) == 3
    assert "rows 3 to 3" in beamline.result["dead_letters"]["error"].iloc[0]


def test_a_file_on_another_machine_is_found_where_it_is_mounted_here(
    beamline: Beamline, writer: Callable[[str, Path], Writer], tmp_path: Path
) -> None:
    (tmp_path / "mounted").mkdir()
    head, events, stop = detector_run("Z:\\beamline\\data", "scan.h5", 2)
    detector = writer("reopened", tmp_path / "mounted" / "scan.h5")
    for _ in range(2):
        detector.grow()
        detector.write()
    mapping = {"Z:\\beamline\\data": str(tmp_path / "mounted")}
    with beamline.live(root_map=mapping) as publish:
        publish([*head, *(pair for pairs in events for pair in pairs), stop])
    same(beamline.result, beamline.stored(tmp_path / "raw", root_map=mapping))
    assert len(beamline.result["mean"]) == 2


def test_a_document_that_points_outside_the_allowed_folders_fails_alone(
    beamline: Beamline, writer: Callable[[str, Path], Writer], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "private").mkdir()
    detector = writer("reopened", tmp_path / "private" / "scan.h5")
    detector.grow()
    detector.write()
    (tmp_path / "data" / "link.h5").symlink_to(tmp_path / "private" / "scan.h5")
    for name in ("../private/scan.h5", "link.h5"):
        beamline.results.clear()
        head, events, stop = detector_run(str(tmp_path / "data"), name, 1)
        with beamline.live(allowed=(tmp_path / "data",)) as publish:
            publish([*head, *events[0], stop])
        assert "may not be read" in beamline.result["dead_letters"]["error"].iloc[0]
        assert list(beamline.result["x"]["x"]) == [0.0]


def test_a_stopped_job_waits_for_no_file(beamline: Beamline, tmp_path: Path) -> None:
    head, events, _ = detector_run(str(tmp_path), "never.h5", 50)
    publisher = Publisher(beamline._inlet, prefix=b"raw")
    assets = AssetSettings(patience=3600)
    with Job(beamline._graph, progress=beamline.watcher, assets=assets) as job:
        thread = threading.Thread(target=lambda: job.run_live(f"zmq://{beamline._outlet}/raw"))
        thread.start()
        assert beamline.watcher.listening.wait(20)
        time.sleep(0.5)
        for name, doc in [*head, *(pair for pairs in events for pair in pairs)]:
            publisher(name, doc)
        assert beamline.watcher.waits.wait(20)
        assert "never.h5" in beamline.watcher.said[-1]
        job.stop()
        thread.join(60)
        assert not thread.is_alive()
        assert job.finished[0].summary.failures == 50
    publisher.close()
