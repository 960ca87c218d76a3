"""Writing one segment of a journal: whole records at its end, or nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from headrace.engine.documents.journal_record import FILE_HEAD, Buffer

__all__ = ["SegmentFile"]


class SegmentFile:
    """A file that grows by whole records.

    Parameters
    ----------
    path
        The file, which must not be there yet.

    Raises
    ------
    OSError
        If it can't be made.

    Attributes
    ----------
    bytes
        Its bytes, all of them whole records.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self.bytes = 0
        try:
            self.append([FILE_HEAD])
        except OSError:
            os.close(self._handle)
            path.unlink(missing_ok=True)
            raise

    def append(self, buffers: Sequence[Buffer]) -> int:
        """Write a record, given in pieces, which are not copied; give the place where it begins.

        Raises
        ------
        OSError
            If it can't be written. The file is then as it was.
        """
        begin = self.bytes
        left = [memoryview(buffer) for buffer in buffers if memoryview(buffer).nbytes]
        try:
            while left:
                left = _after(left, os.writev(self._handle, left[:_MOST]))
        except OSError:
            os.lseek(self._handle, begin, os.SEEK_SET)
            os.ftruncate(self._handle, begin)
            raise
        self.bytes = os.lseek(self._handle, 0, os.SEEK_CUR)
        return begin

    def sync(self) -> None:
        """Have what was written put on the disk itself."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


_MOST = 512  # pieces that one call may take; the system's limit is 1024


def _after(buffers: list[memoryview], written: int) -> list[memoryview]:
    """Give what is left to write."""
    for number, buffer in enumerate(buffers):
        if written < buffer.nbytes:
            return [buffer.cast("B")[written:], *buffers[number + 1 :]]
        written -= buffer.nbytes
    return []
