"""A fault of a graph as data: a stable code, a place, what was expected, a hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from headrace.engine.model.errors import HeadraceError

__all__ = ["Fault", "GraphError", "Location", "nearest", "report"]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from 1. Line 0 stands for something that is no file."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a graph.

    Attributes
    ----------
    code
        Stable, such as ``HR201``; the list is in ``docs/faults.md``.
    message
        What is wrong, naming the node, port or parameter.
    where
        Place in the graph file (or the Python file that wrote the graph); None if there is none.
    node
        Name of the node it belongs to; None for the graph as a whole.
    expected
        What would have been right.
    hint
        What to do, often the nearest name.
    """

    code: str
    message: str
    where: Location | None = None
    node: str | None = None
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        extra = "".join(f"; {text}" for text in (self.expected and f"expected {self.expected}", self.hint) if text)
        return f"{place}{self.code}: {self.message}{extra}"

    def to_dict(self) -> dict[str, Any]:
        """Give the fault as plain data, for JSON."""
        return {
            "code": self.code,
            "message": self.message,
            "file": self.where.file if self.where else None,
            "line": self.where.line if self.where else None,
            "column": self.where.column if self.where else None,
            "node": self.node,
            "expected": self.expected,
            "hint": self.hint,
        }


class GraphError(HeadraceError):
    """A graph that can't run; its text lists every fault.

    Attributes
    ----------
    faults
        All that is wrong, in the order of the file.
    """

    def __init__(self, graph: str, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(report(graph, self.faults))


def report(graph: str, faults: Iterable[Fault]) -> str:
    """Write faults as a tree, one block each, for people.

    Examples
    --------
    >>> print(report("mine", [Fault("HR201", "peaks: unknown node type 'locat'", hint="did you mean 'locate'?")]))
    graph 'mine' has 1 fault
    └─ HR201 peaks: unknown node type 'locat'
         did you mean 'locate'?
    """
    faults = list(faults)
    lines = [f"graph {graph!r} has {len(faults)} fault{'s' * (len(faults) != 1)}"]
    for number, fault in enumerate(faults, 1):
        branch, stem = ("└─", "  ") if number == len(faults) else ("├─", "│ ")
        lines.append(f"{branch} {fault.code} {fault.message}")
        details = (str(fault.where or ""), fault.expected and f"expected {fault.expected}", fault.hint)
        lines += [f"{stem}   {detail}" for detail in details if detail]
    return "\n".join(lines)


def nearest(name: str, known: Iterable[str]) -> str:
    """Give a hint with the nearest known name, or nothing.

    Examples
    --------
    >>> nearest("locat", ["locate", "link"])
    "did you mean 'locate'?"
    """
    close = get_close_matches(str(name), [str(item) for item in known], n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""
