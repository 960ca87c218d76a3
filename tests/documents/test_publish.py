"""Publishing to a real bluesky proxy, read by bluesky's own RemoteDispatcher and by ours."""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import numpy as np
import pytest
import zmq
from bluesky.callbacks.zmq import Proxy, RemoteDispatcher
from event_model import DocumentNames

import headrace
from headrace.engine.documents.live import LiveSource
from headrace.engine.documents.publish import DEFAULT_FORMAT, DocumentPublisher
from headrace.engine.documents.wire import decode
from headrace.engine.model.errors import DocumentError, NotReachableError, UsageError

LOGGER = "headrace.engine.documents.publish"


def place(address: str | int) -> str:
    return str(address).removeprefix("tcp://")


def address_in(proxy: Proxy, rest: str = "/an") -> str:
    return f"zmq://{place(proxy.in_port)}{rest}"


def address_out(proxy: Proxy, rest: str = "/an") -> str:
    return f"zmq://{place(proxy.out_port)}{rest}"


@contextmanager
def dispatching(proxy: Proxy, **options: Any) -> Iterator[list[tuple[str, Any]]]:
    """Collect what a RemoteDispatcher of bluesky gives to its callbacks."""
    dispatcher = RemoteDispatcher(place(proxy.out_port), prefix=b"an", strict=True, **options)
    received: list[tuple[str, Any]] = []
    dispatcher.subscribe(lambda name, doc: received.append((name, doc)))

    def dispatch() -> None:
        with suppress(asyncio.CancelledError):
            dispatcher.start()

    thread = threading.Thread(target=dispatch)
    thread.start()
    time.sleep(0.4)  # bluesky's dispatcher does not tell when it is connected
    try:
        yield received
    finally:
        dispatcher.loop.call_soon_threadsafe(dispatcher._task.cancel)
        thread.join()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_an_unmodified_remote_dispatcher_reads_pickles(proxy: Proxy, compose: Callable[..., Any]) -> None:
    image = np.arange(12, dtype="u2").reshape(3, 4).T
    documents = compose({"image": ({"dtype": "array", "shape": [4, 3]}, [image] * 3)})
    with dispatching(proxy) as received, DocumentPublisher(address_in(proxy, "/an?format=pickle")) as publish:
        for name, doc in documents:
            publish(name, doc)
        until(lambda: len(received) == len(documents))

    assert [name for name, _ in received] == [name for name, _ in documents]
    assert received[0] == documents[0]
    np.testing.assert_array_equal(received[2][1]["data"]["image"], image, strict=True)
    assert (publish.sent, publish.unheard) == (len(documents), 0)


def test_msgpack_is_the_default_and_read_by_a_remote_dispatcher_with_our_deserializer(proxy: Proxy) -> None:
    assert DEFAULT_FORMAT == "msgpack"
    doc = {"uid": "a", "data": {"image": np.arange(12, dtype=">u2").reshape(3, 4)}}
    with (
        dispatching(proxy, deserializer=headrace.deserializer) as received,
        DocumentPublisher(address_in(proxy)) as publish,
    ):
        publish("event", doc)
        until(lambda: len(received) == 1)

    np.testing.assert_array_equal(received[0][1]["data"]["image"], doc["data"]["image"], strict=True)  # type: ignore[index]


@pytest.mark.parametrize("form", ["pickle", "msgpack", "raw"])
def test_the_first_and_the_last_document_of_many_arrive(proxy: Proxy, form: Any) -> None:
    with LiveSource(address_out(proxy), connected_within=10) as source:
        time.sleep(0.2)
        with DocumentPublisher(address_in(proxy), serializer=form) as publish:
            for number in range(800):
                publish("event", {"seq_num": number, "data": {"image": np.full((40, 50), number)}})
        assert [doc["seq_num"] for _, doc in islice(source, 800)] == list(range(800))


def test_a_document_is_sent_without_being_changed(proxy: Proxy) -> None:
    image = np.arange(6).reshape(2, 3).T
    doc = {"data": {"image": image}, "shape": (1, 2)}
    before = pickle.dumps(doc)
    with DocumentPublisher(address_in(proxy)) as publish:
        publish("event", doc)

    assert pickle.dumps(doc) == before
    assert doc["data"]["image"] is image  # type: ignore[index]
    assert image.flags.writeable


def test_a_document_name_may_be_a_member_of_event_model(proxy: Proxy) -> None:
    with LiveSource(address_out(proxy), connected_within=10) as source:
        time.sleep(0.2)
        with DocumentPublisher(address_in(proxy)) as publish:
            publish(DocumentNames.stop, {"uid": "a"})
        assert list(islice(source, 1)) == [("stop", {"uid": "a"})]


def test_a_prefix_may_be_given_apart_from_the_address(proxy: Proxy) -> None:
    with LiveSource(address_out(proxy, "/other"), connected_within=10) as source:
        time.sleep(0.2)
        with DocumentPublisher(address_in(proxy), prefix="other") as publish:
            publish("stop", {"uid": "a"})
        assert list(islice(source, 1)) == [("stop", {"uid": "a"})]


