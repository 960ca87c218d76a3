"""The raw form: large arrays in frames of their own, uncopied, through bluesky's proxy and without one."""

from __future__ import annotations

import logging
import pickle
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgpack
import numpy as np
import pytest
import zmq
from bluesky.callbacks.zmq import Proxy, Publisher
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.documents.live import LiveSource
from headrace.engine.documents.packing import packb
from headrace.engine.documents.publish import DocumentPublisher
from headrace.engine.documents.raw_parts import LARGE, MARK, MAX_FRAMES, pack_parts, settled, unpack_parts
from headrace.engine.documents.wire_message import read_message
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError

LOGGER = "headrace.engine.documents.live"
DTYPES = [np.dtype(code) for code in ("?", "u1", "<u2", ">u2", "i8", "f2", ">f4", "f8", "c16", "<U5")]
ARRAYS = hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(max_dims=3, max_side=4))


def back(document: Any) -> Any:
    body, arrays = pack_parts(document)
    frames = [memoryview(array.reshape(-1).view("u1")).toreadonly() for array in arrays]  # type: ignore[arg-type]
    return unpack_parts(body, frames)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def inlet(proxy: Proxy, rest: str = "/raw?format=raw") -> str:
    return f"zmq://{str(proxy.in_port).removeprefix('tcp://')}{rest}"


def outlet(proxy: Proxy, rest: str = "/raw") -> str:
    return f"zmq://{str(proxy.out_port).removeprefix('tcp://')}{rest}"


@contextmanager
def listening(address: str) -> Iterator[LiveSource]:
    with LiveSource(address, connected_within=10) as source:
        time.sleep(0.3)  # the subscription has reached the proxy
        yield source


