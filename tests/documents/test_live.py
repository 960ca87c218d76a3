"""Listening to a real bluesky proxy: what arrives, what is refused, and that it can always be ended."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import pytest
import zmq
from bluesky import plans
from bluesky.callbacks.zmq import Proxy, Publisher
from ophyd.sim import SynAxis

from headrace.engine.documents.live import LiveSource
from headrace.engine.documents.packing import packb
from headrace.engine.model.errors import NotReachableError, UsageError

Pair = tuple[str, Mapping[str, Any]]
LOGGER = "headrace.engine.documents.live"


def place(address: str | int) -> str:
    return str(address).removeprefix("tcp://")


def listen(proxy: Proxy, rest: str = "/raw", **options: Any) -> LiveSource:
    return LiveSource(f"zmq://{place(proxy.out_port)}{rest}", connected_within=10, **options)


@contextmanager
def publishing(proxy: Proxy, prefix: bytes = b"raw", **options: Any) -> Iterator[Publisher]:
    publisher = Publisher(place(proxy.in_port), prefix=prefix, **options)
    time.sleep(0.3)  # bluesky's publisher does not tell when it is connected
    try:
        yield publisher
    finally:
        publisher.close()


@contextmanager
def raw_socket(proxy: Proxy) -> Iterator[zmq.Socket[bytes]]:
    """A sender that may write anything."""
    with zmq.Context() as context, context.socket(zmq.PUB) as sender:
        sender.connect(f"tcp://{place(proxy.in_port)}")
        time.sleep(0.3)
        yield sender


def take(source: LiveSource, count: int) -> list[Pair]:
    return list(islice(source, count))


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class Camera:
    """A detector whose frames come in-line, as bluesky's protocols want it."""

    name = "camera"
    parent = None
    hints: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.frames = np.random.default_rng(5)

    def trigger(self) -> Any:
        from ophyd.status import Status

        status = Status()
        status.set_finished()
        return status

    def read(self) -> dict[str, Any]:
        image = self.frames.integers(0, 65535, (2, 32, 48), dtype="u2")
        return {"image": {"value": image, "timestamp": time.time()}}

    def describe(self) -> dict[str, Any]:
        return {"image": {"source": "test", "dtype": "array", "shape": [2, 32, 48], "dtype_numpy": "<u2"}}

    def read_configuration(self) -> dict[str, Any]:
        return {"exposure": {"value": np.float64(0.1), "timestamp": 0.0}}

    def describe_configuration(self) -> dict[str, Any]:
        return {"exposure": {"source": "test", "dtype": "number", "shape": []}}


@pytest.mark.parametrize("serializer", [pickle.dumps, packb], ids=["pickle", "msgpack"])
def test_a_real_scan_from_the_standard_publisher_arrives_unchanged(
    proxy: Proxy, engine: Any, serializer: Callable[[Any], bytes]
) -> None:
    here: list[Pair] = []
    with listen(proxy) as source, publishing(proxy, serializer=serializer) as publisher:
        time.sleep(0.2)
        engine.subscribe(lambda name, doc: here.append((name, doc)))
        engine.subscribe(publisher)
        engine(plans.scan([Camera()], SynAxis(name="mx"), -1, 1, 4, md={"sample": {"name": "rod", "size": (1, 2.5)}}))
        there = take(source, len(here))

    assert [name for name, _ in there] == ["start", "descriptor", *["event"] * 4, "stop"]
    for (_, sent), (_, received) in zip(here, there, strict=True):
        assert list(received) == list(sent)
        image, again = (doc.get("data", {}).pop("image", None) for doc in (sent, received))
        if image is not None:
            np.testing.assert_array_equal(again, image, strict=True)
        if serializer is pickle.dumps:
            assert received == sent
        else:
            assert packb(received) == packb(sent)
    assert source.stats.received == len(here)
    assert source.stats.refused == 0


