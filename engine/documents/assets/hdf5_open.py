"""Opening a HDF5 file that another program may be writing, without ever standing in that program's way.

HDF5 itself locks a file for as long as it is open, and a writer that opens it anew for each frame would then fail.
So files are opened here without a lock; instead it is made sure that nobody wrote while they were read.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any, NamedTuple

from headrace.engine.model.errors import NotReachableError

__all__ = ["OpenFile", "Stamp", "open_hdf5", "stamp_of"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SWMR = 0x04  # bit of the consistency flags: a program writes in single-writer-multiple-reader mode


class Stamp(NamedTuple):
    """What changes when a file is written."""

    device: int
    inode: int
    size: int
    modified: int


class OpenFile(NamedTuple):
    """An open file, and its stamp when it was opened; no stamp if it may be read while it is written."""

    file: Any
    stamp: Stamp | None


def stamp_of(path: Path) -> Stamp:
    """Give the stamp of a file that nobody is writing just now.

    Raises
    ------
    NotReachableError
        If another program has it open for writing, or it can't be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        message = f"can't read {path}: {error.strerror}"
        raise NotReachableError(message) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(handle, fcntl.LOCK_UN)
    except BlockingIOError as error:
        message = f"another program is writing {path}, and not in SWMR mode; it can be read once it is closed there"
        raise NotReachableError(message) from error
    except OSError:  # a file system without locks
        return _stamp(handle)
    else:
        return _stamp(handle)
    finally:
        os.close(handle)


def _stamp(handle: int) -> Stamp:
    found = os.fstat(handle)
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def open_hdf5(path: Path) -> OpenFile:
    """Open a file for reading.

    Raises
    ------
    NotReachableError
        If it can't be opened: it is no HDF5 file, or is being written otherwise than in SWMR mode.
    """
    try:
        if _is_swmr(path):
            return OpenFile(_opened(path, swmr=True), None)
        stamp = stamp_of(path)
        return OpenFile(_opened(path, swmr=False), stamp)
    except OSError as error:
        message = f"can't open {path} as HDF5: {error}"
        raise NotReachableError(message) from error


def _is_swmr(path: Path) -> bool:
    """Tell from its first bytes whether a file is being written in SWMR mode."""
    with path.open("rb") as file:
        head = file.read(12)
    return len(head) == 12 and head.startswith(_SIGNATURE) and head[8] >= 3 and bool(head[11] & _SWMR)


def _opened(path: Path, *, swmr: bool) -> Any:
    import h5py

    try:
        return h5py.File(path, "r", swmr=swmr, locking=False)
    except OSError as error:
        if "locking flag" not in str(error):  # this process has it open already, with a lock
            raise
    return h5py.File(path, "r", swmr=swmr)
