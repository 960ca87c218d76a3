"""The file of a cache on disk: an LMDB of values, their worth, and the order in which they are thrown out.

LMDB was measured to be the fastest of the stores that were tried, by far (see the decision record): several programs
may use one file at once, and one that is killed leaves the file as it was after the last whole transaction.
"""

from __future__ import annotations

import logging
import shutil
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lmdb
import xxhash

from headrace.engine.runtime.cache import worth

__all__ = ["GONE", "CacheFile", "Found", "Item"]

_log = logging.getLogger(__name__)

FORMAT = b"headrace cache 1"
_SUM = 8  # bytes of the checksum in front of each value
_ENTRY = 200  # bytes that an entry takes besides its value, about
_INDEX = struct.Struct(">ddQ")  # rank, cost, size
_RANK = struct.Struct(">d")  # positive numbers, whose bytes stand in the order of the numbers
_COUNT = struct.Struct("<Q")
_SLACK = 64 << 20

GONE = -1.0
"""The cost of a value that is to be thrown out."""

Item = tuple[bytes, bytes | None, float]
"""Key, value (None: it was only used, or is to be thrown out) and cost."""


class Found(NamedTuple):
    """A value that was found."""

    value: memoryview
    damaged: bool


class CacheFile:
    """One file of values, opened.

    Parameters
    ----------
    folder
        The folder of the file. A file in it that is none, or of another version, is replaced.
    max_bytes
        How large it may become.

    Attributes
    ----------
    dropped, damaged
        Values that found no room; values that were found damaged.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self.limit = max_bytes
        self.dropped = 0
        self.damaged = 0
        try:
            self._open()
        except lmdb.Error as error:
            _log.warning("the cache in %s can't be used (%s) and is begun anew", folder, error)
            shutil.rmtree(folder, ignore_errors=True)
            self._open()

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # A page is free again only when nobody looks at it any more, so there is more room than the limit.
        # Without metasync the last values may be lost if the machine stops, but never the file.
        self._env = lmdb.open(
            str(self.folder), map_size=2 * self.limit + _SLACK, max_dbs=4, metasync=False, max_readers=510
        )
        self._env.reader_check()
        self._values = self._env.open_db(b"values")
        self._index = self._env.open_db(b"index")
        self._order = self._env.open_db(b"order")
        self._about = self._env.open_db(b"about")
        with self._env.begin(write=True, db=self._about) as txn:
            if txn.get(b"format", FORMAT) != FORMAT:
                for database in (self._values, self._index, self._order, self._about):
                    txn.drop(database, delete=False)
            txn.put(b"format", FORMAT)

    def begin(self) -> Any:
        """Begin a look."""
        return self._env.begin(buffers=True)

    def get(self, look: Any, key: bytes) -> Found | None:
        """Give the value under a key; None if there is none."""
        try:
            entry: memoryview | None = look.get(key, db=self._values)
        except lmdb.Error as error:
            _log.warning("the cache in %s can't be read: %s", self.folder, error)
            return None
        if entry is None:
            return None
        value = entry[_SUM:]
        damaged = xxhash.xxh3_64_digest(value) != entry[:_SUM]
        if damaged:
            self.damaged += 1
            _log.warning(
                "a value of %d bytes in the cache %s is damaged; it is computed again", len(value), self.folder
            )
        return Found(value, damaged)

    def write(self, items: Sequence[Item]) -> None:
        """Write values, or note their use, all in one transaction."""
        try:
            self._write(items)
        except lmdb.MapFullError:
            self._make_much_room()
            try:
                self._write(items)
            except lmdb.Error:
                self.dropped += sum(data is not None for _, data, _ in items)

    def _write(self, items: Sequence[Item]) -> None:
        with self._env.begin(write=True, buffers=True) as txn:
            total, floor = self._total(txn), self._floor(txn)
            for key, data, cost in items:
                total += self._write_one(txn, key, data, cost, floor)
            total, floor = self._make_room(txn, total, floor, self.limit)
            txn.put(b"bytes", _COUNT.pack(total), db=self._about)
            txn.put(b"floor", _RANK.pack(floor), db=self._about)

    def _write_one(self, txn: Any, key: bytes, data: bytes | None, cost: float, floor: float) -> int:
        """Write one value, and give by how much the file has grown."""
        found = txn.get(key, db=self._index)
        was, known_cost, known = _INDEX.unpack(found) if found is not None else (0.0, 0.0, 0)
        if data is None and (cost == GONE or not known):
            return -self._delete(txn, key)
        size = known if data is None else len(data) + _SUM + _ENTRY
        if size > self.limit // 4:
            self.dropped += 1
            return 0
        if known:
            txn.delete(_RANK.pack(was) + key, db=self._order)
        if data is not None:
            self._put(txn, key, data)
        cost = known_cost if data is None else cost
        rank = floor + worth(cost, size)
        txn.put(key, _INDEX.pack(rank, cost, size), db=self._index)
        txn.put(_RANK.pack(rank) + key, b"", db=self._order)
        return int(size - known)

    def _put(self, txn: Any, key: bytes, data: bytes) -> None:
        checksum = xxhash.xxh3_64_digest(data)
        there = txn.get(key, db=self._values)
        if there is None or len(there) != _SUM + len(data) or there[:_SUM] != checksum:
            txn.put(key, checksum + data, db=self._values)

    def _delete(self, txn: Any, key: bytes) -> int:
        """Throw one value out, and give how large it was."""
        found = txn.get(key, db=self._index)
        if found is None:
            return 0
        rank, _, size = _INDEX.unpack(found)
        txn.delete(_RANK.pack(rank) + key, db=self._order)
        txn.delete(key, db=self._index)
        txn.delete(key, db=self._values)
        return int(size)

    def _make_room(self, txn: Any, total: int, floor: float, limit: int) -> tuple[int, float]:
        while total > limit:
            with txn.cursor(self._order) as cursor:
                if not cursor.first():
                    return 0, floor
                ranked = bytes(cursor.key())
            (floor,) = _RANK.unpack_from(ranked)
            total -= self._delete(txn, ranked[_RANK.size :])
            txn.delete(ranked, db=self._order)  # should it be there for nothing
        return max(total, 0), floor

    def _make_much_room(self) -> None:
        """Throw out a tenth: the file is full of pages that someone still looks at, or of gaps."""
        try:
            with self._env.begin(write=True, buffers=True) as txn:
                total, floor = self._make_room(txn, self._total(txn), self._floor(txn), self.limit * 9 // 10)
                txn.put(b"bytes", _COUNT.pack(total), db=self._about)
                txn.put(b"floor", _RANK.pack(floor), db=self._about)
        except lmdb.Error as error:
            _log.debug("no room in the cache %s: %s", self.folder, error)

    def _total(self, txn: Any) -> int:
        found = txn.get(b"bytes", db=self._about)
        return int(_COUNT.unpack(found)[0]) if found is not None else 0

    def _floor(self, txn: Any) -> float:
        found = txn.get(b"floor", db=self._about)
        return float(_RANK.unpack(found)[0]) if found is not None else 0.0

    def count(self) -> tuple[int, int]:
        """Give the number of values and their bytes."""
        with self._env.begin() as txn:
            return int(txn.stat(self._index)["entries"]), self._total(txn)

    def resize(self, max_bytes: int) -> None:
        """Say how large it may become."""
        if max_bytes > self.limit:
            self._env.set_mapsize(2 * max_bytes + _SLACK)
        self.limit = max_bytes

    def clear(self) -> None:
        """Throw everything out."""
        with self._env.begin(write=True) as txn:
            for database in (self._values, self._index, self._order):
                txn.drop(database, delete=False)
            txn.put(b"bytes", _COUNT.pack(0), db=self._about)

    def close(self) -> None:
        """Close the file."""
        self._env.sync(True)
        self._env.close()