def test_only_the_prefixes_asked_for_arrive_and_each_as_a_whole(proxy: Proxy) -> None:
    with listen(proxy, "/raw,an") as source, raw_socket(proxy) as sender:
        time.sleep(0.2)
        for prefix in (b"rawx", b"ra", b"", b"an", b"RAW", b"raw"):
            sender.send(prefix + b" event " + packb({"from": prefix}))
        assert [doc["from"] for _, doc in take(source, 2)] == [b"an", b"raw"]
        assert source.stats.refused == 0


def test_without_a_prefix_all_publishers_are_heard(proxy: Proxy) -> None:
    with listen(proxy, "") as source, raw_socket(proxy) as sender:
        time.sleep(0.2)
        for prefix in (b"raw", b"", b"an"):
            sender.send(prefix + b" event " + packb({"from": prefix}))
        assert [doc["from"] for _, doc in take(source, 3)] == [b"raw", b"", b"an"]


def test_a_publisher_without_a_prefix_can_be_meant(proxy: Proxy) -> None:
    with listen(proxy, "/ignored", prefixes=[""]) as source, raw_socket(proxy) as sender:
        time.sleep(0.2)
        for prefix in (b"raw", b"", b"ignored"):
            sender.send(prefix + b" event " + packb({"from": prefix}))
        assert take(source, 1) == [("event", {"from": b""})]


class Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("harm",)


def test_a_message_that_is_malformed_or_hostile_is_counted_and_the_next_one_still_arrives(
    proxy: Proxy, caplog: pytest.LogCaptureFixture, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with listen(proxy) as source, raw_socket(proxy) as sender, caplog.at_level(logging.WARNING, LOGGER):
        time.sleep(0.2)
        for turn in range(2):
            sender.send(b"raw nothing")
            sender.send(b"raw begin \x80")
            sender.send(b"raw start " + pickle.dumps(Harm()))
            sender.send(b"raw start \x80\x04")
            sender.send(b"raw start hello")
            sender.send_multipart([b"raw start ", b"\x80"])
            sender.send(b"raw start " + packb({"turn": turn}))
        assert take(source, 2) == [("start", {"turn": 0}), ("start", {"turn": 1})]
        stats = source.stats

    assert (stats.received, stats.refused) == (2, 12)
    assert "in 2 parts" in stats.last_refusal or "has not the form" in stats.last_refusal
    assert not (tmp_path / "harm").exists()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 4  # frame, name, malformed, format: each once
    assert all(text.startswith(f"zmq://{place(proxy.out_port)}/raw: a message was dropped: ") for text in told)
    assert any("asks for 'posix'.'mkdir'" in text for text in told)


def test_a_full_queue_stops_the_reader_and_nothing_is_lost(proxy: Proxy) -> None:
    with listen(proxy, max_documents=5) as source, raw_socket(proxy) as sender:
        time.sleep(0.2)
        for number in range(60):
            sender.send(b"raw event " + packb({"seq_num": number}))
        until(lambda: source.stats.waiting == 5)
        time.sleep(0.1)
        assert source.stats.waiting == 5
        assert [doc["seq_num"] for _, doc in take(source, 60)] == list(range(60))


def test_the_queue_is_bounded_in_bytes_but_takes_one_large_document(proxy: Proxy) -> None:
    image = np.zeros(50_000, "u1")
    with listen(proxy, max_bytes=120_000) as source, raw_socket(proxy) as sender:
        time.sleep(0.2)
        for _ in range(4):
            sender.send(b"raw event " + packb({"image": image}))
        sender.send(b"raw event " + packb({"image": np.zeros(500_000, "u1")}))
        until(lambda: source.stats.waiting == 2)
        time.sleep(0.1)
        assert source.stats.waiting == 2
        assert 100_000 <= source.stats.waiting_bytes <= 120_000
        assert [doc["image"].size for _, doc in take(source, 5)] == [50_000] * 4 + [500_000]


def test_closing_from_another_thread_ends_the_iteration_at_once(proxy: Proxy) -> None:
    with listen(proxy) as source:
        threading.Timer(0.2, source.close).start()
        began = time.monotonic()

        assert list(source) == []
        assert time.monotonic() - began < 2


def test_closing_gives_up_what_waits_and_says_how_much(proxy: Proxy) -> None:
    with listen(proxy, max_documents=3) as source, raw_socket(proxy) as sender:
        time.sleep(0.2)
        for number in range(10):
            sender.send(b"raw event " + packb({"seq_num": number}))
        until(lambda: source.stats.waiting == 3)
        source.close()
        assert list(source) == []

    stats = source.stats
    assert stats.received == stats.discarded  # three that waited, and the one that found no room
    assert stats.received in (3, 4)


def test_a_signal_handler_may_close_it(proxy: Proxy) -> None:
    with listen(proxy) as source:
        before = signal.signal(signal.SIGUSR1, lambda *_: source.close())
        try:
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            began = time.monotonic()

            assert list(source) == []
            assert time.monotonic() - began < 2
        finally:
            signal.signal(signal.SIGUSR1, before)


def test_an_interrupt_ends_the_iteration_and_releases_everything(proxy: Proxy) -> None:
    threads = threading.active_count()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with listen(proxy) as source, pytest.raises(KeyboardInterrupt):
        list(source)

    assert threading.active_count() <= threads + 1  # the timer may still be ending


def test_it_can_not_be_used_again_once_closed(proxy: Proxy) -> None:
    source = listen(proxy)
    source.close()
    source.close()

    assert list(source) == []
    with pytest.raises(UsageError, match="was closed"):
        source.open()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_proxy_that_is_not_up_yet_is_waited_for_with_a_word_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, running_proxy: Callable[..., Any]
) -> None:
    monkeypatch.setattr("headrace.engine.documents.live._PATIENCE", 0.2)
    port = free_port()
    with caplog.at_level(logging.INFO, LOGGER), LiveSource(f"zmq://127.0.0.1:{port}/raw") as source:
        until(lambda: "no 0MQ proxy answers there yet" in caplog.text)
        assert not source.stats.connected
        with running_proxy(out_address=f"127.0.0.1:{port}") as proxy, raw_socket(proxy) as sender:
            until(lambda: source.stats.connected)
            time.sleep(0.2)
            sender.send(b"raw start " + packb({"uid": "a"}))
            assert take(source, 1) == [("start", {"uid": "a"})]
        until(lambda: "the proxy went away" in caplog.text)
        with running_proxy(out_address=f"127.0.0.1:{port}") as proxy, raw_socket(proxy) as sender:
            until(lambda: source.stats.connected)
            time.sleep(0.2)
            sender.send(b"raw stop " + packb({"uid": "b"}))
            assert take(source, 1) == [("stop", {"uid": "b"})]


