"""Step and fly scans of ophyd-async detectors, taken by a RunEngine in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace
from headrace import Job, Result
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.progress import Silent

pytest.importorskip("ophyd_async", reason="ophyd-async is not installed")

GRAPH = """\
headrace: 1
graph: sums
nodes:
  frames: {type: source, stream: STREAM, field: det}
  mean:   {type: average, in: frames}
  said:   {type: source, stream: STREAM, field: det-sum}
  keep:   {type: sink, in: [mean, said]}
"""

SCAN = '''\
"""Takes a scan with simulated ophyd-async detectors, and publishes it."""
import json
import sys
import time

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
from bluesky import RunEngine
from bluesky.callbacks.zmq import Publisher
from ophyd_async.core import StaticFilenameProvider, StaticPathProvider, TriggerInfo, init_devices
from ophyd_async.sim import PatternGenerator, SimBlobDetector, SimMotor

kind, inlet, folder = sys.argv[1:]
engine = RunEngine({})
documents = []
engine.subscribe(Publisher(inlet, prefix=b"raw"))
engine.subscribe(lambda name, doc: documents.append((name, doc)))
with init_devices():
    det = SimBlobDetector(StaticPathProvider(StaticFilenameProvider("det"), folder))
    other = SimBlobDetector(StaticPathProvider(StaticFilenameProvider("other"), folder), PatternGenerator())
    motor = SimMotor(instant=True)


def fly(per_event):
    detectors = [det, other]

    @bpp.stage_decorator(detectors)
    @bpp.run_decorator()
    def inner():
        info = TriggerInfo(number_of_events=7, livetime=0.02, deadtime=0.01, collections_per_event=per_event)
        for detector in detectors:
            yield from bps.prepare(detector, info, group="ready")
        yield from bps.wait("ready")
        yield from bps.declare_stream(*detectors, name="frames", collect=True)
        yield from bps.kickoff_all(*detectors, wait=True)
        yield from bps.collect_while_completing(detectors, detectors, flush_period=0.05, stream_name="frames")

    yield from inner()


time.sleep(0.5)  # bluesky's publisher does not tell when it is connected
if kind == "step":
    engine(bp.scan([det], motor, 0, 2, num=4))
elif kind == "count":
    engine(bp.count([det], num=3))
else:
    engine(fly(2 if kind == "fly by two" else 1))
time.sleep(0.5)  # nor when all is sent
plain = lambda value: value.tolist() if hasattr(value, "tolist") else str(value)
print(json.dumps(documents, default=plain))
'''


class Ready(Silent):
    """Tells when the job is listening."""

    def __init__(self) -> None:
        self.listening = threading.Event()

    def waiting(self, text: str) -> None:
        self.listening.set()


@pytest.fixture
def take(tmp_path: Path, inlet: str, outlet: str) -> Callable[[str, str], tuple[Result, Result, list[Any]]]:
    """Give a function that takes a scan; gives its result live, that from the store, and its documents."""
    script = tmp_path / "scan.py"
    script.write_text(SCAN)
    (tmp_path / "data").mkdir()

    def taken(kind: str, stream: str) -> tuple[Result, Result, list[Any]]:
        graph = tmp_path / "sums.yaml"
        graph.write_text(GRAPH.replace("STREAM", stream))
        ready, results = Ready(), []
        with Job(graph, to=[lambda name, doc: results.append((name, doc))], progress=ready) as job:
            thread = threading.Thread(target=lambda: job.run_live(f"zmq://{outlet}/raw", runs=1))
            thread.start()
            assert ready.listening.wait(20)
            time.sleep(0.3)
            said = subprocess.run(
                [sys.executable, script, kind, inlet, tmp_path / "data"], capture_output=True, text=True, check=False
            )
            assert said.returncode == 0, said.stderr
            thread.join(30)
            alive = thread.is_alive()
            job.stop()
            thread.join(30)
            assert not alive
        documents = json.loads(said.stdout.splitlines()[-1])
        with FolderStoreWriter(tmp_path / "raw") as write:
            for name, doc in documents:
                write(name, doc)
        return Result(MemoryRun(results)), headrace.run(graph, tmp_path / "raw"), documents

    return taken


@pytest.mark.parametrize(
    ("kind", "stream", "events", "frames"),
    [("count", "primary", 3, 1), ("step", "primary", 4, 1), ("fly", "frames", 7, 1), ("fly by two", "frames", 7, 2)],
)
def test_a_scan_of_an_ophyd_async_detector_gives_the_same_result_live_and_from_the_store(
    kind: str, stream: str, events: int, frames: int, take: Any, tmp_path: Path
) -> None:
    import h5py

    live, stored, documents = take(kind, stream)
    kinds = {name for name, _ in documents}
    assert ("event" in kinds) == (kind in ("count", "step"))
    assert "stream_datum" in kinds
    with h5py.File(tmp_path / "data" / "det.h5") as file:
        written, sums = file["/entry/data/data"][:], file["/entry/sum"][:]
    for result in (live, stored):
        assert result.stop is not None
        assert (result.stop["exit_status"], result.stop.get("reason", "")) == ("success", "")
        mean, said = np.asarray(result["mean"]), np.asarray(result["said"])
        expected = written.reshape(events, frames, *written.shape[1:]).mean(axis=1)
        np.testing.assert_array_equal(mean.reshape(expected.shape), expected)
        np.testing.assert_array_equal(said.reshape(-1), sums)
