"""Images of another shape: against numpy's and scipy's own functions, and as laws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from headrace.engine.model.errors import UsageError
from headrace.nodes import crop, flip, rebin, rotate, rotate_by_angle

_DTYPES = ("bool", "uint8", "uint16", "int32", "int64", "uint64", "float32", "float64", ">u2")
_STACKS = st.sampled_from(_DTYPES).flatmap(
    lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=2, max_dims=4, max_side=6))
)


@given(_STACKS, st.data())
def test_a_box_is_numpys_slice_as_a_copy(images: Any, data: st.DataObject) -> None:
    ny, nx = images.shape[-2:]
    y0, x0 = data.draw(st.integers(0, ny - 1)), data.draw(st.integers(0, nx - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, ny)), data.draw(st.integers(x0 + 1, nx))
    found = crop(images, box=(y0, y1, x0, x1))
    np.testing.assert_array_equal(found, images[..., y0:y1, x0:x1])
    assert found.dtype == images.dtype
    assert not np.shares_memory(found, images)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 0, 0, 2), r"box \[0, 0, 0, 2\] is empty"),
        ((0, 2, 3, 1), "is empty; expected y0 < y1 and x0 < x1"),
        ((0, 4, 0, 2), r"reaches beyond the image, which has shape \(3, 4\)"),
        ((0, 2, 0, 5), "reaches beyond"),
        ((-1, 2, 0, 2), "negative"),
    ],
)
def test_a_box_that_is_empty_or_reaches_beyond_the_image_is_refused(box: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        crop(np.zeros((3, 4)), box=box)


def test_an_empty_box_is_refused_before_the_run() -> None:
    problems_of = crop.node_type.problems_of
    assert problems_of is not None
    assert len(list(problems_of({"box": [4, 4, 0, 1]}))) == 1


@given(_STACKS, st.integers(1, 3), st.integers(1, 3), st.sampled_from(["sum", "mean"]))
def test_a_bin_is_the_sum_or_mean_of_its_pixels(images: Any, by_y: int, by_x: int, how: Any) -> None:
    ny, nx = images.shape[-2] // by_y, images.shape[-1] // by_x
    if ny == 0 or nx == 0:
        with pytest.raises(UsageError, match="smaller than one bin"):
            rebin(images, by=(by_y, by_x), how=how, ragged="cut")
        return
    with np.errstate(all="ignore"):
        found = rebin(images, by=(by_y, by_x), how=how, ragged="cut")
        parts = images[..., : ny * by_y, : nx * by_x].reshape(*images.shape[:-2], ny, by_y, nx, by_x)
        narrow = images.dtype.kind in "biu" and images.dtype.itemsize <= 4
        expected = parts.sum(axis=(-3, -1), dtype="int64" if narrow and how == "sum" else "float64")
        expected = expected / (by_y * by_x) if how == "mean" else expected
    assert found.dtype == expected.dtype
    if images.dtype.kind == "f":
        tame = np.isfinite(found) & np.isfinite(expected)  # another order of huge numbers may overflow elsewhere
        scale = np.abs(np.where(np.isfinite(images), images, 0).astype(float)).max()
        np.testing.assert_allclose(found[tame], expected[tame], rtol=1e-12, atol=1e-12 * scale)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-15)


@given(hnp.arrays(np.uint16, (4, 6)))
def test_binning_keeps_the_counts_and_binning_twice_is_binning_once(image: Any) -> None:
    once = rebin(image, by=2)
    assert int(once.sum()) == int(image.sum(dtype=np.int64))
    np.testing.assert_array_equal(rebin(once, by=(2, 3)), rebin(image, by=(4, 6)))


def test_unsigned_integers_do_not_wrap_and_nan_spoils_its_bin_only() -> None:
    assert rebin(np.full((2, 2), 255, dtype="uint8"), by=2).tolist() == [[1020]]
    image = np.ones((2, 4))
    image[0, 0] = np.nan
    np.testing.assert_array_equal(rebin(image, by=2), [[np.nan, 4.0]])


def test_what_is_left_over_is_an_error_unless_it_is_to_be_cut() -> None:
    image = np.ones((5, 4))
    with pytest.raises(UsageError, match=r"don't divide evenly.*ragged: cut"):
        rebin(image, by=2)
    assert rebin(image, by=2, ragged="cut").tolist() == [[4.0, 4.0], [4.0, 4.0]]
    assert rebin(image, by=(5, 2)).tolist() == [[10.0, 10.0]]


@given(_STACKS, st.integers(-9, 9))
def test_quarter_turns_are_numpys_rot90_of_each_image(images: Any, turns: int) -> None:
    found = rotate(images, quarter_turns=turns)
    np.testing.assert_array_equal(found, np.rot90(images, turns, axes=(-2, -1)))
    np.testing.assert_array_equal(rotate(found, quarter_turns=-turns), images)
    assert found.dtype == images.dtype
    assert found.flags.c_contiguous
    assert not np.shares_memory(found, images)


@given(_STACKS)
def test_mirrored_twice_is_as_it_was_and_both_ways_is_a_half_turn(images: Any) -> None:
    upside_down = flip(images, axis="y")
    np.testing.assert_array_equal(upside_down, images[..., ::-1, :])
    np.testing.assert_array_equal(flip(upside_down, axis="y"), images)
    np.testing.assert_array_equal(flip(upside_down, axis="x"), rotate(images, quarter_turns=2))
    assert not np.shares_memory(upside_down, images)


@pytest.mark.parametrize("dtype", ["bool", "uint16", ">u2", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("turns", [-1, 0, 1, 2])
@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_angles_go_the_way_of_quarter_turns(dtype: str, turns: int, interpolation: Any) -> None:
    image = np.random.default_rng(1).integers(0, 9, (2, 5, 5)).astype(dtype)
    found = rotate_by_angle(image, angle=90 * turns, interpolation=interpolation)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, rotate(image, quarter_turns=turns), atol=1e-12)


def test_each_image_of_a_stack_is_turned_as_scipy_turns_it() -> None:
    stack = np.random.default_rng(1).normal(size=(2, 3, 8, 11))
    found = rotate_by_angle(stack, angle=17, fill=-5)
    for place in np.ndindex(2, 3):
        expected = ndimage.rotate(stack[place], 17, reshape=False, order=1, cval=-5)
        np.testing.assert_allclose(found[place], expected, atol=1e-12)


def test_what_comes_from_beyond_the_image_is_nan_unless_said_otherwise() -> None:
    image = np.ones((9, 9))
    assert np.isnan(rotate_by_angle(image, angle=45)[0, 0])
    assert rotate_by_angle(image, angle=45, fill=0)[0, 0] == 0
    assert rotate_by_angle(image, angle=45)[4, 4] == pytest.approx(1)


@pytest.mark.parametrize("value", [np.zeros(3), 1.0, np.zeros((0, 3)), "text"])
def test_what_is_no_image_is_refused(value: Any) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: crop(value, box=(0, 1, 0, 1)),
        lambda: rebin(value, by=1),
        lambda: flip(value, axis="y"),
        lambda: rotate(value, quarter_turns=1),
        lambda: rotate_by_angle(value, angle=1),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=r"expected images|no pixel in it|expected real numbers"):
            call()