def test_a_proxy_that_must_be_there_and_is_not_is_an_error() -> None:
    source = LiveSource(f"zmq://127.0.0.1:{free_port()}/raw", connected_within=0.3)
    began = time.monotonic()

    with pytest.raises(
        NotReachableError,
        match=r"no 0MQ proxy answers there within 0.3 s. Is a proxy .* is this its out-port",
    ):
        source.open()
    assert time.monotonic() - began < 3


def test_something_that_listens_but_speaks_no_0mq_is_not_a_proxy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = LiveSource(f"zmq://127.0.0.1:{server.getsockname()[1]}", connected_within=0.3)
        with pytest.raises(NotReachableError, match="no 0MQ proxy answers"):
            source.open()


def test_a_host_that_nobody_knows_is_an_error_in_good_time() -> None:
    began = time.monotonic()

    with pytest.raises(NotReachableError, match=r"the host 'no-such-host.invalid' can't be found"):
        LiveSource("zmq://no-such-host.invalid:5578/raw", resolved_within=3).open()
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("prefixes", ["raw", ["a b"], [b"raw"]])
def test_prefixes_that_make_no_sense_are_refused(prefixes: Any) -> None:
    with pytest.raises(UsageError, match="a list of words without spaces was expected"):
        LiveSource("zmq://127.0.0.1:5578", prefixes)
