"""What differs between two graphs: nodes, node types, wiring, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["GraphDifference", "graph_difference"]


@dataclass(frozen=True, slots=True)
class GraphDifference:
    """One thing in which two graphs differ.

    Attributes
    ----------
    node
        The node.
    what
        ``added``, ``removed``, or the key that differs: ``type``, ``in``, ``on_error``, or a parameter.
    before, after
        The values; None where there is none.
    """

    node: str
    what: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.what in ("added", "removed"):
            return f"{self.node}: {self.what}"
        return f"{self.node}.{self.what}: {_shown(self.before)} -> {_shown(self.after)}"


def graph_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[GraphDifference]:
    """Compare two graphs node by node.

    Parameters
    ----------
    before, after
        Graphs as plain data (see `Graph.to_dict`); parameters that are left to their defaults are compared by what
        is written, so give resolved ones where that matters.

    Examples
    --------
    >>> one = {"nodes": {"x": {"type": "source", "field": "i0"}}}
    >>> other = {"nodes": {"x": {"type": "source", "field": "i1"}, "y": {"type": "linear", "in": {"value": "x"}}}}
    >>> [str(difference) for difference in graph_difference(one, other)]
    ["x.field: 'i0' -> 'i1'", 'y: added']
    """
    return list(_differences(before.get("nodes") or {}, after.get("nodes") or {}))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[GraphDifference]:
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield GraphDifference(name, "removed")
        elif name not in before:
            yield GraphDifference(name, "added")
        else:
            was, now = before[name], after[name]
            for key in [*was, *(key for key in now if key not in was)]:
                if key != "note" and was.get(key) != now.get(key):
                    yield GraphDifference(name, key, was.get(key), now.get(key))


def _shown(value: Any) -> str:
    return "(default)" if value is None else repr(value)
