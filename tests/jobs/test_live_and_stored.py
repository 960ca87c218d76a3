"""The main job: a real RunEngine scan through a real proxy, live; the same from the store; equal bit for bit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import pandas as pd
import pytest
from bluesky.callbacks.zmq import RemoteDispatcher

import headrace
from headrace import Job, Result
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.destinations import Destination
from headrace.engine.jobs.progress import Silent

STREAMS = ["clean", "peaks", "tracks", "maps", "maps_grains", "total"]


def same(left: Result, right: Result) -> None:
    for stream in STREAMS:
        one, other = left[stream], right[stream]
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
        else:
            assert one.dtype == np.asarray(other).dtype
            np.testing.assert_array_equal(one, other)


class Ready(Silent):
    """Tells when the job is listening."""

    def __init__(self) -> None:
        self.listening = threading.Event()

    def waiting(self, text: str) -> None:
        self.listening.set()


@pytest.fixture
def live(
    graph_file: Path, tmp_path: Path, inlet: str, outlet: str
) -> Callable[[Callable[[], Any]], tuple[list[Any], Any]]:
    """Give a function that runs the graph live while something is published."""

    def listen(publish: Callable[[], Any]) -> tuple[list[Any], Any]:
        ready, finished = Ready(), []
        to: list[Destination] = [tmp_path / "results", f"zmq://{inlet}/an?format=pickle"]  # for a RemoteDispatcher
        with Job(graph_file, to=to, progress=ready) as job:
            thread = threading.Thread(target=lambda: finished.extend(job.run_live(f"zmq://{outlet}/raw", runs=1)))
            thread.start()
            ready.listening.wait(10)
            time.sleep(0.5)
            published = publish()
            thread.join(60)
            assert not thread.is_alive()
        return finished, published

    return listen


class Listener:
    """A standard dispatcher in a thread, which collects what is published as results."""

    def __init__(self, outlet: str) -> None:
        self.documents: list[tuple[str, Any]] = []
        self.stopped = threading.Event()
        self._dispatcher = RemoteDispatcher(outlet, prefix=b"an")
        self._dispatcher.subscribe(self._take)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        time.sleep(0.3)

    def _take(self, name: str, doc: Any) -> None:
        self.documents.append((str(name), doc))
        if name == "stop":
            self.stopped.set()

    def _listen(self) -> None:
        import asyncio

        asyncio.set_event_loop(self._dispatcher.loop)
        try:
            self._dispatcher.start()
        except asyncio.CancelledError:
            return

    def close(self) -> None:
        self._dispatcher.loop.call_soon_threadsafe(self._dispatcher._task.cancel)
        self._thread.join(10)
        self._dispatcher.loop.close()


def test_a_scan_live_and_from_the_store_gives_bit_identical_results(
    live: Any, scan: Any, crystal_grid: Any, graph_file: Path, tmp_path: Path, outlet: str
) -> None:
    listener = Listener(outlet)
    try:
        finished, documents = live(lambda: scan(crystal_grid.background, crystal_grid.images[24:48], (2, 12)))
        assert listener.stopped.wait(10)
    finally:
        listener.close()
    [one] = finished
    assert one.summary.verdict == ("success", "")
    stored_live = headrace.open_run(tmp_path / "results" / one.uid)
    assert len(stored_live["peaks"]) > 5

    for name, doc in listener.documents:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)
    from headrace.engine.documents.memory_run import MemoryRun

    same(stored_live, Result(MemoryRun(listener.documents)))

    with FolderStoreWriter(tmp_path / "raw") as write:
        for name, doc in documents:
            write(name, doc)
    stored = headrace.run(graph_file, f"{tmp_path / 'raw'}/-1", to=tmp_path / "batch")
    same(stored_live, stored)
    same(stored, headrace.run(graph_file, documents))
    same(stored, headrace.open_run(tmp_path / "batch" / "-1"))


def test_a_live_job_that_is_stopped_ends_its_open_run_as_aborted(
    graph_file: Path, golden_documents: Any, tmp_path: Path, inlet: str, outlet: str
) -> None:
    from headrace.engine.documents.publish import DocumentPublisher

    ready, finished = Ready(), []
    with Job(graph_file, to=[tmp_path / "results"], progress=ready) as job:
        thread = threading.Thread(target=lambda: finished.extend(job.run_live(f"zmq://{outlet}/raw")))
        thread.start()
        ready.listening.wait(10)
        time.sleep(0.5)
        with DocumentPublisher(f"zmq://{inlet}/raw") as publish:
            for name, doc in golden_documents[:12]:  # the dark run and the beginning of the scan
                publish(name, doc)
        time.sleep(2)
        job.stop()
        thread.join(30)
        assert not thread.is_alive()
    [one] = finished
    assert one.summary.verdict[0] == "abort"
    assert one.summary.events == {"primary": 6}
    assert len(headrace.open_run(tmp_path / "results" / one.uid)["clean"]) == 6


def test_listening_to_everything_does_not_analyse_our_own_results_again(
    graph_file: Path, golden_documents: Any, tmp_path: Path, inlet: str, outlet: str
) -> None:
    from headrace.engine.documents.publish import DocumentPublisher

    ready, finished = Ready(), []
    to: list[Destination] = [f"zmq://{inlet}/an"]
    with Job(graph_file, to=to, progress=ready) as job:
        thread = threading.Thread(target=lambda: finished.extend(job.run_live(f"zmq://{outlet}")))
        thread.start()
        ready.listening.wait(10)
        time.sleep(0.5)
        with DocumentPublisher(f"zmq://{inlet}/raw") as publish:
            for name, doc in [*golden_documents[:12], golden_documents[-1]]:
                publish(name, doc)
        time.sleep(3)
        job.stop()
        thread.join(30)
    assert len(finished) == 1
