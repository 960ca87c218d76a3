"""Documents as msgpack: every bit of an array comes back, and nothing else than plain data is built."""

from __future__ import annotations

import datetime
import struct
import time
import tracemalloc
from collections import OrderedDict
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.documents.packing import packb, unpackb
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError

CODES = ("?", "u1", "<u2", ">u2", "i8", "f2", ">f4", "f8", "g", "c8", "c16", "S3", "<U5", ">U2")
ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(code) for code in CODES]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(max_size=10)
    | st.binary(max_size=10),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inside),
    max_leaves=15,
)


def back(value: Any) -> Any:
    return unpackb(packb(value))


@settings(deadline=None)
@given(PLAIN)
def test_plain_data_come_back_equal(value: Any) -> None:
    assert back(value) == value


@settings(deadline=None)
@given(ARRAYS)
def test_an_array_comes_back_bit_for_bit_with_dtype_and_shape(array: np.ndarray[Any, Any]) -> None:
    again = back({"data": [array]})["data"][0]

    assert again.dtype == array.dtype
    assert again.dtype.byteorder == array.dtype.byteorder
    assert again.shape == array.shape
    assert again.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(20, dtype="u2")[::-3],
        np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        np.broadcast_to(np.float32(2), (3, 4)),
    ],
)
def test_an_array_of_any_layout_comes_back_in_c_order(array: np.ndarray[Any, Any]) -> None:
    again = back(array)

    np.testing.assert_array_equal(again, array, strict=True)
    assert again.flags.c_contiguous


def test_not_a_number_keeps_its_very_bits() -> None:
    odd = np.array([0x7FF8000000000123, 0xFFF0000000000001], "u8").view("f8")

    assert back(odd).tobytes() == odd.tobytes()


def test_arrays_are_read_only_and_aligned() -> None:
    document = back({"x": "odd", "image": np.zeros((3, 5), "f8"), "few": np.zeros(1, "c16")})

    for name in ("image", "few"):
        assert not document[name].flags.writeable
        assert document[name].flags.aligned


@pytest.mark.parametrize(
    ("scalar", "plain"),
    [
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.longdouble(2.5), 2.5),
        (np.uint16(7), 7),
        (np.int64(-7), -7),
        (np.bool_(True), True),
        (np.str_("frame"), "frame"),
        (np.bytes_(b"x"), b"x"),
        (np.complex64(1 + 2j), 1 + 2j),
    ],
)
def test_a_numpy_scalar_becomes_a_python_value(scalar: Any, plain: Any) -> None:
    assert back([scalar]) == [plain]
    assert type(back([scalar])[0]) is type(plain)


def test_tuples_become_lists_and_ordered_dicts_become_dicts_in_the_same_order() -> None:
    again = back({"shape": (2, 3), "configuration": OrderedDict([("b", 1), ("a", ())])})

    assert again == {"shape": [2, 3], "configuration": {"b": 1, "a": []}}
    assert list(again["configuration"]) == ["b", "a"]
    assert type(again["configuration"]) is dict


