"""What node classes keep when a parameter changes while a run is under way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import Event, EventKey, UsageError
from headrace.engine.model.registry import installed
from headrace.nodes import accumulate, crystal_map, latest, link, motor_speed, throttle


def peaks(frame: int, *xs: float) -> pd.DataFrame:
    return pd.DataFrame({"y": 0.0, "x": list(xs), "frame": frame})


def particles(node: Any, *tables: pd.DataFrame) -> list[list[int]]:
    return [node.update(table)["particle"].tolist() for table in tables]


def test_link_goes_on_with_its_particles_at_another_search_range() -> None:
    node = link(search_range=5)
    assert particles(node, peaks(1, 0, 100), peaks(2, 1, 101)) == [[0, 1], [0, 1]]
    node.change(search_range=20)
    assert particles(node, peaks(3, 16, 102)) == [[0, 1]]
    node.change(search_range=1)
    assert particles(node, peaks(4, 20, 102.5)) == [[2, 1]]


def test_link_remembers_what_it_remembered_when_memory_grows_and_forgets_when_it_shrinks() -> None:
    node = link(search_range=5, memory=1)
    particles(node, peaks(1, 0, 100), peaks(2, 100))
    node.change(memory=3)
    assert particles(node, peaks(3, 100), peaks(4, 0, 100)) == [[1], [0, 1]]
    node = link(search_range=5, memory=3)
    particles(node, peaks(1, 0, 100), peaks(2, 100), peaks(3, 100))
    node.change(memory=0)
    assert particles(node, peaks(4, 0, 100)) == [[2, 1]]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(0, 3))
def test_a_change_to_what_holds_already_changes_nothing(seed: int, at: int, memory: int) -> None:
    rng = np.random.default_rng(seed)
    tables = [peaks(n, *rng.uniform(0, 60, rng.integers(0, 8))) for n in range(1, 10)]
    plain, changed = (link(search_range=4, memory=memory) for _ in range(2))
    expected = particles(plain, *tables)
    found = particles(changed, *tables[:at])
    changed.change(search_range=4, memory=memory)
    assert found + particles(changed, *tables[at:]) == expected


def test_an_accumulator_keeps_what_it_has_when_it_is_shown_at_other_times() -> None:
    node = accumulate(how="sum")
    shown = []
    for number in range(1, 7):
        node.update(float(number))
        shown.append(node.value())
        if number == 2:
            node.change(every=3)
    assert shown[:2] == [1.0, 3.0]
    assert shown[5] == node.final() == 21.0


def test_a_map_is_laid_out_anew_with_all_that_has_come() -> None:
    node = crystal_map(shape=[2, 2], snaking=False)
    for frame in range(1, 5):
        node.update(pd.DataFrame({"particle": [0], "frame": frame, "mass": float(frame), "y": 0.0, "x": 0.0}))
    node.change(shape=[1, 4], fill=-1.0)
    assert node.final().maps.tolist() == [[[1.0, 2.0, 3.0, 4.0]]]
    node.change(shape=[1, 5])
    assert node.final().maps.tolist() == [[[1.0, 2.0, 3.0, 4.0, -1.0]]]


def test_throttle_latest_and_motor_speed_take_a_change_at_once() -> None:
    thin = throttle(every=2)
    assert [repr(thin.update(n)) for n in range(2)] == ["0", "SKIP"]
    thin.change(every=1)
    assert thin.update(2) == 2
    held = latest(missing="error")
    held.change(missing="skip")
    assert repr(held.missing()) == "SKIP"
    moving = motor_speed(min_step=0.5)
    assert [repr(moving.update(n, x)) for n, x in enumerate((0.0, 0.2))] == ["SKIP", "SKIP"]
    moving.change(min_step=0.1)
    assert moving.update(2, 0.4) == 2


@pytest.mark.parametrize("name", sorted(name for name, kind in installed().items() if kind.stateful))
def test_every_class_that_keeps_something_can_be_told(name: str) -> None:
    kind = installed()[name]
    kept = [parameter.name for parameter in kind.parameters.values() if parameter.on_change == "keep"]
    assert hasattr(kind.target, "change") or not kept


def test_seconds_count_from_the_change_on() -> None:
    node = accumulate(how="sum", every=100)
    node.update(1.0, event=Event(EventKey("r", "primary", 1), 1.0, {}))
    node.change(every=None, seconds=5.0)
    node.update(1.0, event=Event(EventKey("r", "primary", 2), 2.0, {}))
    assert node.value() == 2.0
    with pytest.raises(UsageError, match="seconds"):
        node.update(1.0)
