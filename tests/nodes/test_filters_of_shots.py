"""Leaving events out by a number, by a motor's motion, or all but a few."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from event_model import compose_run
from hypothesis import given
from hypothesis import strategies as st

import headrace
from headrace import Graph
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.model.errors import UsageError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import (
    count_in_range,
    in_range,
    motor_speed,
    sample,
    shutter_open,
    source,
    throttle,
    unique,
)

FRAME = object()


def _event(number: int, time: float = 0.0) -> Event:
    return Event(EventKey("run", "primary", number), time, {})


def _documents(**fields: list[Any]) -> list[tuple[str, Any]]:
    run = compose_run()
    keys: Any = {name: {"dtype": "number", "shape": [], "source": "sim"} for name in fields}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    documents: list[tuple[str, Any]] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for row in zip(*fields.values(), strict=True):
        data = dict(zip(fields, row, strict=True))
        documents.append(("event", stream.compose_event(data=data, timestamps=dict.fromkeys(data, 0.0))))
    return [*documents, ("stop", run.compose_stop())]


@pytest.mark.parametrize(
    ("shutter", "passes"),
    [(1, True), (0, False), (True, True), (np.float32(0.2), True), (math.nan, False), (-1, False)],
)
def test_a_value_passes_while_the_shutter_is_open(shutter: Any, passes: bool) -> None:
    assert shutter_open(FRAME, shutter) is (FRAME if passes else SKIP)


def test_a_shutter_that_tells_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match=r"shutter .*; expected"):
        shutter_open(FRAME, "open")


@pytest.mark.parametrize(
    ("closed", "inside"), [("neither", [2]), ("low", [1, 2]), ("high", [2, 3]), ("both", [1, 2, 3])]
)
def test_a_range_has_the_ends_that_are_asked_for(closed: Any, inside: list[int]) -> None:
    keys = [0, 1, 2, 3, 4, math.nan]
    assert [key for key in keys if in_range(FRAME, key, low=1, high=3, closed=closed) is FRAME] == inside


def test_a_range_may_be_open_on_one_side_and_nan_is_in_none() -> None:
    assert in_range(FRAME, -1e300, high=0) is FRAME
    assert in_range(FRAME, math.inf, low=0) is FRAME
    assert in_range(FRAME, math.nan, low=0) is SKIP


def test_a_range_with_nothing_in_it_is_a_fault_of_the_graph() -> None:
    i0 = source(field="i0")
    for nothing in (in_range(i0, i0), count_in_range(i0, low=2, high=1)):
        assert [fault.code for fault in headrace.check(Graph("g").keep(nothing=nothing))] == ["HR309"]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint64", "float32", "float64"])
def test_pixels_are_counted_strictly_between_the_ends(dtype: str) -> None:
    frame = np.arange(12, dtype=dtype).reshape(3, 4)
    assert count_in_range(frame, low=2, high=5) == 2
    assert count_in_range(frame, low=-3) == 12
    assert count_in_range(frame, high=1.5) == 2
    assert type(count_in_range(frame, high=1.5)) is int


def test_nan_and_infinity_are_counted_as_what_they_are() -> None:
    frame = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert count_in_range(frame, low=0) == 2
    assert count_in_range(frame, high=2) == 2
    assert (
        count_in_range(np.array([0.1], dtype="float32"), low=0.1) == 1
    )  # compared in float64, where float32's 0.1 is larger


@given(st.integers(1, 7), st.integers(0, 5))
def test_a_sample_goes_by_number_whatever_was_lost_before(every: int, offset: int) -> None:
    events = [_event(number) for number in range(1, 30)]
    taken = [event.key.seq_num for event in events if sample(True, every=every, offset=offset, event=event) is True]
    assert taken == list(range(1 + offset, 30, every))


def test_a_sample_needs_an_event() -> None:
    with pytest.raises(UsageError, match="without one"):
        sample(FRAME, every=2)


def test_a_key_is_unique_once_rounded_and_nan_is_a_key() -> None:
    keys = [0.12, 0.121, math.nan, math.nan, -0.001, 0.0, "a", "a"]
    rounded, exact = unique(decimals=2), unique()
    assert [rounded.update(FRAME, key) is FRAME for key in keys] == [True, False, True, False, True, False, True, False]
    assert [exact.update(FRAME, key) is FRAME for key in keys] == [True, True, True, False, True, True, True, False]
    with pytest.raises(UsageError, match="expected one number or text"):
        exact.update(FRAME, [1, 2])


def test_a_throttle_goes_by_the_time_of_the_data() -> None:
    times = [0.0, 0.5, 1.0, 1.9, 2.5, 2.6, 1.0, 1.5]  # the clock is set back before the last but one
    seen = throttle(seconds=1)
    assert [seen.update(FRAME, event=_event(1, time)) is FRAME for time in times] == [
        *(True, False, True, False),
        *(True, False, True, False),
    ]


@pytest.mark.parametrize("parameters", [{}, {"seconds": 1, "every": 2}])
def test_a_throttle_wants_one_measure(parameters: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="either 'seconds' or 'every'"):
        throttle(**parameters)


def test_a_motor_passes_while_it_steps_forward_by_more_than_the_least() -> None:
    positions = [0, 0, 1, 2, math.nan, 3, 4, 4.5, 3]
    moving = motor_speed(min_step=0.5)
    passed = [place for place, motor in enumerate(positions) if moving.update(FRAME, motor) is FRAME]
    assert passed == [2, 3, 5, 6]


@given(st.lists(st.floats(-10, 10), max_size=30))
def test_an_adaptive_speed_compares_with_the_median_so_far(positions: list[float]) -> None:
    moving = motor_speed(mode="adaptive", min_step=0.0)
    passed = [moving.update(FRAME, motor) is FRAME for motor in positions]
    steps = np.diff(positions)
    expected = [bool(step > 0 and step > 0.9 * np.median(steps[: n + 1])) for n, step in enumerate(steps)]
    assert passed == [False, *expected][: len(positions)]


def _stage() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A stage that stands, speeds up, runs and stops; the shutter closes for a while meanwhile."""
    speed = np.concatenate([np.zeros(5), np.linspace(0, 1, 5), np.ones(30), np.zeros(4)]) * 1e-5
    shutter = np.ones(speed.size)
    shutter[6:9] = 0
    return np.cumsum(speed), shutter


