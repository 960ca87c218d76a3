"""Crystal maps on the grid of a scan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from bluesky.plan_patterns import outer_product
from hypothesis import given, settings
from hypothesis import strategies as st
from ophyd.sim import motor1, motor2, motor3

from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import crystal_map, crystal_windows
from headrace.nodes.support.grid import ScanGrid


def _event(number: int) -> Event:
    return Event(EventKey("run", "primary", number), 0.0, {})


def _tracks(*rows: tuple[int, int, float]) -> pd.DataFrame:
    frame, particle, mass = np.array(rows, dtype=float).reshape(-1, 3).T
    return pd.DataFrame(
        {"y": mass + 1, "x": mass + 2, "mass": mass, "frame": frame.astype(int), "particle": particle.astype(int)}
    )


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3))
def test_points_are_where_bluesky_went_on_any_number_of_snaking_axes(shape: list[int], turns: list[bool]) -> None:
    motors, snaking = (motor1, motor2, motor3)[: len(shape)], [False, *turns[1 : len(shape)]]
    arguments: list[Any] = [motors[0], 0, shape[0] - 1, shape[0]]
    for motor, points, turn in list(zip(motors, shape, snaking, strict=True))[1:]:
        arguments += [motor, 0, points - 1, points, turn]
    path = [tuple(round(point[motor]) for motor in motors) for point in outer_product(arguments)]
    found = ScanGrid(tuple(shape), tuple(snaking)).position(np.arange(1, len(path) + 1))
    assert list(zip(*(axis.tolist() for axis in found), strict=True)) == path


def test_a_map_has_the_mass_where_the_particle_was_seen() -> None:
    mapping = crystal_map(run=RunContext({"shape": [2, 3], "snaking": [False, True]}))
    mapping.update(_tracks((2, 5, 10), (2, 1, 20)), event=_event(2))
    mapping.update(_tracks((4, 5, 30)), event=_event(4))
    found = mapping.final()
    assert found.maps.dtype == np.float64
    assert found.maps.tolist() == [[[0, 20, 0], [0, 0, 0]], [[0, 10, 0], [0, 0, 30]]]
    assert found.grains.to_dict("list") == {
        "particle": [1, 5],
        "points": [1, 2],
        "y": [21.0, 21.0],
        "x": [22.0, 22.0],
        "mass": [20.0, 20.0],
    }


def test_the_maps_so_far_are_those_of_a_run_that_ended_here() -> None:
    mapping, shorter = crystal_map(shape=[2, 2]), crystal_map(shape=[2, 2])
    for number in (1, 2):
        mapping.update(_tracks((number, 0, number)))
        shorter.update(_tracks((number, 0, number)))
    so_far = mapping.value()
    mapping.update(_tracks((3, 1, 3)))
    np.testing.assert_array_equal(so_far.maps, shorter.final().maps)
    assert mapping.final().maps.shape == (2, 2, 2)


@pytest.mark.parametrize("tables", [[], [_tracks(), _tracks()]])
def test_without_a_peak_there_are_no_maps_but_all_columns(tables: list[pd.DataFrame]) -> None:
    mapping = crystal_map(shape=[2, 3])
    for table in tables:
        mapping.update(table)
    found = mapping.final()
    assert found.maps.shape == (0, 2, 3)
    assert len(found.grains) == 0
    assert found.grains.columns[:2].tolist() == ["particle", "points"]
    assert set(found.grains.dtypes[2:].astype(str)) == {"float64"}
    assert found.grains["particle"].dtype == np.int64


def test_another_column_another_fill_and_another_first_point_can_be_chosen() -> None:
    mapping = crystal_map(shape=[3], value="y", fill=float("nan"), first=11)
    mapping.update(_tracks((12, 0, 1)))
    np.testing.assert_array_equal(mapping.final().maps, [[np.nan, 2.0, np.nan]])


@pytest.mark.parametrize("frame", [0, 7, -3])
def test_an_event_outside_the_grid_is_refused_and_the_rest_kept(frame: int) -> None:
    mapping = crystal_map(shape=[2, 3])
    mapping.update(_tracks((1, 0, 5)))
    with pytest.raises(DocumentError, match=rf"event {frame} is outside the scan grid of shape \[2, 3\]"):
        mapping.update(_tracks((frame, 0, 5)))
    assert mapping.final().grains["points"].tolist() == [1]


@pytest.mark.parametrize(
    ("start", "parameters", "error", "words"),
    [
        ({}, {}, DocumentError, "no usable 'shape'"),
        ({"shape": []}, {}, DocumentError, "no usable 'shape'"),
        ({"shape": [2, 3], "snaking": [True]}, {}, UsageError, "2 axes"),
        ({"shape": [2, 3]}, {"snaking": [True, False, True]}, UsageError, "give one for each"),
    ],
)
def test_a_run_without_a_usable_grid_is_refused_at_once(
    start: dict[str, Any], parameters: dict[str, Any], error: type[Exception], words: str
) -> None:
    for kind in (crystal_map, crystal_windows):
        with pytest.raises(error, match=words):
            kind(run=RunContext(start), **parameters)


def test_a_scan_along_one_axis_needs_no_shape() -> None:
    mapping = crystal_map(run=RunContext({"num_points": 4}))
    mapping.update(_tracks((2, 0, 5)))
    assert mapping.final().maps.tolist() == [[0, 5, 0, 0]]


def test_a_missing_column_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no column 'mas'; it has .*did you mean 'mass'"):
        crystal_map(shape=[2], value="mas").update(_tracks((1, 0, 1)))


def test_rows_without_a_frame_belong_to_the_event() -> None:
    mapping = crystal_map(shape=[3])
    mapping.update(_tracks((1, 0, 5)).drop(columns="frame"), event=_event(3))
    assert mapping.final().maps.tolist() == [[0, 0, 5]]


@pytest.mark.parametrize(("invert", "expected"), [(True, [2.0, 1.0, 0.0]), (False, [0.0, 1.0, 2.0])])
def test_coordinates_are_those_of_the_sample_or_of_the_stage(invert: bool, expected: list[float]) -> None:
    start = {"shape": [2, 3], "extents": [[0.5, 1.5], [-1, 1]]}
    axes = crystal_map(run=RunContext(start), invert=invert).final().axes
    assert axes.loc[axes["axis"] == 1, "coordinate"].tolist() == expected
    assert axes["index"].tolist() == [0, 1, 0, 1, 2]


def test_without_extents_coordinates_are_indices() -> None:
    assert crystal_map(shape=[3]).final().axes["coordinate"].tolist() == [0.0, 1.0, 2.0]


def _rocking(heights: list[float]) -> list[Any]:
    y, x = np.mgrid[:48, :48]
    peak = np.exp(-((y - 20) ** 2 + (x - 30) ** 2) / 8)
    return [100 + height * peak for height in heights]


def test_windows_follow_a_peak_through_a_scan_and_missing_events_are_filled() -> None:
    images = _rocking([0, 100, 400, 0])
    mapping = crystal_windows(shape=[5], radius=5, half_width=1, fill=-1)
    for number in (1, 2, 3, 4):
        mapping.update(images[number - 1], event=_event(number + (number > 2)))
    found = mapping.final()
    assert found is not SKIP
    assert found.windows[["grain", "y", "x", "dy", "dx"]].to_numpy().tolist() == [[0, 20, 30, 1, 1]]
    np.testing.assert_allclose(found.maps[0] / found.maps[0].max(), [0, 0.25, -1 / found.maps.max(), 1, 0], atol=1e-9)
    np.testing.assert_array_equal(found.light, np.max(images, axis=0))
    np.testing.assert_array_equal(found.dark, np.min(images, axis=0))


def test_windows_without_a_peak_or_without_an_event_are_no_error() -> None:
    flat = crystal_windows(shape=[2])
    flat.update(np.zeros((64, 64)))
    found = flat.final()
    assert found is not SKIP
    assert found.maps.shape == (0, 2)
    assert crystal_windows(shape=[2]).final() is SKIP


def test_windows_refuse_an_image_of_another_shape_and_keep_the_rest() -> None:
    images = _rocking([0, 400])
    mapping = crystal_windows(shape=[2], radius=5)
    mapping.update(images[0])
    with pytest.raises(UsageError, match="one accumulator takes one shape"):
        mapping.update(images[1][:-1])
    mapping.update(images[1])
    found = mapping.final()
    assert found is not SKIP
    assert len(found.windows) == 1
