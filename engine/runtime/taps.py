"""Who reads the values of a pipeline's ports besides the graph: taps of users, probes of whoever looks for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest
from headrace.engine.model.graph import split_reference
from headrace.engine.model.records import Event
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.plan import Plan
from headrace.engine.runtime.tap import Tap

__all__ = ["Reader", "Taps"]


class Reader(Protocol):
    """Is shown the slots after each step that fills its own. Runs in the work of the graph: be quick, raise nothing."""

    slot: int

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        """Look at the slot; give `Absent.UNCHANGED`."""


class Taps:
    """The readers of one pipeline, by port and by slot.

    Parameters
    ----------
    base
        The stream class that taps are made of.
    takes_metadata
        Whether its ``emit`` takes metadata.

    Attributes
    ----------
    by_slot
        Slot of the plan to its reader.
    """

    def __init__(self, base: Any, *, takes_metadata: bool) -> None:
        self.by_slot: dict[int, Reader] = {}
        self._base = base
        self._takes_metadata = takes_metadata
        self._taps: dict[str, Tap] = {}
        self._probes: Mapping[str, Reader] = {}

    def number(self, plan: Plan) -> None:
        """Give the readers the slots of a plan; one whose port is gone rests."""
        numbered: dict[int, Reader] = {}
        for (node, port), slot in plan.slots.items():
            name = f"{node}.{port}"
            readers = [reader for reader in (self._taps.get(name), self._probes.get(name)) if reader is not None]
            for reader in readers:
                reader.slot = slot
            if readers:
                numbered[slot] = readers[0] if len(readers) == 1 else _Both(slot, *readers)
        self.by_slot = numbered

    def stream(self, port: str, plan: Plan) -> Any:
        """Give the stream of a port, made on first use.

        Raises
        ------
        UsageError
            If there is no such port.
        """
        name, slot = _place(port, plan)
        if name not in self._taps:
            stream = self._base(stream_name=port)
            self._taps[name] = Tap(port, slot, stream, takes_metadata=self._takes_metadata)
            self.number(plan)
        return self._taps[name].stream

    def probe(self, probes: Mapping[str, Reader], plan: Plan) -> None:
        """Put probes in place of those there are: ``node.port`` to probe."""
        self._probes = dict(probes)
        self.number(plan)


class _Both:
    """A tap and a probe at the same port."""

    def __init__(self, slot: int, first: Reader, second: Reader) -> None:
        self.slot = slot
        self._first = first
        self._second = second

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        self._first.emit(slots, event)
        self._second.emit(slots, event)
        return Absent.UNCHANGED


def _place(port: str, plan: Plan) -> tuple[str, int]:
    """Give a port's whole name, and its slot."""
    node, output = split_reference(port)
    kind = plan.types.get(node)
    found = kind.output(output) if kind else None
    if found is None:
        known = [
            name if len(t.outputs) < 2 else f"{name}.{p.name}" for name, t in plan.types.items() for p in t.outputs
        ]
        hint = nearest(port, known)
        problem = f"no port {port!r} to tap; {hint or 'ports are ' + ', '.join(known)}"
        raise UsageError(problem)
    return f"{node}.{found.name}", plan.slots[node, found.name]
