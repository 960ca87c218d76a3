"""Smoothing: against scipy for each image by itself, and against plain numpy where there is NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from headrace.engine.model.errors import UsageError
from headrace.nodes import gaussian_filter, median_filter

_DTYPES = ("bool", "uint8", "uint16", "int32", "float16", "float32", "float64", ">u2", ">f8")


def _stack(dtype: str) -> Any:
    stack = np.random.default_rng(1).integers(0, 200, (2, 3, 9, 11)).astype(dtype)
    stack.flags.writeable = False
    return stack


@pytest.mark.parametrize("dtype", _DTYPES)
def test_each_image_is_smoothed_as_scipy_does_it_in_float64(dtype: str) -> None:
    stack = _stack(dtype)
    found = gaussian_filter(stack, sigma=(1.5, 0.5), reach=3)
    assert found.dtype == np.float64
    for place in np.ndindex(2, 3):
        expected = ndimage.gaussian_filter(stack[place].astype(float), (1.5, 0.5), truncate=3)
        np.testing.assert_allclose(found[place], expected, rtol=1e-13)


def test_the_sum_stays_and_no_smoothing_changes_nothing() -> None:
    image = _stack("uint16")[0, 0]
    assert gaussian_filter(image, sigma=2).sum() == pytest.approx(image.sum())
    np.testing.assert_array_equal(gaussian_filter(image, sigma=0), image)


def test_a_nan_spreads_as_far_as_the_gaussian_reaches() -> None:
    image = np.ones((21, 21))
    image[10, 10] = np.nan
    found = np.isnan(gaussian_filter(image, sigma=1, reach=2))
    assert np.argwhere(found).min() == 8
    assert np.argwhere(found).max() == 12
    assert found.sum() == 25


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_left_out_leaves_an_even_image_even_and_stays_nan(bad: float) -> None:
    image = np.full((2, 15, 15), 7.0)
    image[0, 5:8, 6], image[1, 0, 0] = bad, bad
    found = gaussian_filter(image, sigma=1.5, nan="omit")
    np.testing.assert_array_equal(np.isnan(found), ~np.isfinite(image))
    np.testing.assert_allclose(found[np.isfinite(image)], 7.0)


@pytest.mark.parametrize("dtype", _DTYPES)
@pytest.mark.parametrize("size", [3, (1, 5), (5, 3)])
def test_medians_are_those_of_scipy_and_keep_the_dtype(dtype: str, size: Any) -> None:
    stack = _stack(dtype)
    found = median_filter(stack, size=size)
    kept = {"bool": "uint8", "float16": "float32"}.get(dtype, np.dtype(dtype).newbyteorder("="))
    assert found.dtype == kept
    for place in np.ndindex(2, 3):
        np.testing.assert_array_equal(found[place], ndimage.median_filter(stack[place].astype(float), size))


_WITH_NAN = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=7),
    elements=st.integers(-9, 9).map(float) | st.just(np.nan),
)


@settings(deadline=None)
@given(_WITH_NAN, st.sampled_from([(1, 1), (3, 3), (1, 5), (5, 3)]))
def test_medians_of_what_is_not_nan_are_those_of_numpy(image: Any, size: tuple[int, int]) -> None:
    found = median_filter(image, size=size, nan="omit")
    padded = np.pad(image, [(side // 2, side // 2) for side in size], mode="symmetric")
    for y, x in np.ndindex(image.shape):
        window = padded[y : y + size[0], x : x + size[1]]
        valid = window[~np.isnan(window)]
        expected = np.median(valid) if valid.size else np.nan
        np.testing.assert_array_equal(found[y, x], expected)


def test_a_nan_is_an_error_unless_it_is_to_be_left_out() -> None:
    image = np.ones((4, 4))
    image[1, 1] = np.nan
    with pytest.raises(UsageError, match=r"1 pixels that are NaN.*nan: omit"):
        median_filter(image, size=3)


def test_single_bad_pixels_vanish_and_edges_stay() -> None:
    image = np.zeros((8, 8), dtype="uint16")
    image[:, 4:] = 100
    expected = image.copy()
    image[2, 2], image[5, 6] = 65535, 0
    np.testing.assert_array_equal(median_filter(image, size=3), expected)


@pytest.mark.parametrize("value", [np.zeros(3), np.zeros((2, 0)), 1.0])
def test_what_is_no_image_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"expected images|no pixel in it"):
        gaussian_filter(value, sigma=1)
    with pytest.raises(UsageError, match=r"expected images|no pixel in it"):
        median_filter(value, size=3)
