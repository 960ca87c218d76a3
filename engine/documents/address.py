"""From what a user writes to name stored runs to the runs."""

from __future__ import annotations

import difflib
from pathlib import Path

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.documents.files import SUFFIXES, read_starts
from headrace.engine.documents.journal_store import store_at
from headrace.engine.documents.store import FolderStore, described
from headrace.engine.documents.store_folder import DOCUMENTS
from headrace.engine.documents.stored_run import StoredRun
from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["open_run", "open_source"]

_FORMS = "a folder of runs, FOLDER/UID, FOLDER/-1 for the newest run, or a .jsonl or .msgpack file"


def open_source(text: str | Path, assets: AssetSettings | None = None) -> list[StoredRun]:
    """Give the stored runs that an address names, the newest last.

    Parameters
    ----------
    text
        A folder store or a journal (all its runs); one run in it, as ``STORE/UID``, ``STORE/-1`` or ``STORE:UID``,
        where the beginning of a uid is enough and -1 is the newest; the folder of a run; a document file (all its
        runs). Something that is there as it is written wins over the forms with a uid.
    assets
        Where data files are and how long they are waited for.

    Raises
    ------
    NotReachableError
        If there is nothing there, or no run in it.
    UsageError
        If a beginning of a uid fits several runs.
    """
    path = Path(text).expanduser()
    if path.is_file():
        return _runs_in_file(path, assets)
    if (path / DOCUMENTS).is_file():
        return _runs_in_file(path / DOCUMENTS, assets)
    if path.is_dir():
        return _runs_in_store(path, assets)
    store, which = _split(str(text))
    if store is None or path.suffix in SUFFIXES or not store_at(store).runs():
        message = f"there is no {str(text)!r}{_nearest(path)}; expected {_FORMS}"
        raise NotReachableError(message)
    return [store_at(store, assets).find(which)]


def open_run(text: str | Path, assets: AssetSettings | None = None) -> StoredRun:
    """Give the one stored run that an address names; see `open_source` for the forms.

    Raises
    ------
    NotReachableError
        If there is nothing there, or no run in it.
    UsageError
        If there are several.
    """
    runs = open_source(text, assets)
    if len(runs) == 1:
        return runs[0]
    message = f"there are {len(runs)} runs in {text}; name one, as {text}/UID, or {text}/-1 for the newest:"
    raise UsageError(message + described(runs))


def _split(text: str) -> tuple[Path | None, str]:
    """Split an address into the store and what names the run in it; no store if there is none."""
    for mark in (":", "/"):
        store, found, which = text.rstrip("/").rpartition(mark)
        folder = Path(store or "/").expanduser()
        if found and which and folder.is_dir():
            return folder, which
    return None, ""


def _runs_in_store(folder: Path, assets: AssetSettings | None) -> list[StoredRun]:
    runs = store_at(folder, assets).runs()
    if not runs:
        message = f"there is no run in {folder}; expected {_FORMS}"
        raise NotReachableError(message)
    return runs


def _runs_in_file(path: Path, assets: AssetSettings | None) -> list[StoredRun]:
    if path.suffix not in SUFFIXES:
        message = f"{path} is no document file; expected {_FORMS}"
        raise UsageError(message)
    folder = path.absolute().parent
    store = FolderStore(folder.parent if path.name == DOCUMENTS else folder, assets)
    runs = [store.open(path, start) for start in read_starts(path)]
    if not runs:
        message = f"there is no start document in {path}"
        raise NotReachableError(message)
    return runs


def _nearest(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    names = [entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")]
    near = difflib.get_close_matches(path.name, names, n=1)
    return f" (did you mean {str(path.parent / near[0])!r}?)" if near else ""