def test_what_can_not_be_written_is_refused_and_the_next_document_goes_on(proxy: Proxy) -> None:
    with LiveSource(address_out(proxy), connected_within=10) as source:
        time.sleep(0.2)
        with DocumentPublisher(address_in(proxy)) as publish:
            with pytest.raises(DocumentError, match="can't be written as msgpack"):
                publish("event", {"data": {"f": lambda: None}})
            with pytest.raises(DocumentError, match="name 'begin'"):
                publish("begin", {})
            publish("stop", {"uid": "a"})
        assert list(islice(source, 1)) == [("stop", {"uid": "a"})]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_proxy_that_is_not_there_is_an_error_in_good_time() -> None:
    began = time.monotonic()

    with pytest.raises(NotReachableError, match=r"no 0MQ proxy answers there within 0.3 s"):
        DocumentPublisher(f"zmq://127.0.0.1:{free_port()}/an", connected_within=0.3)
    with pytest.raises(NotReachableError, match="can't be found"):
        DocumentPublisher("zmq://no-such-host.invalid:5577/an", connected_within=2)
    assert time.monotonic() - began < 5


def test_a_peer_that_comes_back_gets_what_was_published_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    with zmq.Context() as context, caplog.at_level(logging.WARNING, LOGGER):

        def peer() -> zmq.Socket[bytes]:
            taker = context.socket(zmq.SUB)
            taker.setsockopt(zmq.SUBSCRIBE, b"")
            taker.setsockopt(zmq.RCVTIMEO, 10_000)
            taker.bind(f"tcp://127.0.0.1:{port}")
            return taker

        port = free_port()
        with peer() as taker:
            asking = threading.Timer(0.1, taker.poll, [300])
            asking.start()
            publish = DocumentPublisher(f"zmq://127.0.0.1:{port}/an")
            asking.join()
        time.sleep(0.3)
        publish("start", {"uid": "a"})
        publish("stop", {"uid": "b"})
        assert caplog.text.count("the proxy went away; documents are kept until it is back") == 1
        with peer() as taker:
            assert [decode(taker.recv()).doc["uid"] for _ in range(2)] == ["a", "b"]
            publish.close()

    assert "may be lost" not in caplog.text


def test_closing_does_not_hang_when_the_proxy_is_gone(
    caplog: pytest.LogCaptureFixture, running_proxy: Callable[..., Any]
) -> None:
    with running_proxy() as proxy:
        publish = DocumentPublisher(address_in(proxy), linger=0.5)
    time.sleep(0.3)
    with caplog.at_level(logging.WARNING, LOGGER):
        for _ in range(3):
            publish("event", {"seq_num": 1})
        began = time.monotonic()
        publish.close()
        publish.close()

    assert time.monotonic() - began < 3
    assert "the proxy did not come back; the last documents, about 3, may be lost" in caplog.text


def test_a_proxy_that_takes_nothing_becomes_an_error_instead_of_a_loss() -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as stuck:
        stuck.setsockopt(zmq.RCVHWM, 1)
        stuck.setsockopt(zmq.RCVBUF, 4096)
        stuck.setsockopt(zmq.SUBSCRIBE, b"")
        port = stuck.bind_to_random_port("tcp://127.0.0.1")
        asking = threading.Timer(0.2, stuck.poll, [100])  # it asks for documents, then never takes one
        asking.start()
        publish = DocumentPublisher(f"zmq://127.0.0.1:{port}/an", sent_within=0.3, linger=0)
        asking.join()
        image = np.zeros(10_000, "u1")

        def publish_many() -> None:
            for _ in range(5000):
                publish("event", {"data": {"image": image}})

        with pytest.raises(NotReachableError, match="takes no more documents"):
            publish_many()
        publish.close()


def test_a_proxy_that_nobody_listens_to_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with zmq.Context() as context, context.socket(zmq.XSUB) as deaf:
        port = deaf.bind_to_random_port("tcp://127.0.0.1")
        with (
            caplog.at_level(logging.WARNING, LOGGER),
            DocumentPublisher(f"zmq://127.0.0.1:{port}/an", connected_within=1) as publish,
        ):
            publish("start", {"uid": "a"})
            publish("stop", {"uid": "b"})
            assert (publish.sent, publish.unheard) == (0, 2)
            deaf.send(b"\x01an ")
            while not publish.sent:
                publish("stop", {"uid": "c"})

    assert caplog.text.count("nobody listens there") == 1


def test_a_closed_publisher_says_so(proxy: Proxy) -> None:
    publish = DocumentPublisher(address_in(proxy))
    publish.close()

    with pytest.raises(UsageError, match="was closed; make a new one"):
        publish("stop", {})


@pytest.mark.parametrize(
    ("address", "options", "reason"),
    [
        ("tcp://127.0.0.1:5577", {}, "not an address of a 0MQ proxy"),
        ("zmq://127.0.0.1:5577/an,raw", {}, "under one prefix without spaces"),
        ("zmq://127.0.0.1:5577", {"prefix": "a b"}, "under one prefix without spaces"),
        ("zmq://127.0.0.1:5577", {"serializer": "json"}, "'msgpack', 'pickle', 'raw', not as 'json'"),
    ],
)
def test_wrong_use_is_refused_before_anything_connects(address: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        DocumentPublisher(address, **options)
