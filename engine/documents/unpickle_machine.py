"""Step through the opcodes of a pickled document with a small machine of our own, not Python's unpickler.

What each opcode does stands in `unpickle_steps`; here is what bounds them.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import TypeAlias

from headrace.engine.documents.unpickle_span import LARGE, Span
from headrace.engine.documents.wire_refusal import MAX_VALUES, RefusalError

__all__ = ["Machine", "Step"]

_STOP = pickle.STOP[0]
_MEMOIZE = pickle.MEMOIZE[0]


class Machine:
    """Runs one pickle body once.

    Nothing is called but the steps it is given and the builders of `unpickle_names`. A body of n bytes makes
    at most min(n, `MAX_VALUES`) steps, and no length that it declares is believed before that many bytes are
    there.

    Attributes
    ----------
    body
        The pickle.
    at
        Where in the body the machine is, in bytes.
    stack
        Values that are not yet part of another; since the last mark, if there is one.
    marks
        The stacks that wait under each mark.
    memo
        Values that the pickle refers back to, by the number it gave them.
    allowance
        Bytes that builders may still copy.
    span
        The bytes that are used where they are, if there are any.

    Parameters
    ----------
    body
        The pickle.
    in_place
        Whether a large array may be a view of the pickle instead of a copy of it, and keep it alive.
    movable
        Whether the pickle may even be written to, to align such an array.
    """

    __slots__ = ("_least", "_movable", "allowance", "at", "body", "marks", "memo", "span", "stack")

    def __init__(self, body: bytes | memoryview, *, in_place: bool = False, movable: bool = False) -> None:
        self.body = memoryview(body).cast("B")
        self._least = max(LARGE, len(self.body) // 2) if in_place else len(self.body) + 1
        self._movable = movable
        self.span: Span | None = None
        self.at = 0
        self.allowance = 4 * len(body) + 65_536
        self.stack: list[object] = []
        self.marks: list[list[object]] = []
        self.memo: dict[int, object] = {}

    def run(self, steps: Sequence[Step | None]) -> object:
        """Give the one object that the body describes.

        Parameters
        ----------
        steps
            What to do at each of the 256 possible opcodes; None where it is refused.

        Raises
        ------
        RefusalError
            If the body asks for something that is not allowed. Damaged bodies may also raise
            IndexError, KeyError, TypeError, ValueError or struct.error.
        """
        body = self.body
        for _ in range(MAX_VALUES):
            code = body[self.at]
            self.at += 1
            if code == _MEMOIZE:  # every third opcode
                self.memo[len(self.memo)] = self.stack[-1]
                continue
            if code == _STOP:
                return self._finished()
            step = steps[code]
            if step is None:
                text = f"it has the opcode {_name(code)}, which plain data does not need"
                raise RefusalError(text, "opcode")
            step(self)
        text = f"it has more than {MAX_VALUES} opcodes"
        raise RefusalError(text, "size")

    def _finished(self) -> object:
        if len(self.stack) != 1 or self.marks or self.at != len(self.body):
            text = "it does not end with exactly one object"
            raise RefusalError(text, "malformed")
        return self.stack[0]

    def take(self, count: int) -> memoryview:
        """Give the next bytes and step over them."""
        start = self.at
        self.at = end = start + count
        if not 0 <= start <= end <= len(self.body):
            text = f"it ends before the {count} bytes that it announces"
            raise RefusalError(text, "malformed")
        return self.body[start:end]

    def content(self, count: int, kind: type[bytes | bytearray]) -> bytes | bytearray | Span:
        """Give the next bytes as a value; those of a large array as a span, which is no copy."""
        data = self.take(count)
        if count < self._least:
            return kind(data)
        self.span = Span(self.body, self.at - count, self.at, movable=self._movable)
        return self.span

    def replace(self, old: object, new: object) -> None:
        """Put an object in the place of another one, on top of the stack and where it is referred to."""
        self.stack[-1] = new
        for number in [number for number, value in self.memo.items() if value is old]:
            self.memo[number] = new

    def unsigned(self, width: int) -> int:
        """Read a little-endian count."""
        return int.from_bytes(self.take(width), "little")

    def line(self, longest: int) -> bytes:
        """Read up to the end of the line, as the opcodes of protocol 0 write their arguments."""
        reach = 128
        while True:
            ahead = bytes(self.body[self.at : self.at + min(reach, longest + 1)])
            end = ahead.find(b"\n")
            if end >= 0:
                self.at += end + 1
                return ahead[:end]
            if reach > longest or self.at + reach >= len(self.body):
                text = "a line in it does not end"
                raise RefusalError(text, "malformed")
            reach *= 8

    def charge(self, arguments: tuple[object, ...]) -> None:
        """Count what builders may copy, lest one long text be copied again and again by short opcodes."""
        for argument in arguments:
            if isinstance(argument, str | bytes | bytearray | list):
                self.allowance -= len(argument)
        if self.allowance < 0:
            text = "it copies the same values over and over"
            raise RefusalError(text, "size")

    def since_mark(self) -> list[object]:
        """Give what was pushed since the last mark, and go back to what was before it."""
        items, self.stack = self.stack, self.marks.pop()
        return items


def _name(code: int) -> str:
    import pickletools

    names = {opcode.code: opcode.name for opcode in pickletools.opcodes}
    return names.get(chr(code), f"0x{code:02x}")


Step: TypeAlias = Callable[[Machine], None]
"""What one opcode does to the machine."""
