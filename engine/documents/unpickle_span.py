"""The values of the one large array that most of a pickle is, used where they are instead of copied."""

from __future__ import annotations

import numpy as np

__all__ = ["LARGE", "Span"]

LARGE = 65_536
"""Bytes from which it is worth it. They must also be half of the pickle: what is kept pins all of it."""


class Span:
    """Bytes of a pickle that will become an array; they never leave the decoder as a value.

    Parameters
    ----------
    body
        The whole pickle. There is one span in it at most, and what stands before it has been read.
    start, end
        Where the bytes are.
    movable
        Whether the pickle may be written to: it is nobody else's.

    Attributes
    ----------
    moved
        Whether the pickle was written to. It can't be read again then.
    """

    __slots__ = ("_body", "_end", "_given", "_movable", "_start", "moved")

    def __init__(self, body: memoryview, start: int, end: int, *, movable: bool) -> None:
        self._body = body
        self._start = start
        self._end = end
        self._movable = movable and not body.readonly
        self._given = False
        self.moved = False

    def aligned(self, alignment: int) -> memoryview:
        """Give the bytes, beginning at a multiple of the alignment, as compiled code expects of numbers.

        Where they stand otherwise they are moved by a few bytes, over opcodes that have been read, or copied.
        """
        off = self._address() % alignment
        if off and (self._given or not self._movable or off > self._start):
            return memoryview(bytes(self._body[self._start : self._end]))
        if off:
            start, end = self._start - off, self._end - off
            self._body[start:end] = self._body[self._start : self._end]  # as memmove does: they overlap
            self._start, self._end = start, end
            self.moved = True
        self._given = True
        return self._body[self._start : self._end].toreadonly()

    def _address(self) -> int:
        first: int = np.frombuffer(self._body[self._start : self._end], np.uint8).__array_interface__["data"][0]
        return first
