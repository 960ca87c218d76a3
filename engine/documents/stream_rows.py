"""Which rows of which files hold the values of a stream: what its stream_datum documents announce."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from headrace.engine.documents.pages import Document
from headrace.engine.model.errors import DocumentError

__all__ = ["RowRange", "StreamRows"]

_MOST_ROWS = 1_000_000
"""Rows that one document may announce. Each becomes an event, so a number that is far out would fill the memory."""


class RowRange(NamedTuple):
    """A stretch of one data key's values: events `first` up to `stop`, at `offset` in a stream resource."""

    first: int
    stop: int
    offset: int
    resource: str
    descriptor: str


class StreamRows:
    """The announced values of each data key of a stream, in the order of ``seq_num``.

    What has been used is let go, so this stays small however long a run is.
    """

    def __init__(self) -> None:
        self._ranges: dict[str, deque[RowRange]] = {}
        self._announced: dict[str, int] = {}  # data key -> largest seq_num announced

    @property
    def last(self) -> int:
        """The largest ``seq_num`` announced for any key; 0 if there is none."""
        return max(self._announced.values(), default=0)

    def announced(self, key: str) -> int:
        """Give the largest ``seq_num`` announced for a key; 0 if there is none."""
        return self._announced.get(key, 0)

    def add(self, key: str, doc: Document) -> bool:
        """Take in a stream_datum document for a key; False if all it announces is known already.

        Raises
        ------
        DocumentError
            If it announces an impossible number of events.
        """
        first, stop = int(doc["seq_nums"]["start"]), int(doc["seq_nums"]["stop"])
        if not 0 <= stop - first <= _MOST_ROWS or int(doc["indices"]["start"]) < 0:
            announced = f"stream_datum document {doc.get('uid', '')} announces events {first} up to {stop}"
            message = f"{announced}; expected at most {_MOST_ROWS}, at rows from 0 up"
            raise DocumentError(message)
        if first < 1:
            message = f"stream_datum document {doc.get('uid', '')} announces events from {first} on; they count from 1"
            raise DocumentError(message)
        if stop - 1 <= self.announced(key):
            return False
        self._announced[key] = stop - 1
        row = RowRange(first, stop, int(doc["indices"]["start"]), doc["stream_resource"], doc["descriptor"])
        self._ranges.setdefault(key, deque()).append(row)
        return True

    def find(self, key: str, seq_num: int) -> RowRange | None:
        """Give the stretch that holds an event's value, or None if it was never announced."""
        for row in self._ranges.get(key, ()):
            if row.first <= seq_num < row.stop:
                return row
        return None

    def first_after(self, keys: list[str], seq_num: int) -> RowRange | None:
        """Give the stretch that holds the next announced event of any of the keys; None if there is none."""
        following = (row for key in keys for row in self._ranges.get(key, ()) if row.stop > seq_num + 1)
        return min(following, key=lambda row: max(row.first, seq_num + 1), default=None)

    def drop_until(self, seq_num: int) -> None:
        """Let go of what is only about events up to this one."""
        for ranges in self._ranges.values():
            while ranges and ranges[0].stop <= seq_num + 1:
                ranges.popleft()
