"""The frame of bluesky's 0MQ wire, and telling its body's format."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from event_model import DocumentNames
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.documents.packing import packb
from headrace.engine.documents.wire import DOCUMENT_NAMES, Message, decode, encode, split
from headrace.engine.documents.wire_address import ZmqAddress, parse_address
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError, UsageError

PICKLES = [lambda doc, protocol=protocol: pickle.dumps(doc, protocol=protocol) for protocol in range(6)]
PREFIXES = st.binary(max_size=10).map(lambda prefix: prefix.replace(b" ", b""))


def test_the_names_are_those_of_the_event_model() -> None:
    assert {member.name for member in DocumentNames} == DOCUMENT_NAMES


@settings(deadline=None)
@given(PREFIXES, st.sampled_from(sorted(DOCUMENT_NAMES)), st.sampled_from([packb, *PICKLES]))
def test_a_frame_is_read_as_it_was_written(prefix: bytes, name: str, serializer: Callable[[Any], bytes]) -> None:
    doc = {"uid": "a 1", "data": {"x": 1.5, "text": " "}}

    assert decode(encode(prefix, name, doc, serializer)) == Message(prefix, name, doc)


def test_a_frame_has_the_form_of_bluesky() -> None:
    assert encode(b"raw", "start", {"uid": "a"}, pickle.dumps) == b"raw start " + pickle.dumps({"uid": "a"})
    assert encode(b"", DocumentNames.stop, {}, packb) == b" stop \x80"


@pytest.mark.parametrize("serializer", [packb, *PICKLES])
@pytest.mark.parametrize("size", [0, 1, 4, 5, 15, 16, 70_000])
def test_the_format_of_a_body_is_told_whatever_the_size_of_the_document(
    size: int, serializer: Callable[[Any], bytes]
) -> None:
    doc = {f"k{n}": n for n in range(size)}

    assert decode(encode(b"raw", "event", doc, serializer)).doc == doc


def test_an_ordered_dict_is_a_document_in_any_pickle() -> None:
    doc = OrderedDict(a=1)

    assert all(decode(encode(b"", "start", doc, serializer)).doc == doc for serializer in PICKLES)


def test_splitting_neither_copies_nor_decodes_the_body() -> None:
    frame = b"raw event " + b"not a document"
    prefix, name, body = split(frame)

    assert (prefix, name, bytes(body)) == (b"raw", "event", b"not a document")
    assert body.obj is frame


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "has not the form"),
        (b"raw", "has not the form"),
        (b"raw start", "has not the form"),
        (b"x" * 10_000 + b" start \x80", "has not the form"),
        (b"raw begin \x80", "has the name 'begin'"),
        (b"raw Start \x80", "has the name 'Start'"),
        (b"raw  \x80", "has the name ''"),
        (b"raw \xff\xfe \x80", "has the name"),
        (b"raw start ", "neither a pickled document nor one in msgpack"),
        (b"raw start {}", "neither a pickled document nor one in msgpack"),
        (b"raw start " + b'{"uid": "a"}', "neither a pickled document nor one in msgpack"),
        (b"raw start " + packb([1, 2]), "neither a pickled document nor one in msgpack"),
        (b"raw start " + pickle.dumps([1, 2]), "holds a list where a document, a dict, was expected"),
        (b"raw start " + pickle.dumps(np.arange(3)), "holds a ndarray"),
        (b"raw start \x80\x04", "damaged"),
        (b"raw start \x80\x80", "opcode|newer|damaged"),
        (b"raw start \x81", "claims more items than there are bytes"),
    ],
    ids=range(17),
)
def test_a_frame_that_is_not_a_document_is_refused_with_the_reason(frame: bytes, reason: str) -> None:
    with pytest.raises(RefusalError, match=reason):
        decode(frame)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read_and_never_anything_else(body: bytes) -> None:
    for frame in (body, b"raw event " + body):
        try:
            decode(frame)
        except RefusalError:
            pass


@pytest.mark.parametrize(("prefix", "name"), [(b"a b", "start"), (b"raw", "begin"), (b"raw", "start ")])
def test_what_can_not_be_sent_is_refused(prefix: bytes, name: str) -> None:
    with pytest.raises(DocumentError, match="can't be sent with prefix"):
        encode(prefix, name, {}, packb)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("zmq://127.0.0.1:5578/raw", ZmqAddress("127.0.0.1", 5578, (b"raw",))),
        ("zmq://127.0.0.1:5578", ZmqAddress("127.0.0.1", 5578)),
        ("zmq://127.0.0.1:5578/", ZmqAddress("127.0.0.1", 5578)),
        ("zmq://xf28id1-srv.nsls2:5578/raw,an,raw", ZmqAddress("xf28id1-srv.nsls2", 5578, (b"raw", b"an"))),
        ("zmq://host:1/an?format=msgpack", ZmqAddress("host", 1, (b"an",), "msgpack")),
        ("zmq://host:1/an?format=raw&bind", ZmqAddress("host", 1, (b"an",), "raw", bind=True)),
        ("zmq://host:1/an?curve=/a/my%20keys", ZmqAddress("host", 1, (b"an",), curve="/a/my keys")),
        ("zmq://[::1]:5578/raw", ZmqAddress("::1", 5578, (b"raw",))),
        ("zmq:///run/out", ZmqAddress("", 0, path="/run/out")),
        ("zmq:///run/out?prefix=raw,an", ZmqAddress("", 0, (b"raw", b"an"), path="/run/out")),
        ("zmq://host:65535/an?format=pickle", ZmqAddress("host", 65535, (b"an",), "pickle")),
    ],
)
def test_an_address_is_read(text: str, address: ZmqAddress) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)).prefixes == address.prefixes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "should read zmq://host:port/prefix"),
        ("127.0.0.1:5578", "should read zmq://host:port/prefix"),
        ("tcp://127.0.0.1:5578", "should read zmq://host:port/prefix"),
        ("zmq:/127.0.0.1:5578", "host"),
        ("zmq://127.0.0.1", "port is missing"),
        ("zmq://127.0.0.1:0/raw", "port is missing"),
        ("zmq://127.0.0.1:99999/raw", "[Pp]ort"),
        ("zmq://127.0.0.1:raw", "[Pp]ort"),
        ("zmq://:5578/raw", "host should be"),
        ("zmq://*:5578/raw", "host should be"),
        ("zmq://[::1:5578/raw", "Invalid IPv6"),
        ("zmq://[beamline]:5578/raw", "IPv"),
        ("zmq://me@host:5578/raw", "should read"),
        ("zmq://host:5578/raw/an", "without spaces or slashes"),
        ("zmq://host:5578/raw,,an", "without spaces or slashes"),
        ("zmq://host:5578/raw an", "without spaces or slashes"),
        ("zmq://host:5578/raw?format=json", "the only options are"),
        ("zmq://host:5578/raw?speed=2", "the only options are"),
        ("zmq://host:5578/raw?x", "the only options are"),
        ("zmq://host:5578/raw?bind=1", "the only options are"),
        ("zmq://host:5578/raw?format=raw&format=pickle", "the only options are"),
        ("zmq://host:5578/raw?curve=", "names the folder"),
        ("zmq://host:5578?prefix=raw", "the prefix stands after the port"),
        ("zmq:///run/", "path of a socket file"),
        ("zmq:///" + 100 * "x", "path of a socket file"),
        ("zmq://host:5578/raw#x", "should read"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_with_an_example(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        parse_address(text)

    assert "for example zmq://127.0.0.1:5578/raw" in str(caught.value)


def test_the_wire_needs_neither_bluesky_nor_event_model() -> None:
    modules = "live", "publish", "packing", "unpickle", "wire"
    program = (
        f"import sys, {', '.join('headrace.engine.documents.' + name for name in modules)}\n"
        "print(sorted({'bluesky', 'event_model', 'msgpack_numpy', 'pandas'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
