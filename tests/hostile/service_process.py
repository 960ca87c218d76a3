"""A guarded service, seen from outside: a proxy, the service in a process of its own, and a socket to send anything."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq
from tests.hostile.message import Pair, Stage, framed

__all__ = ["GuardedService"]

_ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Give a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class GuardedService:
    """A proxy of bluesky's, a guarded service behind it, and a sender.

    Parameters
    ----------
    folder
        Where its graphs, results and journal are.
    stage
        Where the files of messages are.
    journal
        Whether it keeps a journal.
    patience
        Seconds that it waits for a file.
    run_timeout
        Seconds of silence after which it ends a run.

    Attributes
    ----------
    inlet
        The address to publish to.
    control
        The address of its control server.
    token
        What changes need there.
    results
        The folder of its results.
    journal
        Whether it keeps a journal.
    """

    def __init__(
        self, folder: Path, stage: Stage, *, journal: bool, patience: float = 0.05, run_timeout: float = 600.0
    ) -> None:
        self.inlet, outlet = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.token = secrets.token_urlsafe(16)
        self.results = folder / "results"
        self.control = ""
        self.journal = journal
        self._given = {
            "folder": str(folder),
            "allowed": str(stage.allowed),
            "address": f"zmq://{outlet}/raw",
            "journal": journal,
            "patience": patience,
            "run_timeout": run_timeout,
            "token": self.token,
        }
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self._outlet = outlet

    def __enter__(self) -> Self:
        program = Path(sys.executable).with_name("bluesky-0MQ-proxy")
        command = [str(program), "--in-address", self.inlet, "--out-address", self._outlet]
        self._proxy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _await_port(self._outlet)
        path = os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.watched_service", json.dumps(self._given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)},
            text=True,
        )
        begun = self._read()
        assert not begun["error"], begun["error"]
        self.control = begun["control"]
        self._socket.connect(f"tcp://{self.inlet}")
        self._settle()
        return self

    def _settle(self) -> None:
        """Send a document of nobody until the first one arrives."""
        for _ in range(500):
            self.send(framed("stop", {"run_start": "nobody", "uid": "s"}))
            if self.status()["account"]["received"]:
                break
            time.sleep(0.02)
        time.sleep(0.1)

    def send(self, message: Sequence[bytes]) -> None:
        """Put a message on the wire, whatever it is."""
        self._socket.send_multipart(list(message))

    def publish(self, documents: Iterable[Pair]) -> None:
        """Send documents as bluesky does."""
        for name, doc in documents:
            self.send(framed(name, doc))

    def status(self) -> dict[str, Any]:
        """Ask how it is."""
        return self._ask("status")

    def await_run(self, uid: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait for the result of a run."""
        return self._ask(f"await {uid} {seconds}")

    def stop(self) -> dict[str, Any]:
        """End it."""
        return self._ask("stop")

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._worker.stdin is not None
        self._worker.stdin.write(command + "\n")
        self._worker.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._worker.stdout is not None
        line = self._worker.stdout.readline()
        assert line, f"the service is gone, with exit code {self._worker.wait(10)}"
        found: dict[str, Any] = json.loads(line)
        return found

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close(0)
        self._context.term()
        for process in (self._worker, self._proxy):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        for pipe in (self._worker.stdin, self._worker.stdout):
            if pipe is not None:
                pipe.close()


def _await_port(address: str) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.05)
