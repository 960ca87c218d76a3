"""Hostile messages at what records all that passes: it goes on, and what is good is stored."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import zmq
from tests.hostile.corpus import corpus
from tests.hostile.good_runs import good_run
from tests.hostile.message import Hostile, Pair, Stage, framed

from headrace import open_run
from headrace.engine.documents.wire_message import read_message
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.jobs.recording import Recording


def is_readable(message: tuple[bytes, ...]) -> bool:
    try:
        return read_message([zmq.Frame(part) for part in message]) is not None
    except RefusalError:
        return False


class Wire:
    """A publisher that a recorder listens to, and the recorder in a thread of its own."""

    def __init__(self, store: Path) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.recording = Recording(f"zmq://127.0.0.1:{port}/raw", store)
        self._thread = threading.Thread(target=self.recording.run)
        self._thread.start()
        while not self.recording.received:
            assert self._thread.is_alive()
            self._socket.send_multipart(framed("stop", {"run_start": "nobody", "uid": "s", "time": 1.0}))
            time.sleep(0.02)

    def send(self, messages: list[tuple[bytes, ...]]) -> None:
        """Send messages, and wait until all that can be read have been taken."""
        before = self.recording.received
        for message in messages:
            self._socket.send_multipart(list(message))
        wanted = before + sum(map(is_readable, messages))
        deadline = time.monotonic() + 60
        while self.recording.received < wanted:
            assert self._thread.is_alive(), "the recorder has ended"
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def close(self) -> None:
        """End it."""
        self.recording.stop()
        self._thread.join(60)
        self._socket.close(0)
        self._context.term()


def sent(documents: list[Pair]) -> list[tuple[bytes, ...]]:
    return [framed(name, doc) for name, doc in documents]


def test_the_recorder_goes_on_and_stores_the_good_runs_beside(stage: Stage, tmp_path: Path) -> None:
    wire = Wire(tmp_path / "store")
    messages = [message for one in corpus(stage) if one.size < 2_000_000 for message in one.messages]
    good = [good_run(number) for number in range(4)]
    try:
        for number, run in enumerate(good):
            wire.send(sent(run[:5]))
            for first in range(number * 100, len(messages), 400):
                wire.send(messages[first : first + 100])
            wire.send(sent(run[5:]))
    finally:
        wire.close()
    for run in good:
        stored = open_run(tmp_path / "store" / str(run[0][1]["uid"]))
        images = [event.data["image"] for event in stored.events("primary")]
        assert [image.tolist() for image in images] == [
            doc["data"]["image"].tolist() for name, doc in run if name == "event"
        ]
    assert {path.name for path in tmp_path.iterdir()} == {"store"}
    assert not stage.canary.exists()


def test_runs_that_begin_and_never_stop_do_not_keep_files_open_without_end(tmp_path: Path) -> None:
    wire = Wire(tmp_path / "store")
    good = good_run()
    flood = Hostile("many", tuple(framed("start", {"uid": f"begins-{n}", "time": 1.0}) for n in range(300)), "taken")
    try:
        wire.send(sent(good[:5]))
        wire.send(list(flood.messages))
        wire.send(sent(good[5:]))
    finally:
        wire.close()
    whole = [run.uid for run in wire.recording.done.runs if run.whole]
    assert whole == [good[0][1]["uid"]]
    assert wire.recording.done.notes["ended, since more than 100 runs were under way"] >= 200
