"""Leaving events out while a motor stands, turns or hurries."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from headrace.engine.model.constraints import Expression, Meta
from headrace.engine.model.errors import HeadraceError, UsageError
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.binning import as_key
from headrace.nodes.support.document_names import DOCUMENT_NAMES
from headrace.nodes.support.expression_check import check_expression
from headrace.nodes.support.run_speed import fast_events, stored_run

__all__ = ["motor_speed"]


def _check_where(text: str, names: Iterable[str] | None) -> list[str]:
    """Check an expression on documents alone: the node's inputs are not known for the whole run."""
    return check_expression(text, None if names is None else DOCUMENT_NAMES)


_WHERE = Expression(_check_where, DOCUMENT_NAMES)


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    if parameters["mode"] == "run":
        if parameters["field"] is None:
            yield "motor_speed: 'mode: run' reads the motor of all events; which field is it? Give 'field'"
    elif parameters["field"] is not None or parameters["where"] is not None:
        yield f"motor_speed: 'field' and 'where' are for 'mode: run'; here it is '{parameters['mode']}'"


class MotorSpeed:
    """Let a value pass while a motor moves forward fast enough; otherwise leave the event out.

    A motor that is scanned on the fly stands at first, speeds up, and may turn: only shots at its full speed are alike.
    An event passes by the step of the motor, per event:

    ============ ==============================================================
    `mode`       an event passes if its step is
    ============ ==============================================================
    ``causal``   above `min_step`
    ``adaptive`` the same, and above `fraction` * median of the steps so far
    ``run``      above `fraction` * median of all steps of the run
    ============ ==============================================================

    In ``causal`` and ``adaptive`` the step is the difference to the event before that reached this node; the median is
    over all steps up to this one. In ``run`` it is the central difference over all events of the run that fulfil
    `where`, as by ``numpy.gradient``: half the way from the event before to the one after; and if no step of the run is
    above `min_step` (a motor that stands), they all pass.

    All comparisons are strict, so only forward motion passes; for a motor that is scanned backwards turn its sign with
    `linear`. NaN as a position gives no step: the event is left out, and as an event before it is passed over. The
    first event has no step in ``causal`` and ``adaptive``, and is left out. Events that are left out are counted as
    filtered.

    **Order matters.** Steps are between the events that reach this node: behind `shutter_open`, the first shot after
    the shutter was closed has a step as large as the motor moved meanwhile. ``run`` doesn't know which events reach it;
    it takes all of the stream, unless `where` says which: write the filters that stand before it there once more, as
    ``where: data.shutter > 0``.

    ``causal`` and ``adaptive`` know nothing of later events and give the same live and in batch. ``run`` (the
    rule of older batch programs, with 0.9 of the median) needs the whole run before its first event: it reads the
    run a second time, only the fields that it needs, and **refuses to run live**.

    Parameters
    ----------
    mode
        Which rule.
    min_step
        Least way per event, in the unit of the motor. The default is 1 um for a motor in metres.
    fraction
        Part of the median step that an event's step must exceed, for ``adaptive`` and ``run``.
    field
        For ``run``: the motor's field in the events. The input `motor` is not used then.
    where
        For ``run``: which events of the stream count, as an expression of ``data``, ``start``, ``seq_num`` and
        ``time``. An event that reaches this node and doesn't count is left out.
    run
        The run.

    Raises
    ------
    UsageError
        If a position is no number; or ``run`` is to run live, or on a run that isn't complete.

    Notes
    -----
    ``adaptive`` keeps all steps while the run lasts.

    In a graph file::

        lit:    {type: shutter_open, in: {value: frames, shutter: status}}
        moving: {type: motor_speed, in: {value: lit, motor: stage}, min_step: 2.5e-6}
        steady: {type: motor_speed, in: {value: lit, motor: stage}, mode: run, field: stage, where: "data.status > 0"}

    Examples
    --------
    >>> from headrace.nodes import motor_speed
    >>> moving = motor_speed(min_step=0.5)
    >>> [moving.update(number, motor) for number, motor in enumerate((0.0, 0.1, 1.1, 2.1, 2.0))]
    [SKIP, SKIP, 2, 3, SKIP]
    """

    def __init__(
        self,
        *,
        mode: Literal["causal", "adaptive", "run"] = "causal",
        min_step: Annotated[float, Meta(ge=0)] = 1e-6,
        fraction: Annotated[float, Meta(ge=0)] = 0.9,
        field: str | None = None,
        where: Annotated[str, Meta(min_length=1, max_length=1000), _WHERE] | None = None,
        run: RunContext | None = None,
    ) -> None:
        for problem in _problems({"mode": mode, "field": field, "where": where}):
            raise UsageError(problem)
        self._mode, self._min_step, self._fraction = mode, min_step, fraction
        self._field, self._where = field or "", where
        self._run = stored_run(run) if mode == "run" else None
        self._fast: dict[str, frozenset[int] | HeadraceError] = {}
        self._last = math.nan
        self._steps: list[float] = []

    def change(self, **limits: float) -> None:
        """Ask for other steps from now on; those that were seen are still known."""
        self._min_step = limits.get("min_step", self._min_step)
        self._fraction = limits.get("fraction", self._fraction)
        self._fast.clear()

    def update(self, value: Value, motor: Scalar, *, event: Event | None = None) -> Value | Skip:
        """Let the value of one event pass, or not.

        Parameters
        ----------
        value
            What passes; it is handed on as it is.
        motor
            Position of the motor in this event.
        event
            The event.
        """
        passes = self._is_fast(event) if self._mode == "run" else self._moves(float(as_key(motor, "motor")))
        return value if passes else SKIP

    def _moves(self, position: float) -> bool:
        """Tell whether the step from the event before is large enough."""
        step = position - self._last
        if not math.isnan(position):
            self._last = position
        if math.isnan(step):
            return False
        if self._mode == "adaptive":
            bisect.insort(self._steps, step)
            return step > self._min_step and step > self._fraction * self._median()
        return step > self._min_step

    def _median(self) -> float:
        count = len(self._steps)
        return (self._steps[(count - 1) // 2] + self._steps[count // 2]) / 2

    def _is_fast(self, event: Event | None) -> bool:
        """Look an event up among those of the whole run that are fast enough."""
        if event is None or self._run is None:
            problem = "motor_speed: 'mode: run' looks the event up in its run, and was called without one"
            raise UsageError(problem)
        stream = event.key.stream
        if stream not in self._fast:
            self._fast[stream] = self._read(stream)
        found = self._fast[stream]
        if isinstance(found, HeadraceError):
            raise found
        return event.key.seq_num in found

    def _read(self, stream: str) -> frozenset[int] | HeadraceError:
        """Read the run once, also if it can't be read."""
        assert self._run is not None  # noqa: S101 - update has asked
        try:
            return fast_events(self._run, stream, self._field, self._where, self._fraction, self._min_step)
        except HeadraceError as error:
            return error


motor_speed = node_class(
    MotorSpeed, family="filters", problems_of=_problems, on_change={"min_step": "keep", "fraction": "keep"}
)
