"""Pickles made by hand to exhaust memory, time or the stack, or to make numpy read where it must not."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.message import Hostile, Stage, refused

__all__ = ["colliding", "messages"]


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    bodies = {**_truncated(), **_bombs(), **_keys(), **_arrays(), **_scalars()}
    for name, body in bodies.items():
        yield refused(name, b"raw event " + body)


def _truncated() -> dict[str, bytes]:
    return {
        "a pickle without an end": b"\x80\x04}",
        "a pickle of a protocol to come": b"\x80\x06}.",
        "a pickle of two values": b"\x80\x04}}.",
        "a pickle with bytes behind it": pickle.dumps({}) + b"x",
        "a pickle with an open mark": b"\x80\x04(}.",
        "a pickle that refers to what it never kept": b"\x80\x04h\x05.",
        "a pickle that takes from an empty stack": b"\x80\x04000000.",
        "a pickle that refers to a negative memo": b"\x80\x04}p-5\ng-5\n.",
        "a text that announces 2 to the 62 bytes": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"abc.",
        "bytes that announce 2 to the 64 less one": b"\x80\x04\x8e" + struct.pack("<Q", (1 << 64) - 1) + b"abc.",
        "a bytearray that announces a terabyte": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"abc.",
        "a frame that announces 2 to the 63 bytes": b"\x80\x04\x95" + struct.pack("<Q", 1 << 63) + b"].",
        "a number of two gigabytes": b"\x80\x02\x8b\xff\xff\xff\x7f.",
        "a number of negative length": b"\x80\x02\x8b\xff\xff\xff\xff.",
        "a line that never ends": b"\x80\x02V" + b"x" * 100_000,
    }


def _bombs() -> dict[str, bytes]:
    puts = b"".join(b"Nr" + struct.pack("<I", (1 << 32) - 1 - n) + b"0" for n in range(64))
    text = b"X" + struct.pack("<I", 100_000) + b"x" * 100_000
    return {
        "a memo with places four billion apart": b"\x80\x02" + puts + b"N.",
        "a memo of a million values": b"\x80\x04]" + b"\x94" * 1_000_000 + b".",
        "two hundred thousand marks": b"\x80\x02" + b"(" * 200_000 + b".",
        "two hundred thousand lists, none in the other": b"\x80\x02" + b"]" * 200_000 + b".",
        "two hundred thousand lists, each in the other": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "three million opcodes": b"\x80\x02" + b"N0" * 1_500_000 + b"].",
        "a billion laughs": pickle.dumps({"a": _laughs(9)}),
        "a list in itself": b"\x80\x02}X\x01\x00\x00\x00a]q\x00h\x00as.",
        "a dict in itself": b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",
        "a number of ten million digits": b"\x80\x02L" + b"9" * 10_000_000 + b"L\n.",
        "one long text copied ten thousand times": (
            b"\x80\x02(c_codecs\nencode\nq\x00"
            + text
            + b"X\x06\x00\x00\x00latin1\x86q\x01R"
            + b"h\x00h\x01R" * 9999
            + b"l."
        ),
        "a bytearray copied ten thousand times": (
            b"\x80\x03(cbuiltins\nbytearray\nq\x00B"
            + struct.pack("<I", 100_000)
            + b"y" * 100_000
            + b"\x85q\x01R"
            + b"h\x00h\x01R" * 9999
            + b"l."
        ),
    }


def _laughs(levels: int) -> Any:
    inside: list[Any] = ["ha"] * 10
    for _ in range(levels):
        inside = [inside] * 10
    return inside


def colliding(number: int) -> bytes:
    """Give a pickled dict whose keys are pairs of numbers that all have the same hash."""
    first, second, rotate, word = 11400714785074694791, 14029467366897019727, 31, 1 << 64
    third = 2870177450012600261
    inverse = pow(second, -1, word)
    keys: list[bytes] = []
    a = 0
    while len(keys) < number:
        a += 1
        inner = (third + a * second) % word
        inner = ((inner << rotate) | (inner >> (64 - rotate))) * first % word
        b = (12345 - inner) * inverse % word
        if b < (1 << 61) - 1:
            keys.append(b"\x8a\x08" + a.to_bytes(8, "little") + b"\x8a\x08" + b.to_bytes(8, "little") + b"\x86N")
    return b"\x80\x02}(" + b"".join(keys) + b"u."


def _keys() -> dict[str, bytes]:
    tuples = b"\x85" * 200_000
    numbers = b"".join(
        b"\x8a\x0a" + (n * ((1 << 61) - 1) * 8 + (1 << 70)).to_bytes(10, "little") + b"N" for n in range(20_000)
    )
    return {
        "tuples nested two hundred thousand deep as a key": b"\x80\x02})" + tuples + b"Ns.",
        "tuples nested two hundred thousand deep in a set": b"\x80\x04\x8f()" + tuples + b"\x90.",
        "tuples nested two hundred thousand deep in a frozen set": b"\x80\x04()" + tuples + b"\x91.",
        "a list as a key of a pickle": b"\x80\x04}]Ns.",
        "a dict as a key of a pickle": b"\x80\x04}}Ns.",
        "a key without a value": b"\x80\x04}(Nu.",
        "keys that are numbers with one and the same hash": b"\x80\x02}(" + numbers + b"u.",
        "keys that are pairs with one and the same hash": colliding(20_000),
    }


def _array(shape: bytes, dtype: bytes, data: bytes = b"C\x08ABCDEFGH") -> bytes:
    """Write an array as protocol 3 does, out of parts that may lie."""
    begin = b"\x80\x03}X\x01\x00\x00\x00acnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
    return begin + b"(K\x01" + shape + dtype + b"\x89" + data + b"tbs."


_SIMPLE = b"K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00"


def _dtype(code: bytes, state: bytes = _SIMPLE) -> bytes:
    text = b"X" + struct.pack("<I", len(code)) + code
    return b"cnumpy\ndtype\n" + text + b"K\x00K\x01\x87R(" + state + b"tb"


def _arrays() -> dict[str, bytes]:
    fields = b"K\x03X\x01\x00\x00\x00|N(X\x01\x00\x00\x00atp\x30\n}K\x10K\x08K\x00"
    huge = b"K\x03X\x01\x00\x00\x00<NNNM\xff\xffJ\xff\xff\xff\xffK\x00"
    metadata = b"(K\x04X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00}tb"
    return {
        "a pickled array with a shape larger than its bytes": _array(b"K\x64\x85", _dtype(b"u1")),
        "a pickled array with a shape smaller than its bytes": _array(b"K\x07\x85", _dtype(b"u1")),
        "a pickled array with two negative lengths": _array(b"J\xf8\xff\xff\xffJ\xff\xff\xff\xff\x86", _dtype(b"u1")),
        "a pickled array with a length beyond 64 bits": _array(
            b"\x8a\x09" + b"\xff" * 8 + b"\x00K\x00\x86", _dtype(b"u1"), b"C\x00"
        ),
        "a pickled array that is empty and huge": _array(
            b"K\x00\x8a\x08" + b"\xff" * 7 + b"\x3f\x86", _dtype(b"u1"), b"C\x00"
        ),
        "a pickled array of two billion rows without values": _array(
            b"J\xff\xff\xff\x7fK\x00\x86", _dtype(b"u1"), b"C\x00"
        ),
        "a pickled array of objects out of bytes": _array(b"K\x01\x85", _dtype(b"O8")),
        "a pickled array of objects out of a list": _array(b"K\x01\x85", _dtype(b"O8"), b"]Na"),
        "a dtype with fields at wild offsets": _array(b"K\x01\x85", _dtype(b"V8", fields)),
        "a number's dtype that is given fields": _array(b"K\x01\x85", _dtype(b"u8", fields)),
        "a dtype with a size of item that is not its own": _array(b"K\x01\x85", _dtype(b"u8", huge)),
        "a dtype with metadata": _array(b"K\x01\x85", b"cnumpy\ndtype\nX\x02\x00\x00\x00u8K\x00K\x01\x87R" + metadata),
        "a dtype whose state is a list": _array(b"K\x01\x85", b"cnumpy\ndtype\nX\x02\x00\x00\x00u8K\x00K\x01\x87R]b"),
        "a dtype of several words": _array(b"K\x01\x85", _dtype(b"u8,u8")),
        "a dtype of a sub-array": _array(b"K\x01\x85", _dtype(b"(2,2)u2")),
        "a dtype that is Python's own object": _array(b"K\x01\x85", _dtype(b"object")),
        "texts of no length, very many": _array(b"\x8a\x07" + b"\xff" * 6 + b"\x3f\x85", _dtype(b"S0"), b"C\x00"),
        "truth values that are neither": _array(b"K\x08\x85", _dtype(b"b1")),
        "an array filled twice": _array(b"K\x08\x85", _dtype(b"u1"))[:-2]
        + b"(K\x01K\x08\x85"
        + _dtype(b"u1")
        + b"\x89C\x08ABCDEFGHtbs.",
        "an array filled from an array": _array(b"K\x01\x85", _dtype(b"u1"), b"h\x00"),
        "an array with axes in an order that repeats": (
            b"\x80\x05}X\x01\x00\x00\x00acnumpy._core.numeric\n_frombuffer\n(C\x08ABCDEFGH"
            + _dtype(b"u1")
            + b"K\x02K\x04\x86X\x01\x00\x00\x00KK\x00K\x00\x86tRs."
        ),
        "an array of structured values, as numpy writes it": pickle.dumps({"a": np.zeros(2, [("x", "u2")])}),
        "an array of dates, as numpy writes it": pickle.dumps({"a": np.array(["2026-01-01"], "M8[D]")}),
        "a masked array": pickle.dumps({"a": np.ma.masked_array([1, 2], [True, False])}),
        "an array of records of a class of their own": pickle.dumps({"a": np.zeros(2, "u2").view(np.recarray)}),
    }


def _scalars() -> dict[str, bytes]:
    scalar = b"\x80\x03}X\x01\x00\x00\x00acnumpy._core.multiarray\nscalar\n"
    return {
        "a numpy scalar of characters beyond Unicode": scalar + _dtype(b"U1") + b"C\x04\xff\xff\xff\xff\x86Rs.",
        "a numpy scalar with too few bytes": scalar + _dtype(b"f8") + b"C\x04abcd\x86Rs.",
        "a numpy scalar of an object": scalar + _dtype(b"O8") + b"C\x08abcdefgh\x86Rs.",
        "a numpy scalar that is a pickle of its own": scalar + _dtype(b"O8") + b"C\x02N.\x86Rs.",
        "a numpy scalar without a dtype": scalar + b"NC\x08abcdefgh\x86Rs.",
    }
