"""Our forwarding proxy: order, prefixes, slow listeners, counts, and how it ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq

from headrace.engine.documents.live import LiveSource
from headrace.engine.documents.packing import packb
from headrace.engine.documents.publish import DocumentPublisher
from headrace.engine.documents.wire_address import ZmqAddress, parse_address
from headrace.engine.documents.wire_proxy import ForwardingProxy
from headrace.engine.model.errors import NotReachableError

ANYWHERE = ZmqAddress("127.0.0.1", 0)


@contextmanager
def forwarding(
    inlet: ZmqAddress = ANYWHERE, outlet: ZmqAddress = ANYWHERE, **options: Any
) -> Iterator[ForwardingProxy]:
    with ForwardingProxy(inlet, outlet, **options) as running:
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            yield running
        finally:
            running.stop()
            thread.join()


def address(running: ForwardingProxy, side: int, rest: str = "/raw") -> str:
    return running.endpoints[side].replace("tcp://", "zmq://") + rest


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize("form", ["msgpack", "pickle", "raw"])
def test_documents_come_through_in_order_and_to_those_who_asked(form: Any) -> None:
    image = np.zeros((200, 200), "u2")
    with forwarding() as running:
        with (
            LiveSource(address(running, 1), connected_within=10) as source,
            LiveSource(address(running, 1, "/rawx"), connected_within=10) as other,
            DocumentPublisher(address(running, 0), serializer=form) as publish,
        ):
            assert publish.wait_heard(10)
            for number in range(300):
                publish("event", {"seq_num": number, "image": image})
            assert [doc["seq_num"] for _, doc in islice(source, 300)] == list(range(300))
            assert other.stats.received == 0
        until(lambda: running.counts.messages == 300)
        assert running.counts.overruns == 0
        assert running.counts.bytes > 300 * image.nbytes


def test_a_publisher_is_told_when_somebody_listens_and_when_nobody_does_any_more() -> None:
    with forwarding() as running, DocumentPublisher(address(running, 0)) as publish:
        assert not publish.wait_heard(0.2)
        publish("start", {"uid": "a"})
        assert (publish.sent, publish.unheard) == (0, 1)
        with LiveSource(address(running, 1), connected_within=10):
            assert publish.wait_heard(10)
            publish("start", {"uid": "b"})
            assert publish.sent == 1
        until(lambda: not publish.wait_heard(0))
        assert running.counts.messages == 1


def test_a_listener_that_is_too_slow_loses_messages_the_others_none_and_it_is_counted() -> None:
    frame = b"raw event " + packb({"image": np.zeros(200_000, "u1")})
    with forwarding(hwm=20) as running, zmq.Context() as context:
        with (
            LiveSource(address(running, 1), connected_within=10) as source,
            context.socket(zmq.SUB) as slow,
            context.socket(zmq.PUB) as sender,
        ):
            slow.rcvhwm, slow.rcvbuf = 1, 4096
            slow.setsockopt(zmq.SUBSCRIBE, b"raw ")
            slow.connect(running.endpoints[1])
            sender.sndhwm = 0
            sender.connect(running.endpoints[0])
            time.sleep(0.5)
            for _ in range(200):
                sender.send(frame)
                time.sleep(0.005)  # the other one keeps up
            assert len(list(islice(source, 200))) == 200
            until(lambda: running.counts.messages == 200)
            assert 0 < running.counts.overruns < 200
            slow.linger = sender.linger = 0


def test_what_is_on_the_way_when_it_is_stopped_still_arrives() -> None:
    with forwarding() as running, LiveSource(address(running, 1), connected_within=10) as source:
        with DocumentPublisher(address(running, 0)) as publish:
            assert publish.wait_heard(10)
            for number in range(200):
                publish("event", {"seq_num": number})
            until(lambda: running.counts.messages > 0)
            running.stop()
            until(lambda: source.stats.received == 200)


def test_nonsense_from_a_listener_does_not_end_it() -> None:
    with forwarding() as running, zmq.Context() as context, context.socket(zmq.XSUB) as odd:
        odd.connect(running.endpoints[1])
        odd.send(b"neither on nor off")
        odd.send_multipart([b"\x01raw ", b"more"])
        odd.send(b"\x01" + bytes(100_000))
        with (
            LiveSource(address(running, 1), connected_within=10) as source,
            DocumentPublisher(address(running, 0)) as publish,
        ):
            assert publish.wait_heard(10)
            publish("stop", {"uid": "a"})
            assert list(islice(source, 1)) == [("stop", {"uid": "a"})]
        odd.linger = 0


def test_an_address_that_is_in_use_is_an_error() -> None:
    with forwarding() as running, pytest.raises(NotReachableError, match="Is another proxy running there"):
        ForwardingProxy(ANYWHERE, parse_address(address(running, 1)))


def test_socket_files_and_ipv6_serve_too(tmp_path: Path) -> None:
    inlet = f"zmq://{tmp_path}/in"
    six = ZmqAddress("::1", 0) if _has_ipv6() else ANYWHERE
    with forwarding(parse_address(inlet), six) as running:
        with (
            LiveSource(address(running, 1), connected_within=10) as source,
            DocumentPublisher(f"{inlet}?prefix=raw") as publish,
        ):
            assert publish.wait_heard(10)
            publish("stop", {"uid": "a"})
            assert list(islice(source, 1)) == [("stop", {"uid": "a"})]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False