def _kept(documents: Any, **parameters: Any) -> list[int]:
    lit = shutter_open(source(field="stage"), source(field="shutter"))
    graph = Graph("g").keep(kept=motor_speed(lit, source(field="stage"), **parameters))
    result = headrace.run(graph, documents)
    assert len(result.dead_letters) == 0
    return [int(number) for number in result["kept"]["raw_seq_num"]]


def test_the_speed_over_the_run_is_that_of_the_shots_that_were_kept_so_far() -> None:
    stage, shutter = _stage()
    documents = _documents(stage=stage.tolist(), shutter=shutter.tolist())
    numbers = np.arange(1, stage.size + 1)
    lit = shutter > 0
    slope = np.gradient(stage[lit])
    expected = numbers[lit][slope > 0.9 * np.median(slope)].tolist()
    assert _kept(documents, mode="run", field="stage", where="data.shutter > 0") == expected
    unordered = np.gradient(stage) > 0.9 * np.median(np.gradient(stage))
    everything = numbers[unordered & lit].tolist()
    assert _kept(documents, mode="run", field="stage") == everything
    assert everything != expected  # order matters


def test_a_motor_that_stands_filters_nothing_over_the_run() -> None:
    documents = _documents(stage=[1.0] * 6, shutter=[1.0] * 5 + [0.0])
    assert _kept(documents, mode="run", field="stage") == [1, 2, 3, 4, 5]


def test_a_run_that_can_not_be_read_as_a_whole_is_refused_with_words() -> None:
    with pytest.raises(UsageError, match="can't be read as a whole: it is live"):
        motor_speed(mode="run", field="stage", run=RunContext({"uid": "run"}))
    unfinished = MemoryRun(_documents(stage=[1.0])[:-1])
    context = RunContext(unfinished.start, lambda uid: unfinished)
    with pytest.raises(UsageError, match="has no stop document yet"):
        motor_speed(mode="run", field="stage", run=context)


class _Counted:
    """A run that counts how often it is read."""

    def __init__(self, documents: list[tuple[str, Any]]) -> None:
        self._run = MemoryRun(documents)
        self.start = self._run.start
        self.readings = 0

    def events(self, stream: str) -> Iterator[Event]:
        self.readings += 1
        return self._run.events(stream)


def test_a_run_is_read_once_also_if_it_can_not_be_understood() -> None:
    run = _Counted(_documents(stage=[1.0, 2.0]))
    moving = motor_speed(mode="run", field="stag", run=RunContext(run.start, lambda uid: run))
    for number in (1, 2):
        with pytest.raises(headrace.HeadraceError, match=r"no field 'stag'.*did you mean 'stage'"):
            moving.update(FRAME, 0.0, event=_event(number))
    assert run.readings == 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"mode": "run"}, "Give 'field'"), ({"field": "stage"}, "are for 'mode: run'"), ({"where": "x"}, "'mode: run'")],
)
def test_parameters_that_do_not_go_together_are_refused(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        motor_speed(**parameters)


def test_an_expression_over_the_run_knows_documents_only() -> None:
    stage = source(field="stage")
    speed = motor_speed(stage, stage, mode="run", field="stage", where="motor > 0")
    faults = headrace.check(Graph("g").keep(kept=speed))
    assert "unknown name 'motor'; there are data, seq_num, start, time" in str(faults)
