"""Writing runs into a folder store: a callback that takes documents."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from headrace.engine.documents.pages import KINDS, Document, checked_documents, document_name
from headrace.engine.documents.routes import RunRoutes
from headrace.engine.documents.store_folder import run_folder
from headrace.engine.documents.store_run import RunWriter
from headrace.engine.model.errors import NotReachableError

__all__ = ["FolderStoreWriter"]


class FolderStoreWriter:
    """Stores runs in a folder, one folder each: ``<uid>/documents.jsonl`` and, for large arrays, ``arrays.h5``.

    A run is written in the hidden folder ``.<uid>.part`` and takes its place when its stop document has come and
    all is on the disk: a reader never sees half a run. A run that gets no stop document stays in the hidden
    folder, where it is kept (its ``documents.jsonl`` can be read by naming it). What an earlier writer left
    there is moved aside to ``.<uid>.1.part`` and so on, never deleted. A run that is in the store already is
    left as it is and its documents are passed over.

    Arrays of more than 64 elements that have the same shape and type in all events of a stream go to the array
    file; the rest stands in the documents. Either way the values read back are the same, bit for bit. Files that
    a detector wrote stay where they are, and the documents go on to point to them.

    Parameters
    ----------
    folder
        The store. It is made when the first run comes.

    Attributes
    ----------
    notes
        What was odd about the documents, and how often.

    Notes
    -----
    Runs may be interleaved. Not thread-safe: call it from one thread.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, FolderStoreWriter(folder) as write:
    ...     write("start", {"uid": "5c1f", "time": 0.0})
    ...     write("stop", {"uid": "s", "run_start": "5c1f", "time": 1.0, "exit_status": "success"})
    ...     sorted(path.name for path in write.folder_of("5c1f").iterdir())
    ['documents.jsonl']
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.notes: Counter[str] = Counter()
        self._routes = RunRoutes()
        self._runs: dict[str, RunWriter] = {}

    def __call__(self, name: object, doc: Document) -> None:
        """Store one document.

        Parameters
        ----------
        name
            The kind of document, as text or as ``event_model.DocumentNames``.
        doc
            The document. It is not changed.

        Raises
        ------
        DocumentError
            If the document can't be understood or written. The run goes on without it.
        NotReachableError
            If the store can't be written to. The run is given up; what was written stays in the hidden folder.
        UsageError
            If another writer is storing this run, or has put it in its place before us.
        """
        kind = document_name(name)
        if kind not in KINDS:
            self.notes[f"unknown kind of document: {kind:.40}"] += 1
            return
        for one, single in checked_documents(kind, doc):
            self._take(one, single)

    def _take(self, kind: str, doc: Document) -> None:
        if kind == "start":
            self._begin(doc)
            return
        runs = self._routes.of(kind, doc)
        if not runs:
            self.notes[f"{kind} of a run that is not being stored"] += 1
        for run in runs:
            self._give(run, kind, doc)

    def _begin(self, start: Document) -> None:
        uid = str(start["uid"])
        if uid in self._runs:
            self.notes["start repeated"] += 1
        elif run_folder(self.folder, uid).exists():
            self.notes["run stored already"] += 1
        else:
            try:
                self._runs[uid] = RunWriter(self.folder, start)
            except OSError as error:
                message = f"can't write into {self.folder}: {error.strerror or error}"
                raise NotReachableError(message) from error
            self._routes.of("start", start)

    def _give(self, run: str, kind: str, doc: Document) -> None:
        writer = self._runs[run]
        try:
            if kind != "stop":
                writer.feed(kind, doc)
                return
            self._drop(run)
            writer.finish(doc)
        except (OSError, RuntimeError) as error:  # h5py raises either
            self._drop(run)
            writer.abandon()
            why = getattr(error, "strerror", None) or error
            message = f"can't write run {run} into {self.folder}: {why}. What there is of it is in {writer.part}"
            raise NotReachableError(message) from error

    def _drop(self, run: str) -> None:
        self._routes.forget(run)
        self._runs.pop(run, None)

    def make_folder(self) -> None:
        """Make the store now, not when the first run comes.

        Raises
        ------
        NotReachableError
            If that can't be done.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"can't write into {self.folder}: {error.strerror or error}"
            raise NotReachableError(message) from error

    def folder_of(self, uid: str) -> Path:
        """Give the folder that a run has, or will have when it is whole."""
        return run_folder(self.folder, uid)

    def close(self) -> None:
        """Close all files. Runs that got no stop document stay in their hidden folders, as far as they came."""
        for run, writer in list(self._runs.items()):
            self.notes["run without stop document"] += 1
            writer.abandon()
            self._drop(run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
