"""Reading one file of a journal, although its end is torn, something in it is damaged, or it still grows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from headrace.engine.documents.journal_record import (
    FILE_HEAD,
    HEAD_SIZE,
    MARK,
    Entry,
    checksum,
    read_entry,
    read_head,
)
from headrace.engine.model.errors import DocumentError

__all__ = ["SegmentReader"]

_log = logging.getLogger(__name__)
_STEP = 1 << 20  # bytes that are searched at once


class SegmentReader:
    """Reads a segment file.

    What is damaged is told to the log, counted and passed over; what comes after it is read.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    OSError
        If it can't be opened.
    DocumentError
        If it is no file of a journal, or one of a later version.

    Attributes
    ----------
    corrupt
        Places that were damaged and passed over.
    sound
        Up to where the file was gone through and holds whole records. What comes after it is torn, or is being
        written now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.corrupt = 0
        self.sound = len(FILE_HEAD)
        self._file = path.open("rb")
        begin = self._file.read(len(FILE_HEAD))
        if FILE_HEAD.startswith(begin):
            return
        if self.entry_at(len(FILE_HEAD)) is None:  # another version, or something else
            self._file.close()
            message = f"{path} begins with {begin!r}; a file of a journal was expected, which begins with {FILE_HEAD!r}"
            raise DocumentError(message)
        self._tell(0, "the beginning of the file is damaged")

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Give the records from one place in the file to another, without reading their contents.

        Parameters
        ----------
        start
            Where a record begins; the first one if 0.
        end
            Records that begin here or later are not given; None to go to the end of the file as it is now.
        """
        size = self._file.seek(0, 2)
        stop = size if end is None else min(end, size)
        offset = max(start, len(FILE_HEAD))
        while offset < stop:
            entry = self.entry_at(offset)
            if entry is None:
                following = self._next_sound(offset + 1, stop)
                if following is None:
                    return
                self._tell(offset, f"{following - offset} bytes are damaged and passed over")
                offset = following
                continue
            offset += entry.size
            if offset > size:
                return
            self.sound = max(self.sound, offset)
            yield entry

    def entry_at(self, offset: int) -> Entry | None:
        """Give the record that begins at a place; None if none does, or its head is damaged."""
        self._file.seek(offset)
        head = read_head(self._file.read(HEAD_SIZE))
        if head is None:
            return None
        labels = self._file.read(head.labels)
        return read_entry(head, labels, offset) if len(labels) == head.labels else None

    def _next_sound(self, start: int, stop: int) -> int | None:
        """Search for the next record."""
        while start < stop:
            self._file.seek(start)
            found = self._file.read(_STEP + len(MARK) - 1)
            at = found.find(MARK)
            if at < 0:
                start += _STEP
            elif self.entry_at(start + at) is not None:
                return start + at
            else:
                start += at + 1
        return None

    def parts(self, entry: Entry) -> list[memoryview]:
        """Read the content of a record.

        Raises
        ------
        DocumentError
            If it is not what was written.
        """
        self._file.seek(entry.content_at)
        content = memoryview(self._file.read(sum(entry.lengths)))
        parts = []
        for length in entry.lengths:
            parts.append(content[:length])
            content = content[length:]
        if checksum(parts) != entry.content_check:
            message = f"{self.path}, byte {entry.offset}: the {entry.name} document there is damaged on the disk"
            raise DocumentError(message)
        return parts

    def read(self, entry: Entry) -> list[memoryview] | None:
        """Read the content of a record; None, told and counted, if it is not what was written."""
        try:
            return self.parts(entry)
        except DocumentError:
            self.pass_over(entry, "is damaged")
            return None

    def pass_over(self, entry: Entry, why: str) -> None:
        """Count a record whose content is of no use, and tell the log."""
        self._tell(entry.offset, f"the {entry.name} there {why}, and is passed over")

    def _tell(self, offset: int, text: str) -> None:
        self.corrupt += 1
        _log.warning("%s, byte %d: %s", self.path, offset, text)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
