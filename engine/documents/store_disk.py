"""A file under HDF5 that never fails: a disk that is full is told to us instead, who can bear it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["CalmFile"]

_MOST = 16 << 20
"""Bytes of one write that are kept in memory after a failure; larger ones are images, which HDF5 doesn't read back."""


class CalmFile:
    """What h5py takes as a file-like object, in place of a path.

    HDF5 can't close a file that it can't write to: it leaves its memory in a state in which the next call may end
    the process (seen with HDF5 2.0 on a full disk). So it is not told. After the first write that fails, nothing more
    is written, what HDF5 goes on to write is kept in memory until it closes the file, and `problem` has the reason.

    Parameters
    ----------
    path
        The file. One that is there is written over.

    Attributes
    ----------
    problem
        Why the file could not be written; None as long as all is well. What is in the file then is not whole.
    """

    def __init__(self, path: Path) -> None:
        self.problem: OSError | None = None
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._at = 0
        self._kept: list[tuple[int, bytes]] = []

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the file; gives the place."""
        end = os.fstat(self._descriptor).st_size if whence == os.SEEK_END else 0
        self._at = offset + (end if whence == os.SEEK_END else self._at if whence == os.SEEK_CUR else 0)
        return self._at

    def tell(self) -> int:
        """Give the place in the file."""
        return self._at

    def write(self, data: memoryview) -> int:
        """Write, or keep what can't be written."""
        given = memoryview(data).cast("B")
        left, at = given, self._at
        try:
            while left and self.problem is None:
                written = os.pwrite(self._descriptor, left, at)
                left, at = left[written:], at + written
        except OSError as error:
            self.problem = error
        if left and len(left) <= _MOST:
            self._kept.append((at, bytes(left)))
        self._at += len(given)
        return len(given)

    def readinto(self, into: memoryview) -> int:
        """Read what was written before; zeros where nothing was."""
        wanted = memoryview(into).cast("B")
        found = os.pread(self._descriptor, len(wanted), self._at)
        wanted[:] = found.ljust(len(wanted), b"\0")
        for at, data in self._kept:
            first, stop = max(at, self._at), min(at + len(data), self._at + len(wanted))
            if first < stop:
                wanted[first - self._at : stop - self._at] = data[first - at : stop - at]
        self._at += len(wanted)
        return len(wanted)

    def read(self, size: int) -> bytes:
        """Read as `readinto` does; h5py takes nothing for a file that can't."""
        found = bytearray(size)
        self.readinto(memoryview(found))
        return bytes(found)

    def truncate(self, size: int) -> int:
        """Make the file as long as that."""
        try:
            if self.problem is None:
                os.ftruncate(self._descriptor, size)
        except OSError as error:
            self.problem = error
        return size

    def flush(self) -> None:
        """Do nothing: all that was written is with the operating system."""

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
        self._kept.clear()