@settings(deadline=None)
@given(st.lists(ARRAYS, min_size=1, max_size=3))
def test_a_document_comes_back_bit_for_bit(small: list[np.ndarray[Any, Any]]) -> None:
    large = [np.resize(array, LARGE // array.itemsize + 1) for array in small]
    again = back({"data": {"large": large, "small": small}, "shape": [1, 2]})

    assert again["shape"] == [1, 2]
    for one, other in zip(large + small, again["data"]["large"] + again["data"]["small"], strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
        assert not other.flags.writeable


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda array: array[::-1], lambda array: array.transpose(1, 0)])
def test_an_array_of_any_layout_comes_back_in_c_order(layout: Any) -> None:
    image = layout(np.arange(256 * 128, dtype="u2").reshape(256, 128))

    np.testing.assert_array_equal(back({"image": image})["image"], image, strict=True)


def test_a_document_without_large_arrays_is_plain_msgpack() -> None:
    document = {"uid": "a", "x": np.arange(4)}

    assert pack_parts(document) == (packb(document), [])


def test_more_arrays_than_frames_travel_inside() -> None:
    document = {"images": [np.full(LARGE, number % 100, "u1") for number in range(MAX_FRAMES + 3)]}

    assert len(pack_parts(document)[1]) == MAX_FRAMES
    assert [int(image[-1]) for image in back(document)["images"]] == [n % 100 for n in range(MAX_FRAMES + 3)]


def test_only_an_array_that_nobody_can_change_is_sent_uncopied() -> None:
    writeable = np.zeros(LARGE, "u2")
    view = writeable[:]
    view.setflags(write=False)
    frozen = np.zeros(LARGE, "u2")
    frozen.setflags(write=False)

    assert [settled(array) for array in (writeable, view, frozen, frozen[1:])] == [False, False, True, True]
    assert settled(np.frombuffer(bytes(LARGE), "u1"))
    assert not settled(np.frombuffer(bytearray(LARGE), "u1"))
    _, (first, second, third) = pack_parts([writeable, view, frozen])
    assert not np.shares_memory(first, writeable)
    assert not np.shares_memory(second, writeable)
    assert third is frozen


def test_what_is_published_does_not_change_with_the_array_afterwards(proxy: Proxy) -> None:
    with listening(outlet(proxy)) as source, DocumentPublisher(inlet(proxy)) as publish:
        image = np.empty((512, 512), "u2")
        for number in range(40):
            image[:] = number
            publish("event", {"data": {"image": image}})
        received = [doc["data"]["image"] for _, doc in islice(source, 40)]

    assert [(int(image.min()), int(image.max())) for image in received] == [(n, n) for n in range(40)]


def test_raw_and_standard_messages_come_over_one_proxy_in_order_and_by_prefix(proxy: Proxy) -> None:
    image = np.arange(300 * 200, dtype="u4").reshape(300, 200)
    place = str(proxy.in_port).removeprefix("tcp://")
    with (
        listening(outlet(proxy)) as source,
        DocumentPublisher(inlet(proxy)) as publish,
        DocumentPublisher(inlet(proxy, "/rawx?format=raw")) as other,
    ):
        standard = Publisher(place, prefix=b"raw")
        time.sleep(0.3)
        for number in range(3):
            other("event", {"seq_num": -1, "image": image})
            publish("event", {"seq_num": 2 * number, "image": image})
            time.sleep(0.1)
            standard("event", {"seq_num": 2 * number + 1, "image": image})
            time.sleep(0.1)
        standard.close()
        received = [doc for _, doc in islice(source, 6)]

    assert [doc["seq_num"] for doc in received] == list(range(6))
    for doc in received:
        np.testing.assert_array_equal(doc["image"], image, strict=True)
    assert source.stats.refused == 0


def test_without_a_proxy_listeners_come_to_the_publisher() -> None:
    address = f"zmq://127.0.0.1:{free_port()}/raw"
    image = np.random.default_rng(3).integers(0, 4096, (700, 600), dtype="u2")
    with LiveSource(address) as source, DocumentPublisher(f"{address}?format=raw&bind") as publish:
        assert publish.wait_heard(10)
        publish("start", {"uid": "a"})
        publish("event", {"data": {"image": image}})
        (_, start), (_, event) = islice(source, 2)
        assert (publish.sent, publish.unheard) == (2, 0)

    assert start == {"uid": "a"}
    np.testing.assert_array_equal(event["data"]["image"], image, strict=True)


def hostile() -> dict[str, list[bytes]]:
    """Messages of several parts that are no documents."""
    image = bytes(64)

    def described(code: Any, shape: Any, kind: int = 3) -> bytes:
        return msgpack.packb({"image": msgpack.ExtType(kind, msgpack.packb([code, shape]))})  # type: ignore[no-any-return]

    def raw(body: bytes, *frames: bytes, mark: bytes = MARK) -> list[bytes]:
        return [b"raw event " + mark + body, *frames]

    return {
        "no mark": raw(described("<u2", [32]), image, mark=b""),
        "another version": raw(described("<u2", [32]), image, mark=b"\xc1HR9"),
        "pickle": [b"raw event " + pickle.dumps({"a": 1}), image],
        "name": [b"raw begin " + MARK, image],
        "too few frames": raw(msgpack.packb([msgpack.ExtType(3, msgpack.packb(["<u2", [32]]))] * 2), image),
        "too many frames": raw(described("<u2", [32]), image, image),
        "no array": raw(msgpack.packb({}), image),
        "too many parts": raw(described("<u2", [32]), *[image] * (MAX_FRAMES + 1)),
        "shape too large": raw(described("<u2", [2**40]), image),
        "shape too small": raw(described("<u2", [31]), image),
        "negative shape": raw(described("<u2", [-1, -32]), image),
        "shape no list": raw(described("<u2", 32), image),
        "shape of texts": raw(described("<u2", ["32"]), image),
        "objects": raw(described("|O", [8]), image),
        "times": raw(described("<M8[ns]", [8]), image),
        "structure": raw(described([["x", "<u2"]], [32]), image),
        "dtype no text": raw(described(2, [32]), image),
        "not described": raw(msgpack.packb({"image": msgpack.ExtType(3, b"")}), image),
        "described by more": raw(msgpack.packb({"image": msgpack.ExtType(3, msgpack.packb(["<u2"]))}), image),
        "nested": raw(msgpack.packb({"image": msgpack.ExtType(3, described("<u2", [32]))}), image),
        "truth values": raw(described("|b1", [64]), b"\x02" * 64),
        "another extension": raw(described("<u2", [32], kind=7), image),
        "a list": raw(msgpack.packb([msgpack.ExtType(3, msgpack.packb(["<u2", [32]]))]), image),
        "cut off": raw(described("<u2", [32])[:-3], image),
        "deep": raw(b"\x91" * 200 + b"\xc0", image),
        "large list": raw(b"\xdd\xff\xff\xff\xff", image),
        "empty": raw(b"", image),
        "nothing": [b"raw ", b"", b""],
    }


@pytest.mark.parametrize("parts", hostile().values(), ids=hostile())
def test_a_hostile_raw_message_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(RefusalError):
        read_message([zmq.Frame(part) for part in parts])


@settings(deadline=None)
@given(st.binary(max_size=60), st.lists(st.binary(max_size=40), min_size=1, max_size=3))
def test_any_frames_are_refused_or_read_and_never_anything_else(body: bytes, frames: list[bytes]) -> None:
    for head in (b"raw event " + MARK + body, body):
        try:
            read_message([zmq.Frame(part) for part in (head, *frames)])
        except RefusalError:
            pass


def test_a_message_larger_than_allowed_is_refused_whatever_its_parts() -> None:
    parts = [b"raw event " + MARK, *[bytes(1000)] * 10]

    with pytest.raises(RefusalError, match="at most 5000 are taken"):
        read_message([zmq.Frame(part) for part in parts], max_bytes=5000)


def test_hostile_raw_messages_are_counted_and_the_next_one_still_arrives(
    proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    messages = [parts for parts in hostile().values() if parts[0].startswith(b"raw ") and len(parts) < 10]
    with listening(outlet(proxy)) as source, caplog.at_level(logging.CRITICAL, LOGGER), zmq.Context() as context:
        with context.socket(zmq.PUB) as sender:
            sender.connect(str(proxy.in_port))
            time.sleep(0.3)
            for parts in messages:
                sender.send_multipart(parts)
            body, (image,) = pack_parts({"image": np.zeros((300, 300), "u2")})
            sender.send_multipart([b"raw event " + body, image.tobytes()])
            (_, doc), *_ = islice(source, 1)

    assert doc["image"].shape == (300, 300)
    assert (source.stats.refused, source.stats.received) == (len(messages), 1)


@pytest.mark.parametrize("value", [np.array([object()] * LARGE), {"f": object()}])
def test_what_can_not_be_written_is_refused(value: Any) -> None:
    with pytest.raises(DocumentError, match="can't be written for the wire"):
        pack_parts({"data": value})


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("code", ["u1", "<u2", ">u2", "<f4", "f8", "c16"])
@pytest.mark.parametrize("shift", range(3))
def test_a_large_pickled_array_is_a_view_of_its_message_and_aligned(shift: int, code: str, protocol: int) -> None:
    image = np.random.default_rng(1).integers(0, 200, (300, 400)).astype(code)
    doc = {"data": {"image": image, "text": "x" * shift}, "again": [image], "order": image.T}
    alone = pickle.dumps({"text": "x" * shift, "image": image}, protocol)
    frame = zmq.Frame(bytearray(b"raw event " + alone))
    message = read_message([frame])
    whole = read_message([zmq.Frame(bytearray(b"raw event " + pickle.dumps(doc, protocol)))])
    image = pickle.loads(alone)["image"]  # numpy may change the byte order

    assert message is not None
    assert whole is not None
    received = message.doc["image"]
    np.testing.assert_array_equal(received, image, strict=True)
    assert received.flags.aligned
    assert not received.flags.writeable
    if protocol > 2 and code != ">u2":  # before, bytes were written as text
        assert np.shares_memory(received, np.frombuffer(frame.buffer, "u1"))
    for one in (whole.doc["data"]["image"], whole.doc["again"][0], whole.doc["order"].T):
        np.testing.assert_array_equal(one, image, strict=True)


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_large_plain_bytes_in_a_pickle_stay_what_they_are(kind: Any) -> None:
    doc = {"jpeg": kind(b"x" * 300_000)}
    message = read_message([zmq.Frame(bytearray(b"raw event " + pickle.dumps(doc, 5)))])

    assert message is not None
    assert message.doc == doc
    assert type(message.doc["jpeg"]) is kind
