"""Looking other runs up: darks, backgrounds and whatever else a run refers to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from headrace.engine.documents.assets import AssetSettings
from headrace.engine.model.records import RecordedRun

__all__ = ["Finder", "finder_in", "first_of"]

Finder: TypeAlias = Callable[[str], RecordedRun | None]
"""Takes the uid of a run; gives the run, or None if it is not known."""


def finder_in(store: str | Path | None, assets: AssetSettings | None = None) -> Finder:
    """Give a finder of the runs in a folder store; one that knows none where there is no store."""
    if store is None:
        return lambda uid: None
    from headrace.engine.documents.journal_store import store_at

    return store_at(store, assets).find_run


def first_of(*finders: Finder) -> Finder:
    """Give a finder that asks others one after the other."""

    def find(uid: str) -> RecordedRun | None:
        found = (finder(uid) for finder in finders)
        return next((run for run in found if run is not None), None)

    return find
