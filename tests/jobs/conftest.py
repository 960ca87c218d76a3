"""The golden scan as documents, the graph for it, and a beamline made of bluesky's own parts."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pytest
from bluesky import RunEngine
from bluesky import plans as bp
from bluesky.callbacks.zmq import Publisher
from event_model import compose_run
from ophyd.sim import SynAxis

from headrace import Job
from headrace.engine.jobs.progress import Finished
from headrace.engine.jobs.service import Service

Pair = tuple[str, Mapping[str, Any]]

GRAPH = """\
headrace: 1
graph: crystal-mapping
nodes:
  frames: {type: source, stream: primary, field: det_image}
  dark:   {type: dark, key: sc_dk_field_uid, field: det_image, missing: error}
  mean:   {type: average, in: frames}
  clean:  {type: dark_subtract, in: {frame: mean, dark: dark}, clip: 0}
  peaks:  {type: locate, in: clean, diameter: 11, percentile: 80, separation: 20, minmass: 2000}
  tracks: {type: link, in: peaks, search_range: 5}
  maps:   {type: crystal_map, in: tracks}
  total:  {type: accumulate, in: clean, how: mean}
  keep:   {type: sink, in: [clean, peaks, tracks, maps, maps.grains, total]}
"""


@pytest.fixture
def graph_file(tmp_path: Path) -> Path:
    """Give the graph of the golden scan, as a file."""
    path = tmp_path / "crystal_mapping_golden.yaml"
    path.write_text(GRAPH)
    return path


def composed(images: npt.NDArray[Any], scalars: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[Pair]:
    """Compose a run of images, one event each, with in-line arrays."""
    run = compose_run(metadata=dict(metadata))
    yield "start", run.start_doc
    keys: dict[str, Any] = {
        "det_image": {"dtype": "array", "shape": list(images.shape[1:]), "source": "sim", "dtype_numpy": "<u2"}
    }
    keys.update({name: {"dtype": "number", "shape": [], "source": "sim", "dtype_numpy": "<f8"} for name in scalars})
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    yield "descriptor", stream.descriptor_doc
    for number, image in enumerate(images):
        data = {"det_image": image, **{name: float(values[number]) for name, values in scalars.items()}}
        yield "event", stream.compose_event(data=data, timestamps=dict.fromkeys(data, 0.0), time=1000.0 + number)
    yield "stop", run.compose_stop()


@pytest.fixture(scope="session")
def golden_documents(crystal_grid: Any) -> list[Pair]:
    """Give the golden scan as documents: the background run, then the scan that refers to it."""
    background = list(composed(crystal_grid.background[None], {}, {"dark_frame": True}))
    rows, columns = np.unravel_index(np.arange(96), (8, 12))
    columns = np.where(rows % 2, 11 - columns, columns)
    scan = {
        "sc_dk_field_uid": background[0][1]["uid"],
        "shape": [8, 12],
        "snaking": [False, True],
        "extents": [[-0.7, 0.7], [0.0, 2.2]],
        "motors": ["sample_y", "sample_x"],
        "plan_type": "generator",
        "plan_name": "grid_scan",
        "num_points": 96,
        "hints": {"dimensions": [[["sample_y"], "primary"], [["sample_x"], "primary"]]},
    }
    motors = {
        "sample_y": np.linspace(-0.7, 0.7, 8)[rows],
        "sample_x": np.linspace(0.0, 2.2, 12)[columns],
    }
    return [*background, *composed(crystal_grid.images, motors, scan)]


class FrameDetector:
    """A detector that shows the next of its frames at each trigger."""

    name = "det"
    parent = None

    def __init__(self, frames: npt.NDArray[Any]) -> None:
        self._frames = frames
        self._next = 0

    def read(self) -> dict[str, Any]:
        self._next += 1
        return {"det_image": {"value": self._frames[self._next - 1], "timestamp": time.time()}}

    def describe(self) -> dict[str, Any]:
        shape = list(self._frames.shape[1:])
        return {"det_image": {"source": "sim", "dtype": "array", "shape": shape, "dtype_numpy": "<u2"}}

    def read_configuration(self) -> dict[str, Any]:
        return {}

    def describe_configuration(self) -> dict[str, Any]:
        return {}


def free_port() -> int:
    """Give a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def proxy() -> Iterator[tuple[str, str]]:
    """Run bluesky's own proxy command; gives the addresses to publish to and to listen at."""
    inlet, outlet = (f"127.0.0.1:{free_port()}" for _ in range(2))
    running = start_proxy(inlet, outlet)
    yield inlet, outlet
    running.terminate()
    running.wait(10)


