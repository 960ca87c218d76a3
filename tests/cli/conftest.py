"""The command line as a user meets it: in this process where that is enough, else in one of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bluesky.callbacks.zmq import Publisher

from headrace.engine.cli import main
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter

TOTALS = """\
headrace: 1
graph: totals
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  total:  {type: accumulate, in: mean, how: mean}
  keep:   {type: sink, in: [mean, total]}
"""

BROKEN = """\
headrace: 1
graph: broken
nodes:
  frames: {type: source, field: image}
  mean:   {type: averge, in: frames}
  clean:  {type: dark_subtract, in: {frame: frames}, clip: low}
  keep:   {type: sink, in: [clean, mean, tracks]}
"""

FAILING = """\
headrace: 1
graph: failing
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  lit:    {type: filter, in: mean, where: "1 / (seq_num % 2) < 10"}
  total:  {type: accumulate, in: lit, how: mean}
  keep:   {type: sink, in: [mean, total]}
"""

SLOW_NODE = '''\
import time

from headrace.engine.model.node import node
from headrace.engine.model.ports import Stack


@node
def sleepy(frames: Stack, *, seconds: float = 0.0) -> Stack:
    """Take one's time."""
    time.sleep(seconds)
    return frames
'''

SLOW = """\
headrace: 1
graph: slow
python: sleepy.py
nodes:
  frames: {type: source, field: dexela_image}
  slow:   {type: sleepy, in: frames}
  mean:   {type: average, in: slow}
  keep:   {type: sink, in: [mean]}
"""


class Said(NamedTuple):
    """What a command said, and the code it ended with."""

    code: int
    out: str
    err: str


class Headrace:
    """The command in a process of its own."""

    def start(self, *arguments: str, **options: object) -> subprocess.Popen[str]:
        """Start it; its output is text."""
        environment = {**os.environ, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "headrace", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
        return subprocess.Popen(command, **{**pipes, **options})  # type: ignore[call-overload,no-any-return]

    def __call__(self, *arguments: str) -> Said:
        """Run it to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)


@pytest.fixture
def headrace(folder: Path) -> Headrace:
    """Give the command in a process of its own."""
    return Headrace()


@pytest.fixture
def cli(folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Give the command within this process, which is faster."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments), prog_name="headrace")
        said = capfd.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with a dark run and a scan of 2 x 3 points."""
    store = tmp_path_factory.mktemp("data") / "raw"
    with FolderStoreWriter(store) as write:
        for name, doc in simulate_crystal_rod((2, 3), size=64, frames=2):
            write(name, doc)
    return store


@pytest.fixture
def folder(tmp_path: Path, raw: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working folder with a few graphs, and the store under the name raw."""
    files = {
        "totals.yaml": TOTALS,
        "broken.yaml": BROKEN,
        "failing.yaml": FAILING,
        "slow.yaml": SLOW,
        "sleepy.py": SLOW_NODE,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "raw").symlink_to(raw)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADRACE_STATE", str(tmp_path / "state"))
    return tmp_path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def proxy() -> Iterator[tuple[str, str]]:
    """Run bluesky's own proxy; gives the address to publish to and the one to listen at, as host:port."""
    inlet, outlet = (f"127.0.0.1:{_free_port()}" for _ in range(2))
    command = Path(sys.executable).with_name("bluesky-0MQ-proxy")
    addresses = ["--in-address", inlet, "--out-address", outlet]
    running = subprocess.Popen([command, *addresses], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    host, _, port = outlet.partition(":")
    while time.monotonic() < deadline and running.poll() is None:
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            break
        time.sleep(0.1)
    yield inlet, outlet
    running.terminate()
    running.wait(10)


@pytest.fixture
def publish(proxy: tuple[str, str]) -> Iterator[Callable[[Iterator[tuple[str, Mapping[str, Any]]]], None]]:
    """Give a function that publishes documents as a beamline does."""
    publisher = Publisher(proxy[0], prefix=b"raw")
    time.sleep(0.3)  # bluesky's publisher does not tell when it is connected

    def give(documents: Iterator[tuple[str, Mapping[str, Any]]]) -> None:
        for name, doc in documents:
            publisher(name, dict(doc))

    yield give
    publisher.close()
