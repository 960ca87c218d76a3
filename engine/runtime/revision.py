"""A revision: the graph with every parameter as it was from some event on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Plan

__all__ = ["Revision"]


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """What is in force from some event on. Immutable.

    Attributes
    ----------
    plan, parameters
        The compiled graph and every parameter.
    time, author
        When it was made (seconds since 1970), and who made it.
    changes
        ``node.parameter`` to the new value, as plain data; empty if nodes or edges were changed.
    rewired
        Whether nodes or edges were changed, and not only parameters.
    base
        Number of the revision that it was made from; None for the first.
    undoes
        Number of the revision that it takes back; None if it takes back none.
    """

    plan: Plan
    parameters: ParameterSet
    time: float
    author: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    rewired: bool = False
    base: int | None = None
    undoes: int | None = None

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return self.parameters.revision

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; with the whole graph if that was changed."""
        graph = {"graph": self.plan.graph.to_dict()} if self.rewired else {}
        return {
            "revision": self.number,
            "time": self.time,
            "author": self.author,
            "changes": dict(self.changes),
            "undoes": self.undoes,
            **graph,
        }
