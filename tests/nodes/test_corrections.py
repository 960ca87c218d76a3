"""Flat field, noise cut, clipping, energy: against plain numpy, for every numeric dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.model.errors import UsageError
from headrace.nodes import adu_to_energy, clip, flat_field, threshold_cut

_DTYPES = ("bool", "uint8", "uint16", "int32", "int64", "float32", "float64", ">u2")
_STACKS = st.sampled_from(_DTYPES).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=2, max_dims=4, max_side=4))
)
_NODES: dict[str, Callable[[Any], Any]] = {
    "flat_field": lambda images: flat_field(images, np.ones(images.shape[-2:])),
    "threshold_cut": lambda images: threshold_cut(images, below=3),
    "clip": lambda images: clip(images, low=1, high=3),
    "adu_to_energy": lambda images: adu_to_energy(images, gain=2),
}
every_node = pytest.mark.parametrize("name", sorted(_NODES))


@every_node
@given(images=_STACKS)
def test_images_of_any_shape_and_dtype_keep_their_shape_and_are_not_changed(name: str, images: Any) -> None:
    images.flags.writeable = False
    before = images.copy()
    with np.errstate(all="ignore"):
        found = _NODES[name](images)
    assert found.shape == images.shape
    assert not np.shares_memory(found, images)
    np.testing.assert_array_equal(images, before)


@given(
    hnp.arrays(np.uint16, (2, 3, 4)),
    hnp.arrays(np.uint16, (3, 4), elements=st.integers(2, 9)),
    hnp.arrays(np.uint16, (3, 4), elements=st.integers(0, 1)),
)
def test_a_flat_field_is_divided_out_with_its_mean_as_the_unit(frame: Any, flat: Any, dark: Any) -> None:
    response = flat.astype(float) - dark
    response /= response.mean()
    expected = (frame.astype(float) - dark) / response
    np.testing.assert_array_equal(flat_field(frame, flat, dark), expected)


def test_the_flat_field_of_itself_is_even_and_keeps_its_mean() -> None:
    flat = np.random.default_rng(1).uniform(50, 150, (8, 8))
    np.testing.assert_allclose(flat_field(flat, flat), flat.mean())
    np.testing.assert_allclose(flat_field(flat, flat, normalize="median"), np.median(flat))
    np.testing.assert_allclose(flat_field(flat, flat, normalize="none"), 1)


@pytest.mark.parametrize("bad", [0.0, -3.0, np.nan, np.inf])
def test_a_flat_pixel_that_says_nothing_is_nan_and_not_in_the_mean(bad: float) -> None:
    flat = np.array([[1.0, 3.0, bad]])
    np.testing.assert_array_equal(flat_field(np.full((1, 3), 6.0), flat), [[12.0, 4.0, np.nan]])
    np.testing.assert_array_equal(flat_field(np.full((2, 1, 3), 6.0), flat, fill=-1), [[[12.0, 4.0, -1.0]]] * 2)


def test_pixels_that_respond_too_little_are_left_out() -> None:
    flat = np.array([[0.1, 1.45, 1.45]])
    assert np.isnan(flat_field(flat, flat, min_flat=0.1)[0]).tolist() == [True, False, False]


def test_unsigned_integers_do_not_wrap_below_the_dark() -> None:
    one = np.array([[[5]]], dtype="uint8")
    assert flat_field(one, np.array([[12]], dtype="uint8"), np.array([[10]], dtype="uint8")).tolist() == [[[-5.0]]]


def test_a_flat_without_a_good_pixel_or_of_another_shape_is_refused() -> None:
    with pytest.raises(UsageError, match="no pixel above 0"):
        flat_field(np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(UsageError, match=r"\(2, 2\) and flat has shape \(2, 3\); expected the same shape"):
        flat_field(np.ones((2, 2)), np.ones((2, 3)))


@given(_STACKS, st.sampled_from([-1, 0, 2, 3.5]), st.sampled_from([0, 1, -1, 0.5, 300]))
def test_the_noise_cut_is_numpys_where(images: Any, below: float, fill: float) -> None:
    found = threshold_cut(images, below=below, fill=fill)
    np.testing.assert_array_equal(found, np.where(images < below, fill, images.astype(float)))


def test_values_equal_to_the_threshold_stay_and_nan_stays() -> None:
    images = np.array([[999.999, 1000.0, np.nan, np.inf, -np.inf]])
    np.testing.assert_array_equal(threshold_cut(images), [[0, 1000, np.nan, np.inf, 0]])


@pytest.mark.parametrize(
    ("dtype", "fill", "expected"),
    [
        ("uint16", 0, "uint16"),
        ("uint16", -1, "float64"),
        ("uint8", 256, "float64"),
        ("uint8", 0.5, "float64"),
        ("int32", -1, "int32"),
        ("float32", 0.5, "float32"),
        ("float32", 1e300, "float64"),
        ("int64", float("nan"), "float64"),
    ],
)
def test_the_dtype_stays_if_the_fill_fits_in_it(dtype: str, fill: float, expected: str) -> None:
    found = threshold_cut(np.array([[0, 100]], dtype=dtype), below=50, fill=fill)
    assert found.dtype == expected
    np.testing.assert_array_equal(found, [[fill, 100]])


@given(_STACKS, st.none() | st.sampled_from([-300, -1, 0, 1.5]), st.none() | st.sampled_from([2, 2.5, 255, 1e9]))
def test_clipping_is_numpys_clip_in_float64(images: Any, low: float | None, high: float | None) -> None:
    if low is None and high is None:
        with pytest.raises(UsageError, match="give 'low', 'high' or both"):
            clip(images)
    else:
        np.testing.assert_array_equal(clip(images, low=low, high=high), np.clip(images.astype(float), low, high))


@pytest.mark.parametrize(
    ("dtype", "limits", "expected"),
    [
        ("uint8", {"low": -5, "high": 200}, "uint8"),
        ("uint8", {"high": 300}, "uint8"),
        ("uint8", {"low": 300}, "float64"),
        ("uint16", {"low": 0.5}, "float64"),
        ("int16", {"low": -5}, "int16"),
        ("float32", {"low": 0.1}, "float32"),
        ("uint64", {"high": float("inf")}, "uint64"),
    ],
)
def test_clipping_keeps_the_dtype_where_the_limits_allow(dtype: str, limits: dict[str, float], expected: str) -> None:
    assert clip(np.array([[0, 100]], dtype=dtype), **limits).dtype == expected


def test_a_single_number_is_clipped_and_nan_stays() -> None:
    assert float(clip(np.float64(7), high=5)) == 5
    assert np.isnan(clip(np.float64("nan"), low=0))


def test_limits_in_the_wrong_order_are_refused_before_the_run() -> None:
    with pytest.raises(UsageError, match=r"low \(3\) must not be above high \(2\)"):
        clip(np.zeros((1, 1)), low=3, high=2)
    problems_of = clip.node_type.problems_of
    assert problems_of is not None
    assert list(problems_of({"low": 0, "high": 0})) == []
    assert len(list(problems_of({"low": 1, "high": 0}))) == 1


@given(_STACKS, st.floats(0.1, 100))
def test_energy_is_adu_times_gain_times_the_energy_of_a_pair(images: Any, gain: float) -> None:
    with np.errstate(all="ignore"):
        found = adu_to_energy(images, gain=gain)
        np.testing.assert_array_equal(found, images.astype(float) * (gain * 3.65))
    assert found.dtype == np.float64


@pytest.mark.parametrize("call", [lambda value: threshold_cut(value), lambda value: flat_field(value, np.ones((1, 1)))])
@pytest.mark.parametrize("value", [np.zeros(3), 1.0, np.zeros((0, 3)), np.zeros((2, 2), complex)])
def test_what_is_no_image_is_refused(call: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(UsageError, match=r"expected images|no pixel in it|expected real numbers"):
        call(value)
