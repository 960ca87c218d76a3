"""A cache on disk, which survives the program and is shared by all that use the same folder."""

from __future__ import annotations

import atexit
import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headrace.engine.runtime.cache import DEFAULT_BYTES, CacheStats, Reading
from headrace.engine.runtime.cache_file import GONE, CacheFile, Item

__all__ = ["DiskStore", "open_store"]

_log = logging.getLogger(__name__)

_GATHER = 0.1  # seconds in which values gather, to be written together
_WAITING = 256 << 20  # bytes that wait to be written; more are dropped, so that a slow disk holds nobody up


class DiskStore:
    """Values in a file, bounded in bytes; what is cheap to compute for its size goes first.

    Writing is done by a thread of its own. Get one through `open_store`: a program may open a file once only.

    Parameters
    ----------
    folder
        Where the file is.
    max_bytes
        How large it may become.
    """

    def __init__(self, folder: str | Path, max_bytes: int = DEFAULT_BYTES) -> None:
        self._file = CacheFile(Path(folder), max_bytes)
        self._pending: dict[bytes, Item] = {}
        self._bytes = 0
        self._dropped = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._writer: threading.Thread | None = None

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Look into it, with what still waits to be written."""
        with self._lock:
            pending = {key: item[1] for key, item in self._pending.items() if item[1] is not None}
        look = self._file.begin()
        try:
            yield _Look(self._file, look, pending, self._forget)
        finally:
            look.abort()

    def put(self, key: bytes, data: bytes, cost: float) -> None:
        """Keep a value."""
        self._enqueue(key, data, cost)

    def touch(self, keys: Iterable[bytes]) -> None:
        """Note that these were of use."""
        for key in keys:
            self._enqueue(key, None, 0.0)

    def _forget(self, key: bytes) -> None:
        """Throw a damaged value out."""
        self._enqueue(key, None, GONE)

    def _enqueue(self, key: bytes, data: bytes | None, cost: float) -> None:
        size = len(data) if data is not None else 0
        with self._lock:
            known = self._pending.get(key)
            if data is None and known is not None:
                return
            if self._bytes + size > _WAITING:
                self._dropped += 1
                return
            self._bytes += size - _size(known)
            self._pending[key] = (key, data, cost)
            self._idle.clear()
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="headrace cache", daemon=True)
                self._writer.start()
        self._wake.set()

    def _write_all(self) -> None:
        while True:
            self._wake.wait()
            self._hurry.wait(_GATHER)
            self._wake.clear()
            with self._lock:
                batch = list(self._pending.values())
            self._write(batch)
            with self._lock:
                for item in batch:
                    if self._pending.get(item[0]) is item:
                        del self._pending[item[0]]
                        self._bytes -= _size(item)
                if not self._pending:
                    self._idle.set()

    def _write(self, batch: list[Item]) -> None:
        try:
            self._file.write(batch)
        except Exception as error:  # a cache that can't be written must never stop the work
            self._dropped += len(batch)
            _log.warning("the cache in %s can't be written: %s", self._file.folder, error)
            time.sleep(1.0)

    def flush(self) -> None:
        """Wait until what was put is written."""
        self._hurry.set()
        self._idle.wait(30.0)
        self._hurry.clear()

    def limit(self, max_bytes: int) -> None:
        """Say how large it may become; takes effect when the next value is kept."""
        self._file.resize(max_bytes)

    def clear(self) -> None:
        """Throw everything out."""
        self.flush()
        self._file.clear()

    def stats(self) -> CacheStats:
        """Say what it holds."""
        entries, size = self._file.count()
        dropped = self._dropped + self._file.dropped
        return CacheStats(str(self._file.folder), entries, size, self._file.limit, dropped, self._file.damaged)


class _Look:
    """A look into the file and at what is still to be written."""

    def __init__(
        self, file: CacheFile, look: Any, pending: Mapping[bytes, bytes | None], forget: Callable[[bytes], None]
    ) -> None:
        self._file = file
        self._look = look
        self._pending = pending
        self._forget = forget

    def get(self, key: bytes) -> memoryview | None:
        waiting = self._pending.get(key)
        if waiting is not None:
            return memoryview(waiting)
        found = self._file.get(self._look, key)
        if found is not None and not found.damaged:
            return found.value
        if found is not None:
            self._forget(key)
        return None


def _size(item: Item | None) -> int:
    return len(item[1]) if item is not None and item[1] is not None else 0


@functools.cache
def _opened(folder: str, process: int) -> DiskStore:
    """Open a store once: LMDB forbids a program to open a file twice."""
    store = DiskStore(folder)
    atexit.register(store.flush)
    return store


def open_store(folder: str | Path, max_bytes: int = DEFAULT_BYTES) -> DiskStore:
    """Give the store in a folder, the same one for the whole program.

    Raises
    ------
    OSError
        If the folder can't be made or written to.
    """
    store = _opened(str(Path(folder).expanduser().absolute()), os.getpid())
    store.limit(max_bytes)
    return store
