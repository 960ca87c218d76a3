"""A small kit: nodes that add and fail on command, a receiver that remembers, documents in short."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from headrace.engine.model.graph import Graph
from headrace.engine.model.node import node, node_class, source_node
from headrace.engine.model.ports import Frame, Scalar, Table, Value
from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.model.registry import Registry
from headrace.engine.model.skip import SKIP, Skip
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.pipeline import Pipeline
from headrace.engine.runtime.plan import Fusing, Output, Plan
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.revision import Revision

RUN = "5c1f0a2e-9d1c-4f0e"


@source_node()
def read(*, field: str, stream: str = "primary", event: Event) -> Value:
    """Read a field."""
    return event.data[field]


@source_node(held=True)
class held:
    """Hold the newest value of another stream."""

    def __init__(self, *, field: str, stream: str | None = None, missing: str = "error") -> None:
        self._field = field
        self._missing = missing

    def begin(self) -> Value | Skip:
        """Know nothing yet."""
        return SKIP

    def missing(self) -> Skip:
        """Follow the policy."""
        if self._missing == "skip":
            return SKIP
        raise ValueError("nothing held yet")

    def update(self, *, event: Event) -> Value:
        """Take the new one."""
        return event.data[self._field]


@node
def add(left: Value, right: Value, *, offset: int = 0) -> Value:
    """Add two values."""
    return left + right + offset


@node
def plus(value: Value, *, by: int = 1, fail_on: list[int] | None = None, skip_on: list[int] | None = None) -> Value:
    """Add a number; fail or leave out on command."""
    if value in (fail_on or []):
        msg = f"told to fail on {value}"
        raise ValueError(msg)
    return SKIP if value in (skip_on or []) else value + by


@node
def blank(value: Value) -> Frame:
    """Forget to return."""
    return None  # type: ignore[return-value]


@node
def shout(value: Value) -> Table:
    """Always fail."""
    raise RuntimeError(value)


class Halves(NamedTuple):
    """Two values."""

    left: Value
    right: Value


@node
def halves(value: Value) -> Halves:
    """Split a value; an odd one makes only one half."""
    if value % 2:
        return (value,)  # type: ignore[return-value]
    return Halves(value // 2, value // 2)


@node
def brighten(frame: Frame) -> Frame:
    """Refuse NaN."""
    if np.isnan(frame).any():
        raise ValueError("NaN")
    return frame + 1


@node
def leave(value: Value) -> Value:
    """Try to end the program."""
    sys.exit(3)


@node_class()
class total:
    """Add up."""

    def __init__(self, *, fail_on: list[int] | None = None) -> None:
        self._sum = 0
        self._fail_on = fail_on or []

    def update(self, value: Value) -> None:
        """Take one more."""
        if value in self._fail_on:
            msg = f"told to fail on {value}"
            raise ValueError(msg)
        self._sum += value

    def value(self) -> Scalar:
        """Give the sum so far."""
        return self._sum

    def final(self) -> Scalar:
        """Give the sum."""
        return self._sum


class Scaled:
    """Add up what comes, scaled; a change of the scale keeps the sum, one of the start begins anew."""

    def __init__(self, *, scale: float = 1.0, start: float = 0.0, file: str = "") -> None:
        self._scale = scale
        self._sum = start

    def change(self, *, scale: float) -> None:
        """Go on with another scale."""
        if scale < 0:
            msg = "told to fail on a negative scale"
            raise ValueError(msg)
        self._scale = scale

    def update(self, value: Value) -> Scalar:
        """Take one more, and give the sum."""
        self._sum += self._scale * float(value)
        return self._sum

    def final(self) -> Scalar:
        """Give the sum."""
        return self._sum


scaled = node_class(Scaled, on_change={"scale": "keep", "file": "refuse"})


@node(keeps=True)
def sink(**values: Value) -> None:
    """Keep values."""


KIT = SimpleNamespace(
    read=read,
    held=held,
    add=add,
    plus=plus,
    blank=blank,
    brighten=brighten,
    leave=leave,
    halves=halves,
    shout=shout,
    total=total,
    scaled=scaled,
    sink=sink,
)


@dataclass
class Remembered:
    """Remembers what a pipeline hands over."""

    values: dict[str, list[tuple[int | None, Any]]] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    summaries: list[RunSummary] = field(default_factory=list)
    revisions: list[tuple[str, int | None, int]] = field(default_factory=list)

    def run_started(self, run: RunContext, plan: Plan, parameters: ParameterSet) -> None:
        """Nothing to remember."""

    def value(self, run: RunContext, output: Output, event: Event | None, value: Any, parameters: ParameterSet) -> None:
        """Remember a value under its name, and its run if that is not the usual one."""
        name = output.name if run.uid == RUN else f"{run.uid}:{output.name}"
        self.revisions.append((output.name, event.key.seq_num if event else None, parameters.revision))
        self.values.setdefault(name, []).append((event.key.seq_num if event else None, value))

    def revised(self, run: RunContext, revision: Revision, first: EventKey | None) -> None:
        """Nothing to remember: the summary has it."""

    def dead_letter(self, run: RunContext, letter: DeadLetter) -> None:
        """Remember a letter."""
        self.letters.append(letter)

    def run_ended(self, summary: RunSummary) -> None:
        """Remember a summary."""
        self.summaries.append(summary)


class Rig:
    """A graph under test: feed it events in short, look at what came out."""

    def __init__(self, graph: Graph, fuse: Fusing = "all", runtime: Any = "streamz") -> None:
        kinds = [function.node_type for function in vars(KIT).values()]
        self.out = Remembered()
        self.kinds = Registry(kinds)
        self.pipeline = Pipeline(compile_graph(graph, self.kinds, fuse), self.out, runtime, self.kinds)

    def start(self, run: str = RUN, **start: Any) -> None:
        """Begin a run."""
        self.pipeline.feed(RunContext({"uid": run, **start}))

    def event(self, seq_num: int, *, stream: str = "primary", run: str = RUN, **data: Any) -> None:
        """Feed one event."""
        self.pipeline.feed(Event(EventKey(run, stream, seq_num), float(seq_num), data))

    def stop(self, run: str = RUN, lost: Mapping[str, int] | None = None, **stop: Any) -> RunSummary:
        """End a run."""
        self.pipeline.feed(RunEnd(run, {"exit_status": "success", **stop}, lost or {}))
        return self.out.summaries[-1]

    def whole(self, xs: list[Any]) -> RunSummary:
        """Feed a whole run of one field ``x``."""
        self.start()
        for number, x in enumerate(xs, 1):
            self.event(number, x=x)
        return self.stop()


@pytest.fixture
def kit() -> SimpleNamespace:
    """Give the node functions of the kit."""
    return KIT


@pytest.fixture
def rig() -> Callable[..., Rig]:
    """Give the maker of rigs."""
    return Rig
