"""Dead letters: what is known about an event on which a node failed."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.model.one_line import one_line, spelt_out
from headrace.engine.model.records import Event, EventKey, RunContext

if TYPE_CHECKING:
    from headrace.engine.runtime.parameters import ParameterSet
    from headrace.engine.runtime.plan import Plan

__all__ = ["DeadLetter", "Given", "describe", "error_text", "trace_of"]

_ENGINE = str(Path(__file__).resolve().parents[1])
_LONGEST = 4000  # characters of what an exception says: it may quote what came from anybody


@dataclass(slots=True, eq=False)
class Given:
    """What a node that failed was given, for whoever keeps it. Let go of as soon as the letter was handed over.

    Attributes
    ----------
    values
        Input port to the value itself.
    event
        The event; None at the start and end of a run.
    run, plan, parameters
        The run, and what was in force.
    result
        Unique id of the result run; empty as long as there is none.
    """

    values: Mapping[str, Any]
    event: Event | None
    run: RunContext | None
    plan: Plan | None
    parameters: ParameterSet | None
    result: str = ""

    def let_go(self) -> None:
        """Forget it all: a letter is kept for as long as the run, and must hold no images."""
        self.values, self.event, self.run, self.plan, self.parameters = {}, None, None, None, None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One failure of one node.

    Attributes
    ----------
    graph, node, node_type
        Where it happened.
    run, event
        The run, and the event; None if it happened at the start or end of the run.
    time
        When the event was recorded; None as above.
    phase
        ``begin``, ``event`` or ``end``.
    revision
        Number of the parameter set in force.
    inputs
        Input port to a description of what was in it (kind, shape, dtype).
    error
        Type and text of the exception.
    trace
        Where it was raised: the frames of the node's own code, without the engine's.
    given
        The inputs themselves, as long as the letter is being handed over; empty afterwards.
    """

    graph: str
    node: str
    node_type: str
    run: str
    event: EventKey | None
    time: float | None
    phase: str
    revision: int
    inputs: Mapping[str, str]
    error: str
    trace: str
    given: Given | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        place = f"event {self.event}" if self.event else f"the {self.phase} of run {self.run[:8]}"
        given = "; ".join(f"{port}: {what}" for port, what in self.inputs.items()) or "no inputs"
        head = f"graph {self.graph!r}, node {self.node!r} ({self.node_type}) failed on {place}: {self.error}"
        return f"{head}\n  inputs: {given}\n{self.trace}".rstrip()


def error_text(error: BaseException) -> str:
    r"""Give type and text of an exception, without what could play tricks with a terminal, and not too long.

    Examples
    --------
    >>> print(error_text(ValueError("no field 'x\x1b[31m'")))
    ValueError: no field 'x\x1b[31m'
    """
    text = f"{type(error).__name__}: {error}"
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return spelt_out(text, but="\n\t")


def trace_of(error: BaseException) -> str:
    """Write where an exception was raised: the node's own frames, the engine's left out."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not str(Path(frame.filename).resolve()).startswith(_ENGINE)]
    return "".join(traceback.format_list(own or frames[-1:]))


def describe(value: Any) -> str:
    """Say in a few words what a value is, without its content.

    Examples
    --------
    >>> import numpy as np
    >>> describe(np.zeros((3, 4), "uint16")), describe(2.5), describe(np.float32(2.5))
    ('uint16 array (3, 4)', '2.5', '2.5')
    """
    try:
        return one_line(_described(value), _LONGEST)
    except Exception:  # a value may look like a table, and be none: a failure must never fail in turn
        return type(value).__name__


def _described(value: Any) -> str:
    if hasattr(value, "columns"):
        rows = "1 row" if len(value) == 1 else f"{len(value)} rows"
        return f"table of {rows}: {', '.join(map(str, value.columns))}"
    if getattr(value, "shape", None) == ():  # one number
        return repr(value.item())
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype} array {tuple(value.shape)}"
    if isinstance(value, bool | int | float | str) or value is None:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"{type(value).__name__} of {len(value)}" if hasattr(value, "__len__") else type(value).__name__
