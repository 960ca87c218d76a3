"""Runs that later runs refer to, such as darks, remembered while documents pass by."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.documents.pages import KINDS, checked_documents, document_name
from headrace.engine.documents.routes import RunRoutes
from headrace.engine.documents.weight import weight

__all__ = ["RecentRuns", "is_dark"]

_log = logging.getLogger(__name__)
_MOST_WANTED = 1000


def is_dark(start: Mapping[str, Any]) -> bool:
    """Tell whether a run was taken only to be referred to: its start document has a true ``dark_frame``."""
    return bool(start.get("dark_frame"))


@dataclass(slots=True)
class _Kept:
    """What is remembered of one run."""

    sure: bool  # whether it was taken to be referred to, or is referred to already
    documents: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    size: int = 0

    @property
    def ended(self) -> bool:
        return bool(self.documents) and self.documents[-1][0] == "stop"


class RecentRuns:
    """Remembers the documents of runs that pass by and may be referred to.

    Bounded in number and in bytes. The oldest runs go first, and before any dark those that only might be referred to.

    Parameters
    ----------
    most_runs, most_bytes
        How much is kept.
    assets
        Where their data files are and how long they are waited for.
    all_up_to
        Gives the bytes up to which also a run is remembered that doesn't say of itself that it is a dark (all of them
        together up to twice as much); 0: none is.

    Notes
    -----
    Documents come one after the other, from one thread. A run that was looked for in vain is remembered when it comes,
    whatever it says of itself.
    """

    def __init__(
        self,
        most_runs: int = 32,
        most_bytes: int = 2**30,
        assets: AssetSettings | None = None,
        all_up_to: Callable[[], int] = lambda: 0,
    ) -> None:
        self._most_runs = most_runs
        self._most_bytes = most_bytes
        self._assets = assets
        self._all_up_to = all_up_to
        self._routes = RunRoutes()
        self._runs: dict[str, _Kept] = {}
        self._wanted: dict[str, None] = {}  # uids, oldest first
        self._lock = threading.Lock()  # runs may be looked for in any thread

    def wanted(self, uid: str) -> bool:
        """Tell whether a run was looked for before it had come."""
        return uid in self._wanted

    def _want(self, uid: str) -> None:
        with self._lock:
            self._wanted[uid] = None
            if len(self._wanted) > _MOST_WANTED:
                del self._wanted[next(iter(self._wanted))]
        if (kept := self._runs.get(uid)) is not None:
            kept.sure = True

    def observe(self, name: object, doc: Mapping[str, Any]) -> None:
        """Take note of a document, if it belongs to a run that may be referred to.

        Raises
        ------
        DocumentError
            If the document can't be understood.
        """
        kind = document_name(name)
        if kind not in KINDS:
            return
        for single_kind, single in checked_documents(kind, doc):
            if single_kind == "start" and not self._begin(single):
                continue
            for uid in self._routes.of(single_kind, single):
                self._keep(uid, single_kind, single)
        self._forget_oldest()

    def _begin(self, start: Mapping[str, Any]) -> bool:
        """Tell whether a run is to be remembered that begins now."""
        uid = str(start["uid"])
        sure = is_dark(start) or uid in self._wanted
        if uid in self._runs or not (sure or self._all_up_to()):  # one that comes again is known
            return False
        self._runs[uid] = _Kept(sure)
        return True

    def _keep(self, uid: str, kind: str, doc: Mapping[str, Any]) -> None:
        kept = self._runs[uid]
        kept.documents.append((kind, doc))
        kept.size += _size(doc)
        if not kept.sure and kept.size > self._all_up_to():
            self._forget(uid)
        elif kind == "stop":
            self._routes.forget(uid)

    def find_run(self, uid: str) -> MemoryRun | None:
        """Give a remembered run; None if there is none of that uid, or it has not ended: half a dark is none."""
        kept = self._runs.get(uid)
        if kept is not None and kept.ended:
            return MemoryRun(kept.documents, assets=self._assets)
        self._want(uid)
        return None

    def _forget_oldest(self) -> None:
        while self._runs and self._too_much():
            uid = next((uid for uid, kept in self._runs.items() if not kept.sure), next(iter(self._runs)))
            if self._runs[uid].sure:
                most = f"{self._most_runs} runs or {self._most_bytes} bytes"
                _log.warning("dark run %s is forgotten: more than %s would be remembered", uid, most)
            self._forget(uid)

    def _too_much(self) -> bool:
        kept = self._runs.values()
        unsure = sum(one.size for one in kept if not one.sure)
        too_many = len(kept) > self._most_runs or sum(one.size for one in kept) > self._most_bytes
        return too_many or unsure > 2 * self._all_up_to()

    def _forget(self, uid: str) -> None:
        self._routes.forget(uid)
        del self._runs[uid]


def _size(doc: Mapping[str, Any]) -> int:
    return 1000 + weight(doc)[1]
