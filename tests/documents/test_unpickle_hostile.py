"""Pickles made to do harm: each is refused, quickly, in little memory, with nothing executed."""

from __future__ import annotations

import builtins
import datetime
import os
import pickle
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.documents.unpickle import loads
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError


class Calls:
    """Pickles as a call of any function with any arguments."""

    def __init__(self, function: Callable[..., Any], *arguments: Any, state: Any = None) -> None:
        self.reduced = (function, arguments, state) if state is not None else (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


class Plain:
    """An innocent class of some other program."""


def long_put(index: int) -> bytes:
    return pickle.LONG_BINPUT + struct.pack("<I", index)


def laughs(levels: int) -> Any:
    inside: list[Any] = ["ha"] * 10
    for _ in range(levels):
        inside = [inside] * 10
    return inside


def array_state(shape: bytes, dtype: bytes, data: bytes = b"C\x08ABCDEFGH") -> bytes:
    """Write an array as protocol 3 does, out of parts that may lie."""
    start = b"\x80\x03cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
    return start + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb."


def dtype(code: bytes, state: bytes = b"K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00") -> bytes:
    text = b"X" + struct.pack("<I", len(code)) + code
    return b"cnumpy\ndtype\n" + text + b"K\x00K\x01\x87R(" + state + b"tb"


FIELDS = b"K\x03X\x01\x00\x00\x00|N(X\x01\x00\x00\x00atp\x30\n}K\x10K\x08K\x00"
LONG_TEXT = b"X" + struct.pack("<I", 100_000) + b"x" * 100_000
NEVER = Path("never")

CALLS: dict[str, Any] = {
    "os.system": Calls(os.system, "touch never"),
    "builtins.eval": Calls(eval, "open('never', 'w')"),
    "builtins.exec": Calls(exec, "open('never', 'w')"),
    "getattr": Calls(getattr, "text", "join"),
    "open": Calls(open, "never", "w"),
    "os.mkdir": Calls(os.mkdir, "never"),
    "import": Calls(builtins.__import__, "this"),
    "numpy.load": Calls(np.load, "never"),
    "a class": Plain(),
    "a class by name": Plain,
    "a path": PurePosixPath("/etc"),
    "a date": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    "a range": range(3),
    "an object array": np.array([{"a": 1}, None], dtype=object),
    "a structured array": np.zeros(2, [("x", "u2"), ("y", "f8")]),
    "dates": np.array(["2026-01-01"], "M8[D]"),
    "a masked array": np.ma.masked_array([1, 2], [True, False]),
    "a record": np.rec.array([(1, 2.0)], dtype=[("x", "u2"), ("y", "f8")]),
    "a dtype": np.dtype("u2"),
    "a function": np.sum,
    "random state": np.random.default_rng(1),
}

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no end": b"\x80\x04",
    "text": b"hello world",
    "newer protocol": b"\x80\x06N.",
    "two values": b"\x80\x04NN.",
    "trailing bytes": pickle.dumps({}) + b"x",
    "open mark": b"\x80\x04(N.",
    "stop at once": b"\x80\x04.",
    "memo never put": b"\x80\x04h\x05.",
    "persistent id": b"Pabc\n.",
    "extension code": b"\x80\x02\x82\x01.",
    "instance": b"(ios\nsystem\n.",
    "instance by obj": b"(cos\nsystem\nX\x02\x00\x00\x00lso.",
    "out of band": b"\x80\x05\x97.",
    "getattr on names": b"\x80\x04\x8c\x05numpy\x8c\x0clib.npyio.np\x93.",
    "a name that is no text": b"\x80\x04]]\x93.",
    "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__class__\x93.",
    "call of a number": b"\x80\x04K\x01)R.",
    "state for a dict": b"\x80\x04}}b.",
    "a builder left as value": b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93.",
    "unhashable key": b"\x80\x04}]Ns.",
    "append to a text": b"\x80\x04\x8c\x01aNa.",
    "key without value": b"\x80\x04}(Nu.",
    "long line": b"I" + b"1" * 100_000 + b"\n.",
    "integer of ten million digits": b"L" + b"9" * 10_000_000 + b"L\n.",
    "line without end": b"V" + b"x" * 100_000,
    "name without end": b"c" + b"x" * 100_000,
    "huge text announced": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"abc.",
    "huge bytes announced": b"\x80\x04\x8e" + struct.pack("<Q", (1 << 64) - 1) + b"abc.",
    "huge bytearray announced": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"abc.",
    "huge integer announced": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "negative integer size": b"\x80\x02\x8b\xff\xff\xff\xff.",
    "memo bomb": b"\x80\x02" + b"".join(b"N" + long_put((1 << 32) - 1 - n) + b"0" for n in range(64)) + b"N.",
    "mark bomb": b"\x80\x02" + b"(" * 200_000 + b".",
    "list bomb": b"\x80\x02" + b"]" * 200_000 + b".",
    "deep lists": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
    "deep tuples": b"\x80\x02)" + b"\x85" * 200_000 + b".",
    "deep tuples as a key": b"\x80\x02})" + b"\x85" * 200_000 + b"Ns.",
    "deep tuples in a set": b"\x80\x04\x8f()" + b"\x85" * 200_000 + b"\x90.",
    "deep tuples in a frozenset": b"\x80\x04()" + b"\x85" * 200_000 + b"\x91.",
    "deep tuples as a dtype": b"\x80\x02cnumpy\ndtype\n)" + b"\x85" * 200_000 + b"K\x00K\x01\x87R.",
    "a list in itself": b"\x80\x02]q\x00h\x00a.",
    "a dict in itself": b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",
    "a billion laughs": pickle.dumps(laughs(9)),
    "one text copied for ever": (
        b"\x80\x02(c_codecs\nencode\nq\x00"
        + LONG_TEXT
        + b"X\x06\x00\x00\x00latin1\x86q\x01R"
        + b"h\x00h\x01R" * 9999
        + b"l."
    ),
    "colliding integers": b"\x80\x02}("
    + b"".join(b"\x8a\x0a" + (n * ((1 << 61) - 1) * 8 + (1 << 70)).to_bytes(10, "little") + b"N" for n in range(20_000))
    + b"u.",
    "shape larger than the bytes": array_state(b"K\x64\x85", dtype(b"u1")),
    "shape smaller than the bytes": array_state(b"K\x07\x85", dtype(b"u1")),
    "negative shape": array_state(b"J\xf8\xff\xff\xffJ\xff\xff\xff\xff\x86", dtype(b"u1")),
    "shape beyond 64 bits": array_state(b"\x8a\x09" + b"\xff" * 8 + b"\x00K\x00\x86", dtype(b"u1"), b"C\x00"),
    "huge empty shape": array_state(b"K\x00" + b"\x8a\x08" + b"\xff" * 7 + b"\x3f" + b"\x86", dtype(b"u1"), b"C\x00"),
    "shape of arrays": array_state(b"]\x85", dtype(b"u1")),
    "bytes for an object array": array_state(b"K\x01\x85", dtype(b"O8")),
    "a list for an object array": array_state(b"K\x01\x85", dtype(b"O8"), b"]Na"),
    "fields at wild offsets": array_state(b"K\x01\x85", dtype(b"V8", FIELDS)),
    "a dtype with fields": array_state(b"K\x01\x85", dtype(b"u8", FIELDS)),
    "a dtype of another size": array_state(
        b"K\x01\x85", dtype(b"u8", b"K\x03X\x01\x00\x00\x00<NNNM\xff\xffJ\xff\xff\xff\xffK\x00")
    ),
    "a dtype in words": array_state(b"K\x01\x85", dtype(b"u8,u8")),
    "texts without length": array_state(b"\x8a\x07" + b"\xff" * 6 + b"\x3f\x85", dtype(b"S0"), b"C\x00"),
    "truth values of 2": array_state(b"K\x08\x85", dtype(b"b1")),
    "an array filled twice": array_state(b"K\x08\x85", dtype(b"u1"))[:-1]
    + b"(K\x01K\x08\x85"
    + dtype(b"u1")
    + b"\x89C\x08ABCDEFGHtb.",
    "characters beyond unicode": (
        b"\x80\x02cnumpy._core.multiarray\nscalar\n" + dtype(b"U1") + b"C\x04\xff\xff\xff\xff\x86R."
    ),
}


