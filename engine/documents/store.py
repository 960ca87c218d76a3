"""A folder of stored runs, headrace's own and document files from elsewhere."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.files import SUFFIXES, read_starts
from headrace.engine.documents.store_folder import DOCUMENTS, run_folder
from headrace.engine.documents.stored_run import StoredRun
from headrace.engine.model.errors import DocumentError, NotReachableError, UsageError

__all__ = ["FolderStore", "described"]

_SHOWN = 5  # runs that a message names


class FolderStore:
    """The runs in a folder: those that `FolderStoreWriter` put there, and loose ``.jsonl`` and ``.msgpack`` files.

    Of a loose file only the first run is listed; by the file's own name all of its runs can be had
    (`headrace.engine.documents.address.open_source`).

    Parameters
    ----------
    folder
        The folder.
    assets
        Where data files are and how long they are waited for.

    Attributes
    ----------
    notes
        What could not be listed, and how often.

    Raises
    ------
    NotReachableError
        If there is no such folder.
    """

    def __init__(self, folder: str | Path, assets: AssetSettings | None = None) -> None:
        self.folder = Path(folder)
        self.notes: Counter[str] = Counter()
        self._assets = assets
        self._known: dict[Path, tuple[int, StoredRun | None]] = {}  # file -> its age, its run
        if not self.folder.is_dir():
            message = f"there is no folder {self.folder}; expected a folder of stored runs"
            raise NotReachableError(message)

    def runs(self) -> list[StoredRun]:
        """Give the runs that are whole, the newest last. Only start documents are read."""
        self.notes = Counter()
        runs = [run for path in self._files() if (run := self._run(path)) is not None]
        return sorted(runs, key=lambda run: (float(run.start.get("time", 0.0)), run.uid))

    def __iter__(self) -> Iterator[StoredRun]:
        return iter(self.runs())

    def __len__(self) -> int:
        return len(self.runs())

    def _files(self) -> Iterator[Path]:
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith("."):  # a run that is being written
                continue
            if path.suffix in SUFFIXES and path.is_file():
                yield path
            elif (path / DOCUMENTS).is_file():
                yield path / DOCUMENTS

    def _run(self, path: Path) -> StoredRun | None:
        try:
            age = path.stat().st_mtime_ns
            if path not in self._known or self._known[path][0] != age:
                start = next(read_starts(path), None)
                run = None if start is None else self.open(path, start)
                self._known[path] = (age, run)
        except (DocumentError, NotReachableError, OSError):
            self.notes[f"not a document file: {path.name}"] += 1
            return None
        return self._known[path][1]

    def open(self, path: Path, start: Mapping[str, object]) -> StoredRun:
        """Give the run of a document file as one of this store, which is searched for its darks."""
        return StoredRun(path, start, find_run=self.find_run, assets=self._assets)

    def find_run(self, uid: str) -> StoredRun | None:
        """Give the run of exactly this uid, or None."""
        own = run_folder(self.folder, uid) / DOCUMENTS
        run = self._run(own) if own.is_file() else None
        if run is not None and run.uid == uid:
            return run
        return next((run for run in self.runs() if run.uid == uid), None)

    def find(self, which: str | int) -> StoredRun:
        """Give one run.

        Parameters
        ----------
        which
            Its uid, the beginning of its uid, or a place in the order of time: -1 is the newest, -2 the one
            before.

        Raises
        ------
        UsageError
            If several runs begin so.
        NotReachableError
            If there is none.
        """
        place = _as_place(which)
        if place is None and (exact := self.find_run(str(which))) is not None:
            return exact
        runs = self.runs()
        if place is not None:
            if len(runs) >= -place:
                return runs[place]
            message = f"there is no run {place} in {self.folder}: it has {_counted(runs)}"
            raise NotReachableError(message)
        return self._by_prefix(str(which), runs)

    def _by_prefix(self, prefix: str, runs: list[StoredRun]) -> StoredRun:
        fitting = [run for run in runs if run.uid.startswith(prefix)] if prefix else []
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            message = f"{len(fitting)} runs in {self.folder} begin with {prefix!r}; say more of the uid:"
            raise UsageError(message + described(fitting))
        by_uid = {run.uid: run for run in runs}
        near = difflib.get_close_matches(prefix, by_uid, n=_SHOWN, cutoff=0.6)
        message = f"there is no run {prefix!r} in {self.folder}: it has {_counted(runs)}."
        shown = [by_uid[uid] for uid in near] or runs[-_SHOWN:]
        advice = " Nearest are:" if near else " The newest are:"
        raise NotReachableError(message + (advice + described(shown) if runs else ""))

    def __repr__(self) -> str:
        return f"<FolderStore {self.folder}>"


def _as_place(which: str | int) -> int | None:
    try:
        place = int(which)
    except ValueError:
        return None
    return place if place < 0 else None


def _counted(runs: list[StoredRun]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"


def described(runs: list[StoredRun]) -> str:
    """Describe runs for a message, a line each."""
    from datetime import UTC, datetime

    lines = []
    for run in runs[-_SHOWN:]:
        time = datetime.fromtimestamp(float(run.start.get("time", 0.0)), UTC)
        plan = run.start.get("plan_name", "")
        lines.append(f"\n  {run.uid}  {time:%Y-%m-%d %H:%M:%S} UTC  {plan}".rstrip())
    if len(runs) > _SHOWN:
        lines.append(f"\n  and {len(runs) - _SHOWN} more")
    return "".join(lines)
