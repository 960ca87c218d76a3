"""CURVE keys on both ends: our proxy, our publisher and listener, and bluesky's own with the same files."""

from __future__ import annotations

import asyncio
import logging
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
import zmq.auth
from bluesky.callbacks.zmq import ClientCurve, Publisher, RemoteDispatcher

import headrace
from headrace.engine.documents.live import LiveSource
from headrace.engine.documents.publish import DocumentPublisher
from headrace.engine.documents.wire_address import parse_address
from headrace.engine.documents.wire_keys import new_keys
from headrace.engine.documents.wire_proxy import ForwardingProxy
from headrace.engine.model.errors import NotReachableError, UsageError

Places = tuple[str, str]


def free_place() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def forwarding(curve: str = "") -> Iterator[Places]:
    """Run our proxy; gives where publishers and listeners come to."""
    places = free_place(), free_place()
    inlet, outlet = (parse_address(f"zmq://{place}") for place in places)
    with ForwardingProxy(inlet, outlet, curve=curve) as running:
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            yield places
        finally:
            running.stop()
            thread.join()


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return new_keys(tmp_path / "keys")


@pytest.fixture
def places(keys: tuple[Path, Path]) -> Iterator[Places]:
    with forwarding(str(keys[0])) as running:
        yield running


def test_documents_go_through_with_keys_on_both_ends(places: Places, keys: tuple[Path, Path]) -> None:
    rest = f"/raw?curve={keys[1]}"
    image = np.arange(200 * 300, dtype="u2").reshape(200, 300)
    with LiveSource(f"zmq://{places[1]}{rest}", connected_within=10) as source:
        with DocumentPublisher(f"zmq://{places[0]}{rest}&format=raw") as publish:
            assert publish.wait_heard(10)
            publish("event", {"image": image})
            ((_, doc),) = islice(source, 1)

    np.testing.assert_array_equal(doc["image"], image, strict=True)


@pytest.mark.parametrize("end", [LiveSource, DocumentPublisher])
def test_nobody_gets_in_without_keys(places: Places, end: Any) -> None:
    place = places[1] if end is LiveSource else places[0]

    with pytest.raises(NotReachableError, match=r"is refused: .* CURVE keys"):
        end(f"zmq://{place}/raw", connected_within=1).open()


@pytest.mark.parametrize("end", [LiveSource, DocumentPublisher])
def test_nobody_gets_in_with_a_key_that_is_not_known(
    places: Places, keys: tuple[Path, Path], end: Any, caplog: pytest.LogCaptureFixture
) -> None:
    place = places[1] if end is LiveSource else places[0]
    (keys[1] / "client.key").unlink()
    (keys[1] / "client.key_secret").unlink()
    zmq.auth.create_certificates(keys[1], "stranger")
    (keys[1] / "stranger.key").unlink()

    with caplog.at_level(logging.WARNING), pytest.raises(NotReachableError, match="does not know our key"):
        end(f"zmq://{place}/raw?curve={keys[1]}", connected_within=1).open()
    assert caplog.text.count("was not let in") == 1


def test_a_proxy_with_another_key_is_not_trusted(places: Places, keys: tuple[Path, Path], tmp_path: Path) -> None:
    _, other = new_keys(tmp_path / "other")
    (keys[1] / "proxy.key").write_bytes((other / "proxy.key").read_bytes())

    with pytest.raises(NotReachableError, match="no 0MQ proxy answers"):
        LiveSource(f"zmq://{places[1]}/raw?curve={keys[1]}", connected_within=1).open()


def test_keys_for_a_proxy_that_has_none_are_told(keys: tuple[Path, Path]) -> None:
    with forwarding() as places, pytest.raises(NotReachableError, match=r"is refused: .* CURVE keys"):
        LiveSource(f"zmq://{places[1]}/raw?curve={keys[1]}", connected_within=1).open()


def test_a_key_counts_from_when_it_is_added_and_no_more_once_it_is_taken_away(
    places: Places, keys: tuple[Path, Path]
) -> None:
    known = keys[0] / "clients" / "client.key"
    key = known.read_bytes()
    address = f"zmq://{places[1]}/raw?curve={keys[1]}"
    known.unlink()
    with pytest.raises(NotReachableError):
        LiveSource(address, connected_within=0.5).open()
    known.write_bytes(key)
    with LiveSource(address, connected_within=10) as source:
        assert not source.stats.refused


def test_a_publisher_that_binds_lets_in_known_keys_only(keys: tuple[Path, Path]) -> None:
    place = free_place()
    with DocumentPublisher(f"zmq://{place}/raw?bind&curve={keys[0]}", connected_within=0.1) as publish:
        with pytest.raises(NotReachableError):
            LiveSource(f"zmq://{place}/raw", connected_within=0.5).open()
        with LiveSource(f"zmq://{place}/raw?curve={keys[1]}", connected_within=10) as source:
            assert publish.wait_heard(10)
            publish("stop", {"uid": "a"})
            assert list(islice(source, 1)) == [("stop", {"uid": "a"})]


