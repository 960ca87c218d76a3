"""Noticing that the files of a stored run are others than those that a cache was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headrace.engine.documents.store_folder import ARRAYS
from headrace.engine.runtime.cache import ValueStore
from headrace.engine.runtime.cache_codec import decode, encode
from headrace.engine.runtime.lineage_keys import hashed

__all__ = ["seal_of"]


def seal_of(run: Any, store: ValueStore) -> str:
    """Tell whether a run's files have been changed in their place since a cache saw them first.

    Returns
    -------
    Nothing if they are as they were, or were never seen; else what tells them from those. A copy elsewhere, with the
    same documents, counts as the same run.
    """
    path = getattr(run, "path", None)
    if not isinstance(path, Path):
        return ""
    now = _looks_of(path)
    place = hashed(b"seal", str(path.absolute()).encode(), str(run.start["uid"]).encode())
    with store.reading() as look:
        data = look.get(place)
        before = decode(data) if data is not None else None
    if before is None:
        store.put(place, encode(now), 1e12)
    return "" if before in (None, now) else now


def _looks_of(path: Path) -> str:
    """Give size and time of a run's own files; those of detectors elsewhere are not looked at."""
    looks = []
    for file in (path, path.with_name(ARRAYS)):
        try:
            found = file.stat()
        except OSError:
            continue
        looks.append(f"{file.name} {found.st_size} {found.st_mtime_ns}")
    return "; ".join(looks)
