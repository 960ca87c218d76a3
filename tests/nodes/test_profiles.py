"""Profiles against plain numpy and scikit-image's formula, and the numbers read off a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from event_model import compose_run
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import headrace
from headrace import Graph, UsageError
from headrace.nodes import line_cut, nearest, peak_window, projection, radial_profile, source

FRAME = np.arange(35, dtype="uint16").reshape(5, 7)


def naive_rings(frame: Any, mask: Any, centre: Any, oversample: float) -> list[npt.NDArray[Any]]:
    """Collect the values of each ring, pixel by pixel."""
    rings: dict[int, list[float]] = {}
    top = 0
    for place, value in np.ndenumerate(frame):
        ring = round(
            oversample * float(np.sqrt(sum((at - middle) ** 2 for at, middle in zip(place, centre, strict=True))))
        )
        top = max(top, ring)
        if mask[place] and not np.isnan(value):
            rings.setdefault(ring, []).append(float(value))
    return [np.array(rings.get(ring, [])) for ring in range(top + 1)]


numbers = st.floats(-1e6, 1e6, width=32) | st.just(float("nan"))
shapes = st.tuples(st.integers(1, 7), st.integers(1, 7))


@settings(deadline=None)
@given(
    data=st.data(),
    shape=shapes,
    dtype=st.sampled_from(["uint8", "int16", "uint64", "float32", "float64", "bool"]),
    oversample=st.sampled_from([0.5, 1.0, 2.0, 3.3]),
)
def test_a_radial_profile_is_what_a_loop_over_the_pixels_gives(
    data: Any, shape: tuple[int, int], dtype: str, oversample: float
) -> None:
    elements = numbers if dtype.startswith("f") else None
    frame = data.draw(arrays.arrays(dtype, shape, elements=elements))
    mask = data.draw(st.none() | arrays.arrays(bool, shape))
    centre = data.draw(st.none() | st.lists(st.floats(-3, 9), min_size=2, max_size=2))
    found = radial_profile(frame, mask, centre=centre, oversample=oversample)
    good = np.ones(shape, dtype=bool) if mask is None else mask
    middle = centre if centre is not None else [points // 2 for points in shape]
    expected = naive_rings(frame, good, middle, oversample)
    assert found.count.tolist() == [len(ring) for ring in expected]
    scale = max([1.0, *(float(np.abs(ring).max()) for ring in expected if len(ring))])
    for ring, mean, std in zip(expected, found.mean, found.std, strict=True):
        wanted = (ring.mean(), ring.std()) if len(ring) else (np.nan, np.nan)
        np.testing.assert_allclose((mean, std), wanted, rtol=1e-9, atol=1e-9 * scale)
    np.testing.assert_array_equal(found.radius, np.arange(len(expected)) / oversample)
    assert [part.dtype.kind for part in found] == ["f", "f", "i", "f"]


def test_the_spread_of_a_ring_is_never_nan_where_there_are_pixels() -> None:
    frame = np.full((64, 64), 1e8 + 0.1)
    assert np.all(radial_profile(frame).std < 1e-6)
    noisy = 1e9 + np.random.default_rng(0).normal(size=(256, 256))
    assert radial_profile(noisy).std[60:100].mean() == pytest.approx(1, rel=0.02)


def test_a_half_is_rounded_to_the_even_ring_and_an_empty_ring_is_nan() -> None:
    found = radial_profile(np.arange(8.0)[None, :], centre=[0, 0], oversample=0.5)
    assert found.count.tolist() == [2, 1, 3, 1, 1]  # 0.5 goes to 0, 1.5 and 2.5 to 2, 3.5 to 4
    sparse = radial_profile(np.ones((1, 3)), oversample=2.0)
    assert sparse.count.tolist() == [1, 0, 2]
    assert np.isnan(sparse.mean[1])
    assert np.isnan(sparse.std[1])


def test_unsigned_counts_do_not_wrap_and_the_frame_is_left_alone() -> None:
    frame = np.full((3, 3), 65535, dtype="uint16")
    frame.flags.writeable = False
    assert radial_profile(frame).mean.tolist() == [65535, 65535]
    holed = np.ones((3, 3))
    holed[0, 0] = np.nan
    holed.flags.writeable = False
    assert radial_profile(holed, np.ones((3, 3), dtype=bool)).count.tolist() == [1, 7]


def test_what_is_given_back_may_be_changed_without_spoiling_the_next_profile() -> None:
    first = radial_profile(FRAME)
    first.count[:] = 0
    assert radial_profile(FRAME).count.sum() == FRAME.size


def test_a_volume_has_shells_if_a_centre_says_so_and_a_stack_is_refused() -> None:
    volume = np.random.default_rng(1).normal(size=(4, 5, 6))
    found = radial_profile(volume, centre=[2, 2, 3])
    expected = naive_rings(volume, np.ones(volume.shape, dtype=bool), (2, 2, 3), 1.0)
    np.testing.assert_allclose(found.mean, [ring.mean() for ring in expected])
    with pytest.raises(UsageError, match="put an 'average' before it"):
        radial_profile(volume)
    assert radial_profile(FRAME[None]).mean.tolist() == radial_profile(FRAME).mean.tolist()


@pytest.mark.parametrize(
    ("frame", "more", "words"),
    [
        (np.ones(4), {}, "expected one image"),
        (np.ones((0, 4)), {}, "expected one image"),
        (FRAME, {"centre": [1.0, 2.0, 3.0]}, "a number for each axis"),
        (FRAME, {"centre": [np.nan, 2.0]}, "finite"),
        (FRAME, {"mask": np.ones((2, 2), dtype=bool)}, "mask has shape"),
        (FRAME * 1j, {}, "real numbers"),
    ],
)
def test_what_can_not_be_a_radial_profile_is_refused(frame: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        radial_profile(frame, **more)


def test_a_line_along_an_axis_reads_the_pixels_themselves() -> None:
    down = line_cut(FRAME, start=(0, 3), end=(4, 3))
    assert down.value.tolist() == FRAME[:, 3].tolist()
    assert down.distance.tolist() == [0, 1, 2, 3, 4]
    back = line_cut(FRAME, start=(2, 6), end=(2, 0))
    assert back.value.tolist() == FRAME[2, ::-1].tolist()


def test_a_slanted_line_interpolates_and_a_plane_is_read_exactly() -> None:
    y, x = np.mgrid[:40, :50]
    cut = line_cut(3 * y + 2 * x, start=(5.5, 7.25), end=(30, 41.5), width=5)
    share = np.linspace(0, 1, len(cut.value))
    np.testing.assert_allclose(cut.value, 3 * (5.5 + 24.5 * share) + 2 * (7.25 + 34.25 * share))
    assert cut.distance[-1] == pytest.approx(np.hypot(24.5, 34.25))
    assert np.diff(cut.distance).max() <= 1


def test_the_width_of_a_line_averages_or_adds_parallel_lines() -> None:
    assert line_cut(FRAME, start=(2, 0), end=(2, 6), width=3).value.tolist() == FRAME[1:4].mean(axis=0).tolist()
    assert (
        line_cut(FRAME, start=(2, 0), end=(2, 6), width=3, how="sum").value.tolist() == FRAME[1:4].sum(axis=0).tolist()
    )


def test_a_line_without_length_is_a_fault_of_the_graph() -> None:
    cut = line_cut(source(field="image"), start=(1, 2), end=(1, 2))
    faults = headrace.check(Graph("g").keep(cut=cut.value))
    assert [fault.code for fault in faults] == ["HR309"]
    assert "the same point" in faults[0].message


def test_a_point_outside_the_image_or_beside_a_nan_is_nan() -> None:
    assert np.isnan(line_cut(FRAME, start=(0, -2), end=(0, 8)).value).tolist() == [True] * 2 + [False] * 7 + [True] * 2
    assert np.isnan(line_cut(FRAME, start=(0, 0), end=(0, 6), width=3).value).all()
    holed = FRAME.astype(float)
    holed[2, 3] = np.nan
    assert np.isnan(line_cut(holed, start=(2, 0), end=(2, 6)).value[3])
    with pytest.raises(UsageError, match="two points in an image"):
        line_cut(FRAME, start=(1, 1), end=(1, 1))


@given(frame=arrays.arrays(st.sampled_from(["uint8", "int16", "float64"]), shapes, elements=st.integers(0, 100)))
def test_a_projection_is_numpys_mean_or_sum(frame: npt.NDArray[Any]) -> None:
    for axis, number in (("y", 0), ("x", 1)):
        np.testing.assert_array_equal(projection(frame, axis=axis, how="sum"), frame.sum(axis=number, dtype=float))  # type: ignore[arg-type]
        np.testing.assert_array_equal(projection(frame, axis=axis), frame.mean(axis=number, dtype=float))  # type: ignore[arg-type]


def test_a_nan_pixel_spoils_its_row_or_is_left_out_as_declared() -> None:
    frame = np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, 5.0]])
    assert np.isnan(projection(frame, axis="x")).tolist() == [True, True, False]
    np.testing.assert_array_equal(projection(frame, axis="x", nan="omit"), [1.0, np.nan, 4.0])
    np.testing.assert_array_equal(projection(frame, axis="y", nan="omit", how="sum"), [4.0, 5.0])
    with pytest.raises(UsageError, match="no pixel"):
        projection(np.ones((0, 3)), axis="y")


@settings(deadline=None)
@given(
    x=st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=12, unique=True),
    positions=st.lists(st.floats(-30, 30), min_size=1, max_size=5),
)
def test_the_nearest_point_is_the_nearest_and_the_lower_of_two(x: list[float], positions: list[float]) -> None:
    found = nearest(np.array(x), 10 * np.array(x), positions=positions)
    expected = [min(x, key=lambda at: (abs(at - wanted), at)) for wanted in positions]
    assert found.x.tolist() == expected
    assert found.value.tolist() == [10 * at for at in expected]


def test_a_position_far_from_any_point_gives_nan_if_asked() -> None:
    found = nearest(np.array([np.nan, 1.0, 2.0]), np.array([9.0, 5.0, np.nan]), positions=[1.2, 2.0, 3.0], within=0.5)
    np.testing.assert_array_equal(found.value, [5.0, np.nan, np.nan])
    np.testing.assert_array_equal(found.x, [1.0, 2.0, np.nan])
    with pytest.raises(UsageError, match="two curves of one length"):
        nearest(np.ones(3), np.ones(4), positions=[1])
    with pytest.raises(UsageError, match="no point"):
        nearest(np.ones(0), np.ones(0), positions=[1])


@given(position=st.floats(2.6, 3.4), width=st.floats(0.03, 0.1), height=st.floats(1, 1e5), slope=st.floats(-50, 50))
def test_a_gaussian_on_a_slope_is_measured(position: float, width: float, height: float, slope: float) -> None:
    x = np.linspace(2, 4, 801)
    y = 5 + slope * x + height * np.exp(-0.5 * ((x - position) / width) ** 2)
    found = peak_window(x, y, low=2.05, high=3.95)
    assert found.position == pytest.approx(position, abs=1e-4)
    assert found.width == pytest.approx(width, rel=1e-3)
    assert found.height == pytest.approx(height, rel=0.01)
    assert found.area == pytest.approx(height * width * np.sqrt(2 * np.pi), rel=1e-4)
    assert found == pytest.approx(peak_window(x[::-1], y[::-1], low=2.05, high=3.95))


def test_a_window_without_a_peak_gives_nan_and_one_off_the_curve_is_refused() -> None:
    x, flat = np.linspace(0, 1, 11), np.ones(11)
    found = peak_window(x, flat, low=0, high=1)
    assert np.isnan([found.position, found.width]).all()
    assert (found.height, found.area) == (0, 0)
    assert peak_window(x, flat, low=0, high=1, baseline="none").position == pytest.approx(0.5)
    assert np.isnan(peak_window(x, np.full(11, np.nan), low=0, high=1)).all()
    with pytest.raises(UsageError, match=r"0 points lie from 5 to 6; .* 11 points from 0 to 1"):
        peak_window(x, flat, low=5, high=6)


def test_profiles_go_through_a_graph_and_a_window_the_wrong_way_round_is_found_at_the_check() -> None:
    run = compose_run()
    keys = {"image": {"dtype": "array", "shape": [32, 32], "source": "sim", "dtype_numpy": "<f8"}}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    y, x = np.mgrid[:32, :32]
    frame = np.exp(-0.5 * (np.hypot(y - 16, x - 16) - 8) ** 2)
    event = stream.compose_event(data={"image": frame}, timestamps={"image": 0.0})
    documents = [("start", run.start_doc), ("descriptor", stream.descriptor_doc), ("event", event)]
    documents.append(("stop", run.compose_stop()))
    rings = radial_profile(source(field="image"))
    peak = peak_window(rings.radius, rings.mean, low=4, high=12)
    result = headrace.run(Graph("g").keep(mean=rings.mean, position=peak.position), documents)
    assert result["mean"].shape == (1, 24)
    assert result["position"]["position"].tolist() == [pytest.approx(8, abs=0.1)]
    wrong = Graph("g").keep(position=peak_window(rings.radius, rings.mean, low=12, high=4).position)
    with pytest.raises(headrace.HeadraceError, match=r"low \(12(\.0)?\) must be below high"):
        headrace.run(wrong, documents)
