"""Runs that later runs refer to, such as darks, remembered while documents pass by."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.pages import KINDS, checked_documents, document_name
from headrace.engine.documents.routes import RunRoutes

__all__ = ["RecentRuns", "is_dark"]

_log = logging.getLogger(__name__)


def is_dark(start: Mapping[str, Any]) -> bool:
    """Tell whether a run was taken only to be referred to: its start document has a true ``dark_frame``."""
    return bool(start.get("dark_frame"))


class RecentRuns:
    """Remembers the documents of dark runs that pass by.

    Bounded in number and in bytes: the oldest runs go first, and a run that is too large alone is not kept.

    Parameters
    ----------
    most_runs, most_bytes
        How much is kept.

    Notes
    -----
    Documents come one after the other, from one thread.
    """

    def __init__(self, most_runs: int = 32, most_bytes: int = 2**30) -> None:
        self._most_runs = most_runs
        self._most_bytes = most_bytes
        self._routes = RunRoutes()
        self._documents: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        self._bytes: dict[str, int] = {}

    def observe(self, name: object, doc: Mapping[str, Any]) -> None:
        """Take note of a document, if it belongs to a dark run.

        Raises
        ------
        DocumentError
            If the document can't be understood.
        """
        kind = document_name(name)
        if kind not in KINDS or (kind == "start" and not is_dark(doc)):
            return
        for single_kind, single in checked_documents(kind, doc):
            for uid in self._routes.of(single_kind, single):
                self._documents.setdefault(uid, []).append((single_kind, single))
                self._bytes[uid] = self._bytes.get(uid, 0) + _size(single)
                if single_kind == "stop":
                    self._routes.forget(uid)
        self._forget_oldest()

    def find_run(self, uid: str) -> MemoryRun | None:
        """Give a remembered run; None if there is none of that uid, or it has not ended: half a dark is none."""
        documents = self._documents.get(uid)
        return MemoryRun(documents) if documents and documents[-1][0] == "stop" else None

    def _forget_oldest(self) -> None:
        while self._documents and (
            len(self._documents) > self._most_runs or sum(self._bytes.values()) > self._most_bytes
        ):
            uid = next(iter(self._documents))
            _log.warning("dark run %s is forgotten: more is remembered than %d bytes", uid, self._most_bytes)
            self._routes.forget(uid)
            del self._documents[uid], self._bytes[uid]


def _size(doc: Mapping[str, Any]) -> int:
    values = doc.get("data", {}).values() if isinstance(doc.get("data"), Mapping) else ()
    return 1000 + sum(int(getattr(value, "nbytes", 64)) for value in values)
