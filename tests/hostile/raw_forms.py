"""Messages in headrace's own raw form that lie about sizes, types and what goes with what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgpack
from tests.hostile.message import Hostile, Stage, refused

from headrace.engine.documents.raw_parts import MARK

__all__ = ["messages"]

_OUTSIDE = 3


def raw(document: object, *frames: bytes, mark: bytes = MARK) -> list[bytes]:
    """Write a raw message; nothing is checked."""
    return [b"raw event " + mark + msgpack.packb(document), *frames]


def image(code: object = "<u2", shape: object = (4,), kind: int = _OUTSIDE) -> dict[str, Any]:
    """Give an event with an array that is described so, and stands in a frame of its own."""
    return {"data": {"image": msgpack.ExtType(kind, msgpack.packb([code, shape]))}}


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    frame = b"\1" * 8
    yield from _sizes(frame)
    yield from _types(frame)
    yield from _structure(frame)


def _sizes(frame: bytes) -> Iterator[Hostile]:
    yield refused("a raw array that claims more values than its frame has", raw(image(shape=(5,)), frame))
    yield refused("a raw array that claims fewer values than its frame has", raw(image(shape=(3,)), frame))
    yield refused("a raw array of a billion times a billion", raw(image(shape=(10**9, 10**9)), frame))
    yield refused("a raw array whose size wraps round at 64 bits", raw(image(shape=(2**32 - 1, 2**32 - 1, 2)), frame))
    yield refused("a raw array of two billion rows without values", raw(image(shape=(2**31, 0)), b""))
    yield refused("a raw array of negative length", raw(image(shape=(-4,)), frame))
    yield refused("a raw array with two negative lengths that fit", raw(image(shape=(-2, -2)), frame))
    yield refused("a raw array with a length that is a fraction", raw(image(shape=(4.0,)), frame))
    yield refused("a raw array with a length that is true", raw(image("<u8", shape=(True,)), frame))
    yield refused("a raw array with a hundred axes", raw(image(shape=(1,) * 99 + (4,)), frame))
    yield refused("a raw array without values that claims some", raw(image(shape=(4,)), b""))
    yield refused("a raw array with a shape that is text", raw(image(shape="4"), frame))
    yield refused("a raw array with a shape that is a map", raw(image(shape={4: 4}), frame))


def _types(frame: bytes) -> Iterator[Hostile]:
    yield refused("a raw array of Python objects", raw(image("|O", (1,)), frame))
    yield refused("a raw array of records", raw(image("u2,u2", (2,)), frame))
    yield refused("a raw array of dates", raw(image("<M8[ns]", (1,)), frame))
    yield refused("a raw array of raw memory", raw(image("|V8", (1,)), frame))
    yield refused("a raw array of nameless type", raw(image("", (4,)), frame))
    yield refused("a raw array whose type is a number", raw(image(2, (4,)), frame))
    yield refused("a raw array whose type is a list of fields", raw(image([["a", "<u2"]], (4,)), frame))
    yield refused("a raw array of texts without length", raw(image("|S0", (2**31,)), b""))
    yield refused("a raw array of texts of a gigabyte", raw(image("<U250000000", (1,)), frame))
    yield refused("a raw array of truth values that are neither", raw(image("|b1", (8,)), b"\2" * 8))


def _structure(frame: bytes) -> Iterator[Hostile]:
    two = {"data": {"a": image()["data"]["image"], "b": image()["data"]["image"]}}
    yield refused("a raw message with two arrays and one frame", raw(two, frame))
    yield refused("a raw message with one array and two frames", raw(image(), frame, frame))
    yield refused("a raw message with frames and no array", raw({"a": 1}, frame, frame, frame))
    yield refused("a raw message with ten thousand frames", raw(image(), *[frame] * 10_000))
    yield refused("a raw message of a version to come", raw(image(), frame, mark=b"\xc1HR9"))
    yield refused("a raw message whose mark is cut off", [b"raw event \xc1HR", frame])
    yield refused("a raw mark on a message in one part", [b"raw event " + MARK + msgpack.packb({"a": 1})])
    yield refused("a raw message whose body is cut off", [raw(image(), frame)[0][:-3], frame])
    yield refused("a raw message whose body has more behind it", [raw(image(), frame)[0] + b"\xc0", frame])
    yield refused("a raw message whose document is a list", raw([image()], frame))
    yield refused("a raw array described by nothing", raw({"a": msgpack.ExtType(_OUTSIDE, b"")}, frame))
    yield refused("a raw array described by a single number", raw({"a": msgpack.ExtType(_OUTSIDE, b"\x05")}, frame))
    nested = msgpack.packb([msgpack.ExtType(_OUTSIDE, msgpack.packb(["<u2", [4]])), [4]])
    yield refused("a raw array whose type is a raw array", raw({"a": msgpack.ExtType(_OUTSIDE, nested)}, frame))
    yield refused("a raw array as a key", [b"raw event " + MARK + b"\x81\xd4\x03\x00\x01", frame])
    yield refused("a raw array in a plain message", b"raw event " + msgpack.packb(image()))
