"""Where result documents go: a folder store, a 0MQ proxy, or any callable."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from headrace.engine.documents.fan_out import DocumentSink, FanOut
from headrace.engine.documents.store_folder import folder_name
from headrace.engine.model.errors import NotReachableError

__all__ = ["Destination", "Destinations"]

Destination: TypeAlias = str | Path | DocumentSink
"""A folder, ``zmq://host:port/prefix``, or a callable that takes ``(name, document)``."""


class Destinations:
    """The open destinations of a job.

    Parameters
    ----------
    given
        What the user named.

    Raises
    ------
    UsageError
        If an address makes no sense.
    NotReachableError
        If there is no proxy at an address, or a folder can't be written to.

    Attributes
    ----------
    fan_out
        Gives documents to all of them.
    """

    def __init__(self, given: Iterable[Destination]) -> None:
        self._opened: list[tuple[str, Any]] = []
        try:
            for destination in given:
                self._opened.append(_opened(destination))
        except BaseException:
            self.close()
            raise
        self.fan_out = FanOut(self._opened)

    def places(self, uid: str) -> list[str]:
        """Say where a result run is to be found, leaving out destinations that failed."""
        failed = self.fan_out.problems_of(uid)
        whole = (opened for number, opened in enumerate(self._opened) if number not in failed)
        return [place for label, sink in whole if (place := _place(label, sink, uid))]

    def folder_for(self, run: str, graph: str = "") -> Path | None:
        """Give a folder of its own for the files that nodes write in a run; None if no destination is a folder.

        It stands in the first folder, beside the result runs, named after the raw run, and the graph if one is given:
        where several are at work on a run. A run that is analysed again gets a new one, so that nothing is
        overwritten.
        """
        store = next((sink.folder for _, sink in self._opened if hasattr(sink, "folder_of")), None)
        if store is None:
            return None
        begin = folder_name(run[:8])  # the uid comes from outside
        name = f"{begin}-{graph}" if graph else begin
        names = (name if number == 1 else f"{name}-{number}" for number in count(1))
        return next(folder for name in names if not (folder := Path(store) / "files" / name).exists())

    def labels(self) -> list[str]:
        """Give what those are called that outlast the program: stores and proxies, not callables."""
        return [label for label, sink in self._opened if _place(label, sink, "")]

    def stores(self) -> dict[str, Path]:
        """Give the folders that are stores, by what they are called."""
        return {label: Path(sink.folder) for label, sink in self._opened if hasattr(sink, "folder_of")}

    def leave_out(self, uid: str, labels: Iterable[str]) -> None:
        """Give nothing of a result run to some of them: they have it already."""
        for number, (label, _) in enumerate(self._opened):
            if label in set(labels):
                self.fan_out.leave_out(uid, number)

    def outcome(self, uid: str) -> tuple[list[str], list[str]]:
        """Give which of those that outlast the program have a result run, and which failed."""
        failed = self.fan_out.problems_of(uid)
        asked = [(number, label) for number, (label, sink) in enumerate(self._opened) if _place(label, sink, "")]
        kept = [label for number, label in asked if number not in failed]
        return kept, [label for number, label in asked if number in failed]

    def close(self) -> None:
        """Close all of them."""
        for _, sink in self._opened:
            if hasattr(sink, "close"):
                sink.close()


def _opened(destination: Destination) -> tuple[str, Any]:
    if isinstance(destination, str) and destination.startswith("zmq://"):
        from headrace.engine.documents.publish import DocumentPublisher

        return destination, DocumentPublisher(destination)
    if isinstance(destination, str | Path):
        from headrace.engine.documents.store_writer import FolderStoreWriter

        _probe(Path(destination))
        return str(destination), FolderStoreWriter(destination)
    return getattr(destination, "__qualname__", type(destination).__name__), destination


def _probe(folder: Path) -> None:
    """Refuse a folder that can't be written to now, not when the first result comes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        problem = f"can't write into the folder {str(folder)!r}: {error.strerror or error}"
        raise NotReachableError(problem) from error


def _place(label: str, sink: Any, uid: str) -> str:
    """Say where a sink put a run; nothing for a callable of the user's."""
    if hasattr(sink, "folder_of"):
        return str(sink.folder_of(uid))
    return label if label.startswith("zmq://") else ""