def start_proxy(inlet: str, outlet: str) -> subprocess.Popen[bytes]:
    """Run bluesky's own proxy command, and wait until it answers."""
    command = Path(sys.executable).with_name("bluesky-0MQ-proxy")
    running = subprocess.Popen(
        [command, "--in-address", inlet, "--out-address", outlet], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and running.poll() is None:
        with suppress(OSError), socket.create_connection(outlet.split(":"), timeout=1):  # type: ignore[arg-type]
            break
        time.sleep(0.1)
    return running


@pytest.fixture
def restartable_proxy() -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Give the addresses of a proxy of its own, and what kills it and starts it anew."""
    inlet, outlet = (f"127.0.0.1:{free_port()}" for _ in range(2))
    running = [start_proxy(inlet, outlet)]

    def restart() -> None:
        running[-1].kill()
        running[-1].wait(10)
        running.append(start_proxy(inlet, outlet))

    yield inlet, outlet, restart
    running[-1].terminate()
    running[-1].wait(10)


@pytest.fixture
def inlet(proxy: tuple[str, str]) -> str:
    """Give the address to publish to."""
    return proxy[0]


@pytest.fixture
def outlet(proxy: tuple[str, str]) -> str:
    """Give the address to listen at."""
    return proxy[1]


@pytest.fixture
def scan(inlet: str) -> Iterator[Callable[..., list[Pair]]]:
    """Give a function that takes a dark and a grid scan with a real RunEngine, published as raw, and its documents."""
    engine = RunEngine({}, call_returns_result=False)
    publisher = Publisher(inlet, prefix=b"raw")
    documents: list[Pair] = []
    engine.subscribe(publisher)
    engine.subscribe(lambda name, doc: documents.append((name, doc)))
    time.sleep(0.3)  # bluesky's publisher does not tell when it is connected

    def take(background: npt.NDArray[Any], images: npt.NDArray[Any], shape: tuple[int, int]) -> list[Pair]:
        documents.clear()
        (dark,) = engine(bp.count([FrameDetector(background[None])]), dark_frame=True)
        slow, fast = SynAxis(name="sample_y"), SynAxis(name="sample_x")
        plan = bp.grid_scan([FrameDetector(images)], slow, -1, 1, shape[0], fast, 0, 2, shape[1], snake_axes=[fast])
        engine(plan, sc_dk_field_uid=dark)
        return list(documents)

    yield take
    publisher.close()
    engine.loop.call_soon_threadsafe(engine.loop.stop)
    engine._th.join()
    engine.loop.close()


class Serving:
    """A service at work in a thread of its own."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.finished: list[Finished] = []
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        self.finished = self.service.run(ready=self._listening.set)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(15)
        time.sleep(0.5)  # a subscription takes a moment to reach the publisher
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> list[Finished]:
        """End it in order, and give what became of each run."""
        self.service.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.finished

    def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"it did not happen in time; {self.service.account()}"
            time.sleep(0.02)

    def until_ended(self, runs: int = 1) -> None:
        """Wait until every lane is done with so many runs."""
        self.until(lambda: all(len(lane.intake.passed) >= runs for lane in self.service.lanes))


@pytest.fixture
def serve(outlet: str) -> Callable[..., Serving]:
    """Give a function that makes a service on what is published as raw; use it in a with statement."""

    def make(*jobs: Job, rest: str = "/raw", at: str = outlet, **options: Any) -> Serving:
        return Serving(Service(jobs, f"zmq://{at}{rest}", **options))

    return make


@pytest.fixture
def publish(inlet: str) -> Iterator[Publisher]:
    """Give bluesky's own publisher, which takes documents as raw."""
    publisher = Publisher(inlet, prefix=b"raw")
    time.sleep(0.3)  # bluesky's publisher does not tell when it is connected
    yield publisher
    publisher.close()
