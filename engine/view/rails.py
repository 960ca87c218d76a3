"""Lines beside a list of nodes that show what is connected to what, as version control draws its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Passed", "Rails"]

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_BOX = {
    0: " ",
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _UP | _RIGHT: "╰",
    _UP | _LEFT: "╯",
    _DOWN | _RIGHT: "╭",
    _DOWN | _LEFT: "╮",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}


class Passed(NamedTuple):
    """The rows that one node takes: how its inputs come together, the node itself, and the lines that go on."""

    joints: tuple[str, ...]
    row: str
    after: str


class Rails:
    r"""The lines, from top to bottom. A line begins at a node and goes on until the last node that needs it.

    Parameters
    ----------
    edges
        (source, target) of each connection. Nodes must be passed in an order in which sources come first.

    Examples
    --------
    >>> rails = Rails([("a", "c"), ("b", "c")])
    >>> for name in "abc":
    ...     joints, row, _ = rails.pass_node(name, "●")
    ...     print(*joints, row, sep="\n" if joints else "")
    ●
    │ ●
    ├─╯
    ●
    """

    def __init__(self, edges: Sequence[tuple[str, str]]) -> None:
        self._inputs: dict[str, list[str]] = {}
        self._waiting: dict[str, set[str]] = {}
        for source, target in edges:
            self._inputs.setdefault(target, []).append(source)
            self._waiting.setdefault(source, set()).add(target)
        self._columns: list[str | None] = []

    def pass_node(self, node: str, symbol: str) -> Passed:
        """Draw the rows of the next node."""
        inputs = set(self._inputs.get(node, ()))
        joined = [column for column, owner in enumerate(self._columns) if owner in inputs]
        before = [owner is not None for owner in self._columns]
        for source in inputs:
            self._waiting[source].discard(node)
        ended = [column for column in joined if not self._waiting[self._columns[column] or ""]]
        for column in ended:
            self._columns[column] = None
        place = self._free(ended)
        self._columns[place] = node
        joints = (self._joint(before, joined, place),) if joined and joined != [place] else ()
        row = self._row(place, symbol)
        if not self._waiting.get(node):
            self._columns[place] = None
        after = self._row(None, "")
        self._trim()
        return Passed(joints, row, after)

    def _free(self, ended: Sequence[int]) -> int:
        free = [column for column, owner in enumerate(self._columns) if owner is None]
        if ended or free:
            return min(ended or free)
        self._columns.append(None)
        return len(self._columns) - 1

    def _row(self, place: int | None, symbol: str) -> str:
        cells = (
            symbol if column == place else "│" if owner is not None else " "
            for column, owner in enumerate(self._columns)
        )
        return " ".join(cells).rstrip()

    def _joint(self, before: Sequence[bool], joined: Sequence[int], place: int) -> str:
        ends = {*joined, place}
        low, high = min(ends), max(ends)
        text = ""
        for column, owner in enumerate(self._columns):
            up = _UP if column < len(before) and before[column] else 0
            down = _DOWN if owner is not None else 0
            along = low < column <= high and _LEFT, low <= column < high and _RIGHT
            crossing = column not in ends and up
            text += "│" if crossing else _BOX.get(up | down | sum(along), "│")
            text += "─" if low <= column < high else " "
        return text.rstrip()

    def _trim(self) -> None:
        while self._columns and self._columns[-1] is None:
            self._columns.pop()
