"""Bodies in msgpack that claim what they don't have, go too deep, or smuggle in what is not plain."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgpack
from tests.hostile.message import Hostile, Stage, refused

__all__ = ["messages"]


def body(data: bytes) -> bytes:
    """Put msgpack into a frame."""
    return b"raw event " + data


def array(head: bytes, values: bytes = b"", units: int | None = None) -> bytes:
    """Give a document with an array whose header says anything."""
    length = -(-(1 + len(head)) // 16) if units is None else units
    data = bytes([length]) + head.ljust(max(0, -(-(1 + len(head)) // 16) * 16 - 1), b"\0") + values
    return body(msgpack.packb({"a": msgpack.ExtType(1, data)}))


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    yield from _claims()
    yield from _depth()
    yield from _extensions()
    yield from _arrays()


def _claims() -> Iterator[Hostile]:
    yield refused("a map that claims four billion entries", body(b"\xdf\xff\xff\xff\xff"))
    yield refused("a list that claims four billion items", body(b"\x81\xa1a\xdd\xff\xff\xff\xff"))
    yield refused(
        "a list that claims more items than there are bytes", body(b"\x81\xa1a\xdd\x00\x00\x10\x00" + b"\xc0" * 9)
    )
    yield refused("a text that claims four gigabytes", body(b"\x81\xa1a\xdb\xff\xff\xff\xff"))
    yield refused("bytes that claim four gigabytes", body(b"\x81\xa1a\xc6\xff\xff\xff\xff"))
    yield refused("an extension that claims four gigabytes", body(b"\x81\xa1a\xc9\xff\xff\xff\xff\x01"))
    yield refused("a map that ends after its first key", body(b"\x82\xa1a"))
    yield refused("a map with an empty tail", body(b"\xde\x00"))
    yield refused("two maps one after the other", body(b"\x81\xa1a\x01\x81\xa1b\x02"))
    yield refused(
        "three million small values", body(b"\x81\xa1a\xdd" + struct.pack(">I", 3_000_000) + b"\x01" * 3_000_000)
    )
    yield refused("the byte that msgpack never uses", body(b"\x81\xa1a\xc1"))
    yield refused("a text that is no UTF-8", body(b"\x81\xa1a\xa2\xff\xfe"))
    yield refused("a key that is no UTF-8", body(b"\x81\xa2\xff\xfe\x01"))


def _depth() -> Iterator[Hostile]:
    yield refused("lists in lists, a hundred thousand deep", body(b"\x81\xa1a" + b"\x91" * 100_000 + b"\xc0"))
    yield refused("maps in maps, a hundred thousand deep", body(b"\x81\xa1a" * 100_000 + b"\xc0"))
    yield refused("maps and lists, seventy deep", body(b"\x81\xa1a\x91" * 35 + b"\xc0"))
    yield refused("a list as a key", body(b"\x81\x91\x01\x01"))
    yield refused("a map as a key", body(b"\x81\x80\x01"))
    yield refused("a list of lists as a key, very deep", body(b"\x81" + b"\x91" * 50_000 + b"\x01\x01"))


def _extensions() -> Iterator[Hostile]:
    for code in (0, 4, 42, 127, -2, -128):
        yield refused(
            f"an extension of type {code} that nobody knows",
            body(
                msgpack.packb({"a": msgpack.ExtType(code, b"x") if code >= 0 else msgpack.Timestamp(1)})
                if code >= 0
                else b"\x81\xa1a\xd4" + struct.pack("b", code) + b"x"
            ),
        )
    yield refused("a time stamp of msgpack", body(msgpack.packb({"a": msgpack.Timestamp(1, 5)})))
    pickled = {
        b"nd": True,
        b"type": b"O",
        b"kind": b"O",
        b"shape": [1],
        b"data": b"\x80\x04\x8c\x05posix\x8c\x06system\x93.",
    }
    yield refused("an object array as msgpack_numpy pickles it, as a list", body(msgpack.packb([pickled])))
    yield refused("a complex number of three bytes", body(msgpack.packb({"a": msgpack.ExtType(2, b"abc")})))
    yield refused("a complex number of nothing", body(msgpack.packb({"a": msgpack.ExtType(2, b"")})))
    yield refused("an extension as a key", body(b"\x81\xd4\x01\x00\x01"))


def _arrays() -> Iterator[Hostile]:
    good = msgpack.packb(["<u2", [4]])
    yield refused("an array with a header of nothing", body(msgpack.packb({"a": msgpack.ExtType(1, b"")})))
    yield refused("an array whose header claims to be longer than all of it", array(good, b"\1" * 8, units=255))
    yield refused("an array whose header claims no length", array(good, b"\1" * 8, units=0))
    yield refused("an array with fewer bytes than its shape", array(good, b"\1" * 6))
    yield refused("an array with more bytes than its shape", array(good, b"\1" * 10))
    yield refused("an array with a shape of a billion times a billion", array(msgpack.packb(["<u2", [10**9, 10**9]])))
    yield refused("an array with a length of 2 to the 63", array(msgpack.packb(["<u2", [2**63]])))
    yield refused("an empty array of two billion rows", array(msgpack.packb(["<u2", [2**31, 0]])))
    yield refused("an array of objects", array(msgpack.packb(["|O8", [1]]), b"\1" * 8))
    yield refused("an array of records in words", array(msgpack.packb(["<u2,<u2", [2]]), b"\1" * 8))
    yield refused(
        "an array with an array for its type", array(msgpack.packb([msgpack.ExtType(1, b"\1" * 16), [4]]), b"\1" * 8)
    )
    deep = b"\xc0"
    for _ in range(10):
        deep = msgpack.packb([msgpack.ExtType(1, bytes([8]) + deep), [4]])[:250]
    yield refused("arrays in the headers of arrays", array(deep, b"\1" * 8))
    yield refused("an array with a list of a million for its shape", array(b"\x92\xa3<u2\xdd\x00\x0f\x42\x40"))
    yield refused("an array described by a map", array(msgpack.packb({"<u2": [4]}), b"\1" * 8))
    yield refused("an array described by three things", array(msgpack.packb(["<u2", [4], 0]), b"\1" * 8))