@pytest.fixture
def dispatching(places: Places, keys: tuple[Path, Path]) -> Iterator[list[tuple[str, Any]]]:
    """Collect what a RemoteDispatcher of bluesky gets with our keys."""
    received: list[tuple[str, Any]] = []
    dispatcher = RemoteDispatcher(
        places[1], prefix=b"raw", deserializer=headrace.deserializer, curve_config=curve(keys[1])
    )
    dispatcher.subscribe(lambda name, doc: received.append((name, doc)))

    def dispatch() -> None:
        with suppress(asyncio.CancelledError):
            dispatcher.start()

    thread = threading.Thread(target=dispatch)
    thread.start()
    time.sleep(0.5)  # bluesky's dispatcher does not tell when it is connected
    yield received
    dispatcher.loop.call_soon_threadsafe(dispatcher._task.cancel)
    thread.join()


def curve(client: Path) -> ClientCurve:
    return ClientCurve(secret_path=client / "client.key_secret", server_public_key=client / "proxy.key")


def test_the_same_files_serve_the_publisher_and_dispatcher_of_bluesky(
    places: Places, keys: tuple[Path, Path], dispatching: list[tuple[str, Any]]
) -> None:
    publisher = Publisher(places[0], prefix=b"raw", serializer=headrace.serializer, curve_config=curve(keys[1]))
    time.sleep(0.5)
    publisher("start", {"uid": "a"})
    deadline = time.monotonic() + 10
    while not dispatching and time.monotonic() < deadline:
        time.sleep(0.01)
    publisher.close()

    assert dispatching == [("start", {"uid": "a"})]


def test_secret_keys_are_for_their_owner_only_and_never_written_over(keys: tuple[Path, Path]) -> None:
    for secret in (keys[0] / "proxy.key_secret", keys[1] / "client.key_secret"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    before = (keys[0] / "proxy.key_secret").read_bytes()

    with pytest.raises(UsageError, match=r"there are keys in .* already"):
        new_keys(keys[0].parent)
    assert (keys[0] / "proxy.key_secret").read_bytes() == before


def spoil(keys: tuple[Path, Path], how: str) -> Path:
    client = keys[1]
    if how == "gone":
        return client / "nowhere"
    if how == "two secrets":
        zmq.auth.create_certificates(client, "second")
    elif how == "no server":
        (client / "proxy.key").unlink()
    elif how == "text":
        (client / "client.key_secret").write_text("secret")
    elif how == "no secret in it":
        (client / "client.key_secret").write_bytes((client / "client.key").read_bytes())
    else:
        (client / "proxy.key").write_text('curve\n    public-key = "short"\n')
    return client


@pytest.mark.parametrize(
    ("how", "error", "reason"),
    [
        ("gone", NotReachableError, "there are no keys in"),
        ("two secrets", UsageError, "expected one file NAME.key_secret"),
        ("no server", UsageError, "expected one file OTHER.key"),
        ("text", UsageError, "no key in 0MQ's certificate format"),
        ("no secret in it", UsageError, "holds no secret key"),
        ("short", UsageError, "a key has 40 characters"),
    ],
)
def test_keys_that_make_no_sense_are_refused_with_the_reason(
    keys: tuple[Path, Path], how: str, error: type[Exception], reason: str
) -> None:
    folder = spoil(keys, how)

    with pytest.raises(error, match=reason):
        LiveSource(f"zmq://127.0.0.1:9/raw?curve={folder}").open()


def test_a_proxy_that_nobody_could_come_to_does_not_start(keys: tuple[Path, Path]) -> None:
    (keys[0] / "clients" / "client.key").unlink()

    with pytest.raises(UsageError, match="nobody could connect"), forwarding(str(keys[0])):
        pass


def test_the_gate_says_no_to_whatever_is_odd(keys: tuple[Path, Path]) -> None:
    from headrace.engine.documents.wire_gate import Gate

    questions = [[b""], [b"1.0", b"1"], [b"2.0", b"1", b"", b"", b"", b"CURVE", bytes(32)]]
    questions += [[b"1.0", b"1", b"", b"", b"", b"NULL"], [b"1.0", b"1", b"", b"", b"", b"CURVE", b"short"]]
    with zmq.Context() as context:
        gate = Gate(context, keys[0])
        with context.socket(zmq.REQ) as asking:
            asking.connect("inproc://zeromq.zap.01")
            for question in questions:
                asking.send_multipart(question)
                answer = asking.recv_multipart()
                assert (answer[0], answer[2]) == (b"1.0", b"400")
        gate.close()
