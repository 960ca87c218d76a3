"""Values at their places in the scan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import headrace
from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import mosaic, to_grid, waterfall
from headrace.nodes.support.grid import ScanGrid
from headrace.nodes.support.gridded import Gridded, Rows


def _event(number: int, time: float = 0.0) -> Event:
    return Event(EventKey("run", "primary", number), time, {})


GRIDS = [((2, 3), (False, True)), ((2, 2, 3), (False, True, True)), ((5,), (False,)), ((3, 2), (False, False))]


@pytest.mark.parametrize(("shape", "snaking"), GRIDS)
def test_values_go_where_their_events_were_taken(shape: tuple[int, ...], snaking: tuple[bool, ...]) -> None:
    grid = to_grid(run=RunContext({"shape": list(shape), "snaking": list(snaking)}))
    expected = np.full(shape, np.nan)
    for number in range(1, int(np.prod(shape)) + 1):
        if number != 2:
            grid.update(number, event=_event(number))
            expected[ScanGrid(shape, snaking).position(number)] = number
    found: Any = grid.final()
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float64


def test_curves_go_onto_the_grid_too_and_what_was_shown_stays() -> None:
    grid = to_grid(shape=[2, 2], snaking=True, fill=-1)
    grid.update(np.array([1, 2], dtype="uint8"), event=_event(1))
    shown: Any = grid.value()
    grid.update(np.array([255, 0], dtype="uint8"), event=_event(3))
    assert shown.tolist() == [[[1, 2], [-1, -1]], [[-1, -1], [-1, -1]]]
    last: Any = grid.final()
    assert last.tolist() == [[[1, 2], [-1, -1]], [[-1, -1], [255, 0]]]


def test_the_later_value_of_a_point_holds_and_what_does_not_fit_changes_nothing() -> None:
    grid = to_grid(shape=[2])
    grid.update(1, event=_event(1))
    grid.update(5, event=_event(1))
    with pytest.raises(DocumentError, match="event 3 is outside the scan grid"):
        grid.update(1, event=_event(3))
    with pytest.raises(UsageError, match=r"value has shape \(2,\), those before had shape \(\)"):
        grid.update([1, 2], event=_event(2))
    np.testing.assert_array_equal(grid.final(), [5, np.nan])


def test_nothing_comes_of_nothing() -> None:
    for nothing in (to_grid(shape=[2]), mosaic(shape=[2]), waterfall()):
        assert nothing.final() is SKIP


def test_a_run_without_a_grid_is_refused_at_once() -> None:
    for kind in (to_grid, mosaic):
        with pytest.raises(DocumentError, match="no usable 'shape'"):
            kind(run=RunContext({}))


@pytest.mark.parametrize("kind", ["to_grid", "mosaic", "crystal_map", "crystal_windows"])
@pytest.mark.parametrize(
    ("grid", "words"),
    [("shape: [2, 3], snaking: [true]", "'shape' has 2 axes and 'snaking' has 1"), ("shape: []", "has no axis")],
)
def test_a_grid_that_can_not_be_is_a_fault_of_the_graph(kind: str, grid: str, words: str) -> None:
    nodes = f"  a: {{type: source, field: a}}\n  b: {{type: {kind}, in: a, {grid}}}\n  k: {{type: sink, in: b}}\n"
    [fault] = headrace.check(headrace.Graph.from_yaml(f"headrace: 1\ngraph: g\nnodes:\n{nodes}"))
    assert (fault.code, words in fault.message) == ("HR309", True)


@given(arrays(np.uint16, (6, 5, 7), elements=st.integers(0, 65535)), st.integers(1, 3), st.integers(0, 2))
def test_a_mosaic_has_the_mean_of_each_bin_in_its_tile(images: Any, by: int, gap: int) -> None:
    picture = mosaic(by=by, gap=gap, shape=[2, 3], snaking=[False, True], fill=-1)
    for number, image in enumerate(images, 1):
        picture.update(image, event=_event(number))
    found: Any = picture.final()
    ny, nx = 5 // by, 7 // by
    assert found.shape == (2 * ny + gap, 3 * nx + 2 * gap)
    for number, image in enumerate(images, 1):
        row, column = (int(place) for place in ScanGrid((2, 3), (False, True)).position(number))
        top, left = row * (ny + gap), column * (nx + gap)
        small = image[: ny * by, : nx * by].reshape(ny, by, nx, by).mean(axis=(1, 3), dtype=float)
        np.testing.assert_allclose(found[top : top + ny, left : left + nx], small, rtol=1e-12)
    if gap:
        assert (found[ny : ny + gap] == -1).all()


def test_a_mosaic_of_many_axes_has_the_fastest_across() -> None:
    picture = mosaic(shape=[2, 2, 3])
    for number in range(1, 13):
        picture.update(np.full((1, 1), number), event=_event(number))
    found: Any = picture.final()
    assert found.tolist() == np.arange(1.0, 13.0).reshape(4, 3).tolist()


def test_an_image_smaller_than_a_bin_is_refused() -> None:
    with pytest.raises(UsageError, match="smaller than one bin"):
        mosaic(shape=[2], by=4).update(np.ones((2, 8)))


def test_a_mosaic_is_shown_as_often_as_asked() -> None:
    picture = mosaic(shape=[4], seconds=1.0)
    shown = []
    for number, time in enumerate((0.0, 0.5, 1.0, 1.1), 1):
        picture.update(np.ones((1, 1)), event=_event(number, time))
        shown.append(picture.value() is not SKIP)
    assert shown == [True, False, True, False]


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_a_waterfall_has_a_row_per_event_in_their_dtype(dtype: str) -> None:
    lines, curve = waterfall(), np.arange(3, dtype=dtype)
    for number in (1, 2, 5):
        lines.update(curve, event=_event(number))
        curve += 1
    found = lines.final()
    assert found is not SKIP
    assert found.rows.dtype == np.dtype(dtype)
    assert found.rows.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert found.seq_nums.tolist() == [1, 2, 5]


@pytest.mark.parametrize(("curve", "words"), [(np.ones(4), "those before had shape"), (np.ones((2, 3)), "one curve")])
def test_a_waterfall_refuses_what_is_no_curve_like_the_others(curve: Any, words: str) -> None:
    lines = waterfall()
    lines.update(np.ones(3))
    with pytest.raises(UsageError, match=words):
        lines.update(curve)
    found = lines.final()
    assert found is not SKIP
    assert len(found.rows) == 1


@given(st.lists(st.integers(1, 6), max_size=12), st.integers(0, 12))
def test_parts_of_a_scan_merge_to_the_whole(order: list[int], cut: int) -> None:
    grid = ScanGrid((2, 3), (False, True))
    for whole, first, second in (
        [Gridded(grid, np.nan) for _ in range(3)],
        [Rows() for _ in range(3)],
    ):
        for place, number in enumerate(order):
            for state in (whole, first if place < cut else second):
                state.push(place, number)
        first.merge(second)  # type: ignore[arg-type]
        assert first.is_empty is whole.is_empty
        if order:
            for found, expected in zip(first.value(), whole.value(), strict=True):
                np.testing.assert_array_equal(found, expected)
        first.clear()
        assert first.is_empty
