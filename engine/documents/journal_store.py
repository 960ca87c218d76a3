"""A journal read as a store of runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.journal_holdings import Holdings, Place
from headrace.engine.documents.journal_index import segment_paths
from headrace.engine.documents.journal_reading import Stretch
from headrace.engine.documents.journal_run import JournalRun, document_at
from headrace.engine.documents.store import FolderStore
from headrace.engine.documents.stored_run import StoredRun

__all__ = ["JournalStore", "is_journal", "store_at"]


def is_journal(folder: Path) -> bool:
    """Tell whether a folder is a journal."""
    return folder.is_dir() and bool(segment_paths(folder))


def store_at(folder: str | Path, assets: AssetSettings | None = None) -> FolderStore:
    """Open a folder of stored runs: a journal, or a store.

    Raises
    ------
    NotReachableError
        If there is no such folder.
    """
    return (JournalStore if is_journal(Path(folder)) else FolderStore)(folder, assets)


class JournalStore(FolderStore):
    """The runs in a journal, those that are still under way too. A service may be writing it.

    Parameters
    ----------
    folder
        The journal.
    assets
        Where data files are and how long they are waited for.

    Attributes
    ----------
    holdings
        What is there, as of the last look.

    Raises
    ------
    NotReachableError
        If there is no such folder.
    """

    def __init__(self, folder: str | Path, assets: AssetSettings | None = None) -> None:
        super().__init__(folder, assets)
        self.holdings = Holdings(self.folder)

    def runs(self) -> list[StoredRun]:
        """Give the runs whose start document is there, the newest last."""
        self.notes = Counter()
        self.holdings.look()
        runs = [run for uid in self.holdings.starts() if (run := self._run_of(uid)) is not None]
        return sorted(runs, key=lambda run: (float(run.start.get("time", 0.0)), run.uid))

    def _run_of(self, uid: str) -> JournalRun | None:
        at = self.start_of(uid)
        start = None if at is None else document_at(self.folder, at)
        if start is None:
            self.notes["start document damaged"] += 1
            return None
        return JournalRun(self, start, find_run=self.find_run, assets=self._assets)

    def find_run(self, uid: str) -> StoredRun | None:
        """Give the run of exactly this uid, or None. One that has not ended is not given: half a dark is none."""
        self.holdings.look()
        return None if self.stop_of(uid) is None or self.start_of(uid) is None else self._run_of(uid)

    def parts_of(self, run: str) -> list[Stretch]:
        """Give the parts of the journal in which a run is."""
        return self.holdings.stretches({run})

    def start_of(self, run: str) -> Place | None:
        """Give where the start document of a run is."""
        return self.holdings.start_of(run)

    def stop_of(self, run: str) -> Place | None:
        """Give where the stop document of a run is."""
        return self.holdings.stop_of(run)
