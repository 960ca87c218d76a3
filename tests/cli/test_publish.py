"""``headrace publish``: a stored run on the wire, as a beamline would send it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.documents.live import LiveSource

Pair = tuple[str, Mapping[str, Any]]


class Ear:
    """Collects what is published."""

    def __init__(self, source: LiveSource) -> None:
        self.heard: list[Pair] = []
        self._source = source

    def __call__(self) -> None:
        self.heard.extend(self._source)

    def wait(self, count: int) -> list[Pair]:
        deadline = time.monotonic() + 20
        while len(self.heard) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.heard) >= count
        return self.heard


@pytest.fixture
def ear(proxy: tuple[str, str]) -> Iterator[Ear]:
    with LiveSource(f"zmq://{proxy[1]}/raw", connected_within=10) as source:
        collect = Ear(source)
        thread = threading.Thread(target=collect)
        thread.start()
        time.sleep(0.3)
        yield collect
        source.close()
        thread.join()


@pytest.mark.parametrize("form", ["msgpack", "pickle", "raw"])
def test_a_store_is_published_oldest_first(
    cli: Callable[..., Any], proxy: tuple[str, str], ear: Ear, form: str
) -> None:
    said = cli("publish", "raw", "--to", f"zmq://{proxy[0]}/raw", "--rate", "max", "--format", form)
    heard = ear.wait(13)

    assert (said.code, said.out) == (0, f"published 2 runs, 13 documents: zmq://{proxy[0]}/raw\n")
    dark = ["start", "descriptor", "event", "stop"]
    assert [name for name, _ in heard] == [*dark, "start", "descriptor", *["event"] * 6, "stop"]
    assert heard[-2][1]["data"]["dexela_image"].shape == (2, 64, 64)
    assert "publishing run" in said.err


def test_edits_prefix_and_new_uids(cli: Callable[..., Any], proxy: tuple[str, str], ear: Ear) -> None:
    arguments = ["--prefix", "raw", "--rate", "1000x", "--new-uids", "--edit", "start.sample.name=rod"]
    arguments += ["--edit", "start.size=[1, 2.5]", "--edit", "event.data.nothing=1"]
    said = cli("publish", "raw/-1", "--to", f"zmq://{proxy[0]}/other", *arguments)
    heard = ear.wait(9)
    start = heard[0][1]

    assert said.code == 1
    assert "--edit event.data.nothing: fitted no document" in said.err
    assert (start["sample"], start["size"]) == ({"name": "rod"}, [1, 2.5])
    assert {doc["run_start"] for name, doc in heard if name in ("descriptor", "stop")} == {start["uid"]}
    assert not (Path("raw") / start["uid"]).exists()


def test_a_signal_ends_the_run_under_way_in_order(headrace: Any, proxy: tuple[str, str], ear: Ear) -> None:
    with headrace.start("publish", "raw/-1", "--to", f"zmq://{proxy[0]}/raw", "--rate", "0.01x") as process:
        ear.wait(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    name, stop = ear.wait(2)[-1]

    assert (process.returncode, "Traceback" in err) == (130, False)
    assert (name, stop["exit_status"]) == ("stop", "abort")


def test_nobody_who_listens_is_unreachable_unless_one_does_not_wait(cli: Callable[..., Any], tmp_path: Path) -> None:
    address = f"zmq://{tmp_path}/here?bind"
    arguments = ["publish", "raw/-1", "--to", address, "--rate", "max"]
    refused, sent = cli(*arguments, "--wait", "0.2"), cli(*arguments, "--wait", "0")

    assert (refused.code, "nobody listens there" in refused.err.replace("\n", " ")) == (3, True)
    assert (sent.code, "nobody listened to 9 of 9 documents" in sent.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["nowhere", "--to", "zmq://127.0.0.1:9/raw"], 3, "there is no"),
        (["raw", "--to", "zmq://127.0.0.1:9/raw"], 3, "no 0MQ proxy answers"),
        (["raw", "--to", "results"], 2, "should read zmq://"),
        (["raw", "--to", "zmq://127.0.0.1:9/raw", "--rate", "fast"], 2, "rate 'fast'"),
        (["raw", "--to", "zmq://127.0.0.1:9/raw", "--edit", "start.x"], 2, "expected KIND.KEY=VALUE"),
        (["raw", "--to", "zmq://127.0.0.1:9/raw", "--edit", "start.x=[1"], 2, "expected KIND.KEY=VALUE"),
        (["raw", "--to", "zmq://127.0.0.1:9/raw", "--edit", "begin.x=1"], 2, "names nothing"),
    ],
)
def test_wrong_use_is_refused_with_the_reason(
    cli: Callable[..., Any], arguments: list[str], code: int, reason: str
) -> None:
    said = cli("publish", *arguments)
    assert said.code == code
    assert reason in " ".join(said.err.split())
