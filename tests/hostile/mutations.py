"""Good messages with something wrong in them: bits turned, ends cut off, parts swapped, numbers made extreme."""

from __future__ import annotations

import pickle
import random
import struct
from collections.abc import Callable, Sequence

from tests.hostile.corpus import corpus
from tests.hostile.good_runs import good_run
from tests.hostile.message import Pair, Stage, framed
from tests.hostile.odd_documents import made_odd

from headrace.engine.documents.packing import packb
from headrace.engine.documents.raw_parts import pack_parts
from headrace.engine.model.errors import HeadraceError

__all__ = ["Mutations"]

Message = tuple[bytes, ...]

_EXTREME = [
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    1 << 15,
    (1 << 16) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 62,
    (1 << 63) - 1,
    (1 << 64) - 1,
]
_WORDS = [
    b"\0",
    b"\xff" * 8,
    b"../../",
    b"\x1b[31m",
    b"headrace",
    b"(",
    b"R",
    b"b.",
    b"\x93",
    b"cposix\nsystem\n",
    b"\xc1HR1",
]


class Mutations:
    """Makes messages that are nearly good; the same ones for the same seed.

    Parameters
    ----------
    stage
        Where the files of the corpus are.
    seed
        What the choice follows from.
    """

    def __init__(self, stage: Stage, seed: int) -> None:
        self._random = random.Random(seed)
        self._documents = _documents()
        self._bases = [*_good_messages(), *_small_hostile(stage)]
        self._ways: list[Callable[[bytearray], bytearray]] = [
            self._flip,
            self._set,
            self._cut,
            self._drop,
            self._repeat,
            self._splice,
            self._insert,
            self._number,
        ]

    def message(self) -> Message:
        """Give the next message."""
        if self._random.random() < 0.4:
            return self._odd_document()
        parts = list(self._random.choice(self._bases))
        at = self._random.randrange(len(parts))
        for _ in range(self._random.choice([1, 1, 2, 3, 8])):
            parts[at] = bytes(self._random.choice(self._ways)(bytearray(parts[at])))
        if self._random.random() < 0.05:
            parts = self._shuffled(parts)
        parts[0] = parts[0] if parts[0].startswith(b"raw ") else b"raw " + parts[0]  # so that it arrives
        return tuple(parts)

    def _odd_document(self) -> Message:
        """Give a document that can be decoded, with something odd in it."""
        pair = self._random.choice(self._documents)
        for _ in range(self._random.choice([1, 1, 2, 4])):
            pair = made_odd(self._random, pair)
        try:
            return framed(*pair, form=self._random.choice(["pickle", "msgpack"]))
        except HeadraceError:  # msgpack has no word for it
            return framed(*pair)

    def _place(self, data: Sequence[int]) -> int:
        """Give a place, more often near the beginning, where the structure is."""
        return int(len(data) * self._random.random() ** self._random.choice([1, 1, 3])) if data else 0

    def _flip(self, data: bytearray) -> bytearray:
        if data:
            data[min(self._place(data), len(data) - 1)] ^= 1 << self._random.randrange(8)
        return data

    def _set(self, data: bytearray) -> bytearray:
        if data:
            data[min(self._place(data), len(data) - 1)] = self._random.randrange(256)
        return data

    def _cut(self, data: bytearray) -> bytearray:
        return data[: self._place(data)]

    def _drop(self, data: bytearray) -> bytearray:
        at = self._place(data)
        del data[at : at + self._random.randrange(1, 20)]
        return data

    def _repeat(self, data: bytearray) -> bytearray:
        at, length = self._place(data), self._random.randrange(1, 60)
        data[at:at] = data[at : at + length] * self._random.choice([1, 2, 50])
        return data

    def _splice(self, data: bytearray) -> bytearray:
        other = self._random.choice(self._random.choice(self._bases))
        at, there = self._place(data), self._place(other)
        data[at : at + self._random.randrange(40)] = other[there : there + self._random.randrange(200)]
        return data

    def _insert(self, data: bytearray) -> bytearray:
        at = self._place(data)
        data[at:at] = self._random.choice(_WORDS)
        return data

    def _number(self, data: bytearray) -> bytearray:
        form, value = self._random.choice("<>") + self._random.choice("BHIQ"), self._random.choice(_EXTREME)
        size, at = struct.calcsize(form), self._place(data)
        data[at : at + size] = struct.pack(form, value & ((1 << 8 * size) - 1))
        return data

    def _shuffled(self, parts: list[bytes]) -> list[bytes]:
        more = [*parts, *self._random.choice(self._bases)]
        first, *rest = more
        self._random.shuffle(rest)
        return [first, *rest[: self._random.randrange(4)]]


def _documents() -> list[Pair]:
    """Give the documents of a run, other than those that run beside, with those that tell of files."""
    documents: list[Pair] = [*good_run(3, events=4)]
    uid, descriptor = documents[0][1]["uid"], documents[1][1]["uid"]
    resource = {
        "uid": "r",
        "run_start": uid,
        "spec": "AD_HDF5",
        "resource_path": "x.h5",
        "root": "/",
        "resource_kwargs": {},
    }
    documents += [
        ("resource", resource),
        ("datum", {"resource": "r", "datum_id": "r/0", "datum_kwargs": {"point_number": 0}}),
    ]
    numbers = {"indices": {"start": 0, "stop": 1}, "seq_nums": {"start": 1, "stop": 2}}
    stream = {
        "uid": "s",
        "run_start": uid,
        "data_key": "image",
        "mimetype": "application/x-hdf5",
        "uri": "file:///x.h5",
    }
    documents.append(("stream_resource", {**stream, "parameters": {"dataset": "/a", "chunk_shape": [1, 12, 16]}}))
    documents.append(("stream_datum", {"uid": "s/0", "stream_resource": "s", "descriptor": descriptor, **numbers}))
    return documents


def _good_messages() -> list[Message]:
    """Give these documents in every form there is."""
    found: list[Message] = []
    for name, doc in _documents():
        head = b"raw " + name.encode() + b" "
        found += [(head + pickle.dumps(doc, protocol),) for protocol in range(6)]
        found += [(head + packb(doc),)] * 4
        body, arrays = pack_parts(doc)
        if arrays:
            found.append((head + body, *(array.tobytes() for array in arrays)))
    return found


def _small_hostile(stage: Stage) -> list[Message]:
    return [message for one in corpus(stage) if one.size < 20_000 for message in one.messages]
