"""Writing one run into a folder store: hidden while it grows, in its place when it is whole."""

from __future__ import annotations

import errno
import fcntl
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from headrace.engine.documents.arrays import plain_json
from headrace.engine.documents.pages import Document
from headrace.engine.documents.store_arrays import ArrayFile
from headrace.engine.documents.store_folder import ARRAYS, DOCUMENTS, part_folder, run_folder, sync
from headrace.engine.documents.store_stream import Shelf, StreamStore
from headrace.engine.model.errors import DocumentError, UsageError

__all__ = ["RunWriter"]


class RunWriter:
    """Writes the documents of one run.

    Parameters
    ----------
    store
        The folder of the store.
    start
        The start document.

    Raises
    ------
    UsageError
        If another program is writing this run into this store.
    """

    def __init__(self, store: Path, start: Document) -> None:
        self.uid = str(start["uid"])
        self.folder = run_folder(store, self.uid)
        self.part, self._file = _claim(store, self.uid)
        self._arrays = ArrayFile(self.part / ARRAYS)
        self._uri = "file://localhost" + quote(str(self.folder.absolute() / ARRAYS))
        self._streams: dict[str, StreamStore] = {}  # descriptor uid -> its store
        self._shelves: dict[str, dict[str, Shelf]] = {}  # stream name -> field -> its newest shelf
        try:
            self._write("start", start)
        except DocumentError:  # nobody else has us yet who could
            self.abandon()
            raise

    def feed(self, kind: str, doc: Document) -> None:
        """Write a document down, of any kind but start and stop."""
        if kind == "descriptor":
            self._describe(doc)
            return
        for name, stored in self._stored(kind, doc):
            self._write(name, stored)
        self._arrays.flush()
        self._file.flush()

    def _describe(self, doc: Document) -> None:
        shelves = self._shelves.setdefault(str(doc.get("name", "primary")), {})
        stream = StreamStore(doc, self._arrays, self._uri, shelves)
        self._streams.setdefault(str(doc["uid"]), stream)

    def _stored(self, kind: str, doc: Document) -> Iterator[tuple[str, Document]]:
        if kind == "event":
            yield from self._streams[doc["descriptor"]].event(doc)
            return
        if kind == "stream_datum":
            yield from self._streams[doc["descriptor"]].begin()
        yield kind, doc

    def _write(self, name: str, doc: Document) -> None:
        try:
            line = json.dumps({"name": name, "doc": doc}, default=plain_json)
        except (TypeError, ValueError, RecursionError) as error:
            message = f"{name} document {doc.get('uid', '')} of run {self.uid} can't be stored: {error}"
            raise DocumentError(message) from error
        self._file.write(line + "\n")

    def finish(self, stop: Document) -> Path:
        """Write the stop document and put the run in its place. Gives its folder.

        Raises
        ------
        UsageError
            If a run of this uid has been put there meanwhile. What was written stays where it is.
        """
        for stream in self._streams.values():
            for name, stored in stream.begin():
                self._write(name, stored)
        self._write("stop", stop)
        self._file.flush()
        if self._arrays.close():
            sync(self.part / ARRAYS)
        sync(self.part / DOCUMENTS)
        sync(self.part)
        try:
            self.part.rename(self.folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            message = f"run {self.uid} is in the store already ({self.folder}); this copy is left in {self.part}"
            raise UsageError(message) from error
        finally:
            self._file.close()
        sync(self.folder.parent)
        return self.folder

    def abandon(self) -> None:
        """Close the files of a run that won't be finished. What was written stays in its hidden folder."""
        with suppress(OSError):  # of a full disk; what could be written is there
            self._arrays.close()
        with suppress(OSError):
            self._file.close()


def _claim(store: Path, uid: str) -> tuple[Path, IO[str]]:
    """Make the hidden folder of a run and open its documents, so that no other writer takes it."""
    part = part_folder(store, uid)
    store.mkdir(parents=True, exist_ok=True)
    try:
        part.mkdir()
    except FileExistsError:
        _move_aside(store, uid)
        part.mkdir()
    file = (part / DOCUMENTS).open("w", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return part, file


def _move_aside(store: Path, uid: str) -> None:
    """Move away what a writer left that was stopped before the run was whole; nothing is deleted.

    Raises
    ------
    UsageError
        If the writer is still at it.
    """
    part = part_folder(store, uid)
    documents = part / DOCUMENTS
    if documents.exists():
        with documents.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"run {uid} is being written into {store} by another writer"
                raise UsageError(message) from error
    number = 1
    while part_folder(store, uid, number).exists():
        number += 1
    part.rename(part_folder(store, uid, number))
