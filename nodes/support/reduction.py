"""What the accumulating node types share: resetting on a change of a key, and when to show the result so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node_type import OnChange
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.accumulator import Accumulator

__all__ = ["EMISSION", "Every", "Reduction", "Seconds", "emission_problems"]

Every: TypeAlias = Annotated[int, Meta(ge=1)] | Literal["group"] | None
"""Show the result so far on every n-th event of a group; or, with ``group``, each group's when the next begins."""
Seconds: TypeAlias = Annotated[float, Meta(gt=0), Unit("s")] | None
"""Show the result so far when this much time has passed in the data."""

EMISSION: Mapping[str, OnChange] = {"every": "keep", "seconds": "keep"}
"""When something is shown may change without a loss of what was collected."""


def emission_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Give what is wrong with the parameters ``every`` and ``seconds`` of a node."""
    if parameters.get("every") is not None and parameters.get("seconds") is not None:
        yield "give 'every' or 'seconds', not both"


class Reduction:
    """An accumulator in a graph.

    Events belong to one group while the `reset` input has the same value. When it changes, the accumulator is
    cleared before the event is taken in.

    Parameters
    ----------
    state
        The accumulator.
    every, seconds
        When there is something to show.
    """

    def __init__(self, state: Accumulator, every: Every = None, seconds: Seconds = None) -> None:
        for problem in emission_problems({"every": every, "seconds": seconds}):
            raise UsageError(problem)
        self._state, self._every, self._seconds = state, every, seconds
        self._key: Any = None
        self._in_group = 0
        self._events = 0
        self._shown_at: float | None = None
        self._is_due = False
        self._finished: Any = SKIP
        self._pending: Any = SKIP

    def change(self, **timing: Any) -> None:
        """Show the result so far at other times from now on."""
        self._every, self._seconds = timing.get("every", self._every), timing.get("seconds", self._seconds)
        self._shown_at = None

    def _take(self, values: tuple[Any, ...], reset: Any, event: Event | None) -> None:
        """Take one event in, after clearing the state if the key has changed."""
        key = None if reset is None else _as_label(reset)
        time = self._time(event)
        if self._events and key != self._key:
            self._begin_group()
        self._key = key
        self._events += 1
        self._state.push(*values)
        self._in_group += 1
        self._is_due = self._due(time)
        self._finished, self._pending = self._pending, SKIP

    def _begin_group(self) -> None:
        if self._every == "group" and not self._state.is_empty:
            self._pending = self._state.value()
        self._state.clear()
        self._in_group, self._shown_at = 0, None

    def _time(self, event: Event | None) -> float | None:
        if self._seconds is None:
            return None
        if event is None:
            problem = "'seconds' is counted in the time of the events: pass 'event', or use 'every'"
            raise UsageError(problem)
        return event.time

    def _due(self, time: float | None) -> bool:
        if time is not None and self._seconds is not None:
            if self._shown_at is not None and 0 <= time - self._shown_at < self._seconds:
                return False
            self._shown_at = time
            return True
        return self._every is None or (self._every != "group" and self._in_group % self._every == 0)

    def _number(self, event: Event | None) -> int:
        """Give the number of the event that is being taken in; without one, they are counted from 1."""
        return event.key.seq_num if event is not None else self._events + 1

    def _running(self) -> Any | Skip:
        """Give what is to be shown after this event."""
        if self._every == "group":
            return self._finished
        return self._state.value() if self._is_due and not self._state.is_empty else SKIP

    def _result(self) -> Any | Skip:
        """Give the result of the last group."""
        return SKIP if self._state.is_empty else self._state.value()


def _as_label(value: Any) -> Any:
    """Give a scalar that equals itself also if it is NaN.

    Raises
    ------
    UsageError
        If it is no scalar.
    """
    scalar = value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value
    if not isinstance(scalar, bool | int | float | str):
        problem = f"reset is {type(value).__name__} {np.shape(value)}; expected one number or text, such as a motor"
        raise UsageError(problem)
    return "NaN" if scalar != scalar else scalar
