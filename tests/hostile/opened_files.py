"""Noticing that anybody opens a file in a folder, be it Python, HDF5 or another program: by the kernel's inotify."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

__all__ = ["OpenedFiles"]

_IN_ACCESS, _IN_OPEN, _IN_NONBLOCK = 0x1, 0x20, 0o4000
_HEAD = struct.Struct("iIII")


class OpenedFiles:
    """Watches a folder.

    Parameters
    ----------
    folder
        The folder.
    """

    def __init__(self, folder: Path) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._handle = library.inotify_init1(_IN_NONBLOCK)
        watch = library.inotify_add_watch(self._handle, os.fsencode(folder), _IN_ACCESS | _IN_OPEN)
        assert min(self._handle, watch) >= 0, os.strerror(ctypes.get_errno())

    def names(self) -> set[str]:
        """Give the names of the files that were opened since the last look."""
        found: set[str] = set()
        while True:
            try:
                data = os.read(self._handle, 1 << 16)
            except BlockingIOError:
                return found
            at = 0
            while at < len(data):
                *_, length = _HEAD.unpack_from(data, at)
                name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
                found.add(os.fsdecode(name))
                at += _HEAD.size + length

    def close(self) -> None:
        """End it."""
        os.close(self._handle)
