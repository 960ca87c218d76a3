"""How a run lies in a folder store: one folder for each run, hidden until it is whole."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

__all__ = ["ARRAYS", "DOCUMENTS", "folder_name", "part_folder", "run_folder", "sync"]

DOCUMENTS = "documents.jsonl"
"""The documents of a run, one on each line."""
ARRAYS = "arrays.h5"
"""The arrays that were taken out of its events."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def folder_name(uid: str) -> str:
    """Give the name of a run's folder: its uid, if that is a harmless name.

    A uid comes from outside, and must not lead out of the store.

    Examples
    --------
    >>> folder_name("5c1f0a2e-9d1c")
    '5c1f0a2e-9d1c'
    >>> folder_name("../etc")
    '%2E%2E%2Fetc'
    """
    return uid if _PLAIN.fullmatch(uid) else quote(uid, safe="").replace(".", "%2E")[:200] or "%"


def run_folder(store: Path, uid: str) -> Path:
    """Give the folder of a whole run."""
    return store / folder_name(uid)


def part_folder(store: Path, uid: str, number: int = 0) -> Path:
    """Give the hidden folder of a run that is being written, or (numbered) was left unfinished before."""
    name = folder_name(uid) + (f".{number}" if number else "")
    return store / f".{name}.part"


def sync(path: Path) -> None:
    """Have a file or folder written to the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