@pytest.fixture
def bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run something under watch: no file is made, time and memory stay small."""
    monkeypatch.chdir(tmp_path)

    def watch(body: bytes) -> RefusalError:
        tracemalloc.start()
        try:
            with pytest.raises(RefusalError) as caught:
                loads(body)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not NEVER.exists()
        assert peak < 20_000_000 + 80 * len(body)
        assert len(str(caught.value)) < 400
        assert isinstance(caught.value, DocumentError)
        return caught.value

    return watch


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("name", CALLS)
def test_a_pickle_that_needs_more_than_plain_data_is_refused(name: str, protocol: int, bounds: Any) -> None:
    bounds(pickle.dumps({"data": CALLS[name]}, protocol=protocol))


@pytest.mark.parametrize("name", BODIES)
def test_a_pickle_made_by_hand_is_refused_in_little_memory(name: str, bounds: Any) -> None:
    bounds(BODIES[name])


@pytest.mark.parametrize("name", BODIES)
def test_a_pickle_made_by_hand_is_refused_in_little_time(name: str) -> None:
    began = time.process_time()
    with pytest.raises(RefusalError):
        loads(BODIES[name])

    assert time.process_time() - began < 2


def test_more_values_than_any_document_has_are_refused() -> None:
    with pytest.raises(DocumentError, match="more than 2000000 opcodes"):
        loads(b"\x80\x02" + b"]" * 2_500_000 + b".")


def test_the_refusal_names_what_was_asked_for() -> None:
    with pytest.raises(
        DocumentError, match=r"at byte \d+ of \d+: it asks for 'posix'.'system', which is not plain data"
    ):
        loads(pickle.dumps(CALLS["os.system"]))
    with pytest.raises(DocumentError, match="it has the opcode PERSID, which plain data does not need"):
        loads(BODIES["persistent id"])


INNOCENT = pickle.dumps({"uid": "a1", "data": {"image": np.arange(6, dtype="u2"), "x": np.float64(1)}, "n": [1, (2,)]})


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(INNOCENT)))
def test_a_truncated_pickle_is_refused(length: int) -> None:
    if length < len(INNOCENT):
        with pytest.raises(RefusalError):
            loads(INNOCENT[:length])


@settings(deadline=None, max_examples=1000)
@given(st.lists(st.tuples(st.integers(0, len(INNOCENT) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_pickle_is_refused_or_read_and_never_anything_else(changes: list[tuple[int, int]]) -> None:
    body = bytearray(INNOCENT)
    for place, value in changes:
        body[place] = value
    try:
        loads(bytes(body))
    except RefusalError:
        pass


OPCODES = st.sampled_from(
    [bytes([code]) for code in b"(.0]})NtaesuRbhqKMGJ\x80\x81\x85\x86\x87\x88\x8c\x8f\x90\x91\x93\x94"]
)


@settings(deadline=None, max_examples=1000)
@given(st.lists(OPCODES | st.binary(max_size=4), max_size=40))
def test_random_opcodes_are_refused_or_read_and_never_anything_else(parts: list[bytes]) -> None:
    try:
        loads(b"".join(parts) + b".")
    except RefusalError:
        pass