def test_the_document_is_not_changed() -> None:
    array = np.arange(6).reshape(2, 3).T
    document = {"data": {"image": array}, "shape": (1,)}
    packb(document)

    assert document == {"data": {"image": array}, "shape": (1,)}
    assert array.flags.writeable
    assert array.flags.f_contiguous


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (np.array([None]), "array of dtype object"),
        (np.zeros(1, [("x", "u2")]), r"array of dtype \[\('x', '<u2'\)\]"),
        (np.array(["2026-01-01"], "M8[D]"), r"array of dtype datetime64\[D\]"),
        (datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "datetime"),
        ({1, 2}, "builtins.set"),
        (object(), "builtins.object"),
        (1 << 70, "integer that does not fit into 64 bits"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_data_is_refused_by_name_when_written(value: Any, named: str) -> None:
    with pytest.raises(DocumentError, match=named):
        packb({"data": {"x": value}})


def test_a_document_that_holds_itself_is_refused_when_written() -> None:
    document: dict[str, Any] = {}
    document["self"] = document

    with pytest.raises(DocumentError, match="can't be written as msgpack"):
        packb(document)


def extension(code: int, data: bytes) -> bytes:
    return b"\xc9" + struct.pack(">Ib", len(data), code) + data


def claimed(head: Any, values: bytes = b"12345678") -> bytes:
    packed = msgpack.packb(head)
    units = -(-(1 + len(packed)) // 16)
    return extension(1, bytes([units]) + packed.ljust(units * 16 - 1, b"\0") + values)


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "cut off text": b"\xd9\xffabc",
    "cut off map": b"\x82\xa1a\x01",
    "cut off number": b"\xcb\x00",
    "trailing bytes": b"\x80\x80",
    "unused byte": b"\xc1",
    "timestamp": b"\xd6\xff\x00\x00\x00\x00",
    "extension of others": extension(5, b"abc"),
    "list of four billion": b"\xdd\xff\xff\xff\xff",
    "map of four billion": b"\xdf\xff\xff\xff\xff",
    "text of four billion": b"\xdb\xff\xff\xff\xff",
    "lists in lists, each of a million": b"\xdd\x00\x10\x00\x00" * 100_000,
    "lists in lists": b"\x91" * 100_000 + b"\x90",
    "maps in maps": b"\x81\xa1a" * 100_000 + b"\x80",
    "list as a key": b"\x81\x90\x01",
    "array as a key": b"\x81" + claimed(["<u8", [1]]) + b"\x01",
    "complex number as a key": b"\x81" + extension(2, bytes(16)) + b"\x01",
    "text that is not utf-8": b"\xa2\xff\xff",
    "complex number of three bytes": extension(2, b"abc"),
    "array without a head": extension(1, b""),
    "array head outside": extension(1, b"\xff\x92"),
    "array head without an end": extension(1, b"\x01" + b"\x92" * 15),
    "array head of arrays": extension(1, b"\x02\x92\xc7\x00\x01\x90".ljust(32, b"\0")),
    "array head with a huge list": extension(1, b"\x01\xdd\xff\xff\xff\xff".ljust(16, b"\0")),
    "array of objects": claimed(["|O", [1]]),
    "array of fields": claimed(["<u4,<u4", [1]]),
    "array of void": claimed(["|V8", [1]]),
    "array of dates": claimed(["<M8[s]", [1]]),
    "array of a long name": claimed(["<u8" + "x" * 1000, [1]]),
    "array of a number as dtype": claimed([8, [1]]),
    "array of dtype only": claimed(["<u8"]),
    "array too large": claimed(["<u8", [2]]),
    "array too small": claimed(["<u2", [3]]),
    "array of negative shape": claimed(["<u8", [-1, -1]]),
    "array of no shape": claimed(["<u8", 1]),
    "array of many axes": claimed(["<u8", [1] * 65]),
    "array of a shape beyond memory": claimed(["<u8", [0, 1 << 60]], b""),
    "array of texts without length": claimed(["<U0", [1 << 60]], b""),
    "array of truth values of 49": claimed(["|b1", [8]]),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_quickly_and_in_little_memory(name: str) -> None:
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(RefusalError, match="a msgpack body of"):
            unpackb(BODIES[name])
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_000_000
    assert time.process_time() - began < 1


def test_more_values_than_any_document_has_are_refused() -> None:
    with pytest.raises(RefusalError, match="more than 2000000 values"):
        unpackb(b"\xdd" + struct.pack(">I", 2_500_000) + b"\xc0" * 2_500_000)


def test_a_body_longer_than_allowed_is_refused_unread() -> None:
    with pytest.raises(RefusalError, match="at most 10 are taken"):
        unpackb(packb("x" * 20), max_bytes=10)


INNOCENT = packb({"uid": "a1", "data": {"image": np.arange(6, dtype="u2"), "x": 1.0}, "n": [1, [2, 1j]]})


@settings(deadline=None, max_examples=100)
@given(st.integers(0, len(INNOCENT) - 1))
def test_a_truncated_body_is_refused(length: int) -> None:
    with pytest.raises(RefusalError):
        unpackb(INNOCENT[:length])


@settings(deadline=None, max_examples=1000)
@given(st.lists(st.tuples(st.integers(0, len(INNOCENT) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_body_is_refused_or_read_and_never_anything_else(changes: list[tuple[int, int]]) -> None:
    body = bytearray(INNOCENT)
    for place, value in changes:
        body[place] = value
    try:
        unpackb(bytes(body))
    except RefusalError:
        pass
