"""The cache of a job: where it is, and whether there is one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from headrace.engine.runtime.cache import ValueStore

if TYPE_CHECKING:
    from headrace.engine.runtime.reuse_record import Recorder
    from headrace.engine.runtime.run_state import RunState

__all__ = ["CacheChoice", "cache_folder", "keeping_in", "open_cache"]

_log = logging.getLogger(__name__)

CacheChoice: TypeAlias = "str | Path | ValueStore | Literal[True] | None"
"""A folder, a store that is open, True for the usual folder, or None or ``"off"`` for no cache."""

_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "afs", "fuse.sshfs", "9p"})


def cache_folder() -> Path:
    """Give the usual folder of the cache: ``$HEADRACE_CACHE``, or ``headrace`` where caches of the user are."""
    chosen = os.environ.get("HEADRACE_CACHE", "")
    if chosen and chosen != "off":
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headrace"


def open_cache(choice: CacheChoice, max_bytes: int | None = None) -> ValueStore | None:
    """Open the cache that was chosen; None if there is to be none, or if it can't be used, which is logged.

    Parameters
    ----------
    choice
        See `CacheChoice`.
    max_bytes
        How large it may become; by default what the store says.
    """
    if choice is None or (isinstance(choice, str) and choice == "off"):
        return None
    if choice is True:
        if os.environ.get("HEADRACE_CACHE") == "off":
            return None
        choice = cache_folder()
    if not isinstance(choice, str | Path):
        return choice
    return _opened(Path(choice).expanduser(), max_bytes)


def _opened(folder: Path, max_bytes: int | None) -> ValueStore | None:
    from headrace.engine.runtime.cache_disk import open_store

    kind = _file_system(folder)
    if kind in _REMOTE:
        _log.warning("no cache: %s is on %s, where a cache is not safe; give a folder on a local disk", folder, kind)
        return None
    try:
        return open_store(folder, max_bytes) if max_bytes is not None else open_store(folder)
    except Exception as error:  # a cache that can't be opened must not stop the work
        _log.warning("no cache: %s can't be used: %s", folder, error)
        return None


def _file_system(folder: Path) -> str:
    """Name the kind of file system that a folder is on, as far as the system says."""
    found, longest = "", -1
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    where = folder.absolute()
    for mount in mounts:
        _, place, kind, *_ = mount.split(" ")
        if where.is_relative_to(place) and len(place) >= longest:
            found, longest = kind, len(place)
    return found


def keeping_in(store: ValueStore | None) -> Callable[[RunState], Recorder | None] | None:
    """Give what makes a pipeline keep the values of its runs in a cache; None if there is none."""
    if store is None:
        return None

    def keep(state: RunState) -> Recorder | None:
        from headrace.engine.runtime.reuse_record import Recorder

        try:
            return Recorder(state, store)
        except Exception:  # keeping values must never stop the work
            _log.exception("values of run %s are not kept", state.run.uid)
            return None

    return keep
