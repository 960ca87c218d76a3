"""Averaging images and subtracting darks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.model.errors import UsageError
from headrace.nodes import average, dark_subtract

_DTYPES = ("bool", "uint8", "uint16", "int32", "int64", "uint64", "float32", "float64", ">u2")
_STACKS = st.sampled_from(_DTYPES).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=2, max_dims=5, max_side=5))
)


@given(_STACKS)
def test_the_average_is_numpys_float64_mean_bit_for_bit(frames: Any) -> None:
    with np.errstate(all="ignore"):  # infinities of both signs
        found, expected = average(frames), np.mean(frames, axis=tuple(range(frames.ndim - 2)), dtype=np.float64)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_one_image_is_copied_and_not_changed() -> None:
    image = np.ones((2, 3))
    found = average(image)
    found += 1
    assert image.tolist() == np.ones((2, 3)).tolist()


def test_nested_lists_of_an_in_line_image_are_averaged() -> None:
    assert average([[[1, 2]], [[3, 4]]]).tolist() == [[2.0, 3.0]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros(5), r"shape \(5,\); expected images"),
        (3.0, "expected images"),
        (np.zeros((0, 2, 2)), "there is no image in it"),
        (np.zeros((2, 2), dtype=complex), "expected real numbers"),
        ([[1, 2], [3]], "no array"),
        ("text", "expected real numbers"),
    ],
)
def test_what_is_no_image_is_refused_with_words(value: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        average(value)


def test_a_nan_spreads_to_its_own_pixel_only() -> None:
    frames = np.zeros((3, 1, 2))
    frames[1, 0, 1] = np.nan
    np.testing.assert_array_equal(average(frames), [[0.0, np.nan]])


def test_unsigned_integers_do_not_wrap_when_the_dark_is_higher() -> None:
    frame, dark = np.array([[10, 20]], dtype="uint16"), np.array([[15, 5]], dtype="uint16")
    assert dark_subtract(frame, dark).tolist() == [[0.0, 15.0]]
    assert dark_subtract(frame, dark, clip=None).tolist() == [[-5.0, 15.0]]


@given(
    hnp.arrays(np.uint16, (3, 4)),
    hnp.arrays(np.uint16, (3, 4)),
    st.floats(0, 10),
    st.floats(-100, 100),
    st.none() | st.floats(-10, 10),
)
def test_the_subtraction_is_its_formula(
    frame: Any, dark: Any, scale: float, pedestal: float, clip: float | None
) -> None:
    expected = frame.astype(float) - (dark.astype(float) - pedestal) * scale
    expected = expected if clip is None else np.maximum(expected, clip)
    found = dark_subtract(frame, dark, scale=scale, pedestal=pedestal, clip=clip)
    np.testing.assert_array_equal(found, expected)


def test_a_dark_of_one_value_holds_everywhere() -> None:
    assert dark_subtract(np.full((2, 2), 5), np.full((1, 1), 3)).tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_neither_frame_nor_dark_is_changed() -> None:
    frame, dark = np.full((2, 2), 5.0), np.full((2, 2), 3.0)
    dark_subtract(frame, dark, scale=2, pedestal=1)
    assert frame.max() == 5
    assert dark.max() == 3


@pytest.mark.parametrize(
    ("frame", "dark", "words"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), r"\(2, 3\) and dark has shape \(3, 2\)"),
        (np.zeros((2, 3)), np.zeros((1, 3)), "expected the same shape"),
        (np.zeros((4, 2, 3)), np.zeros((2, 3)), "put an 'average' before it"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(frame: Any, dark: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        dark_subtract(frame, dark)
