"""Masks, in which True is good: from files, values, edges, polygons and noise; combined and applied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from event_model import compose_run
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.path import Path as Outline

import headrace
from headrace.engine.model.errors import DocumentError, NotReachableError, UsageError
from headrace.nodes import (
    apply_mask,
    combine_masks,
    hot_pixels,
    mask_edges,
    mask_file,
    mask_polygon,
    mask_range,
    source,
)

read = mask_file.node_type.target
_MASKS = hnp.arrays(np.bool_, (3, 4))


def _write(path: Path, mask: Any) -> str:
    if path.suffix == ".npy":
        np.save(path, mask)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["mask"] = mask
    else:
        tifffile.imwrite(path, mask, photometric="minisblack")
    return str(path)


@pytest.mark.parametrize("name", ["m.npy", "m.tif", "m.h5"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_file_says_which_pixels_are_good_or_which_are_bad(tmp_path: Path, name: str, dtype: str) -> None:
    file = _write(tmp_path / name, np.array([[0, 1, 255]] * 2, dtype=dtype))
    assert read(file=file).tolist() == [[False, True, True]] * 2
    assert read(file=file, bad="nonzero").tolist() == [[True, False, False]] * 2


def test_a_nan_in_a_file_is_bad_either_way(tmp_path: Path) -> None:
    file = _write(tmp_path / "m.npy", np.array([[np.nan, 0.0, 1.0]]))
    assert read(file=file).tolist() == [[False, False, True]]
    assert read(file=file, bad="nonzero").tolist() == [[False, True, False]]


def test_a_file_that_is_not_there_or_holds_several_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReachableError, match="no such file"):
        read(file=str(tmp_path / "m.npy"))
    with pytest.raises(UsageError, match=r"\(2, 3, 4\); expected one image"):
        read(file=_write(tmp_path / "m.npy", np.zeros((2, 3, 4))))
    assert read(file=_write(tmp_path / "m.npy", np.zeros((1, 3, 4)))).shape == (3, 4)
    (tmp_path / "m.txt").write_text("0 1")
    with pytest.raises(DocumentError, match="one of the kinds"):
        read(file=str(tmp_path / "m.txt"))


@given(
    hnp.arrays(np.float64, (2, 3), elements=st.sampled_from([-1.0, 0.0, 1.0, 5.0, np.nan, np.inf])),
    st.none() | st.sampled_from([0.0, 1.0]),
    st.none() | st.sampled_from([1.0, 5.0]),
)
def test_a_range_is_closed_on_both_sides_and_never_holds_nan(image: Any, low: float | None, high: float | None) -> None:
    assume(low is not None or high is not None)
    expected = ~np.isnan(image)
    expected &= image >= (-np.inf if low is None else low)
    expected &= image <= (np.inf if high is None else high)
    found = mask_range(image, low=low, high=high)
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, expected)


def test_a_range_without_limits_or_upside_down_is_refused() -> None:
    with pytest.raises(UsageError, match="give 'low', 'high' or both"):
        mask_range(np.zeros((1, 1)))
    with pytest.raises(UsageError, match=r"low \(2\) must not be above high \(1\)"):
        mask_range(np.zeros((1, 1)), low=2, high=1)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 5))
def test_a_margin_is_masked_on_all_sides(ny: int, nx: int, edge: int) -> None:
    image = np.zeros((ny, nx), dtype="uint16")
    if 2 * edge >= min(ny, nx):
        with pytest.raises(UsageError, match="leaves nothing"):
            mask_edges(image, edge=edge)
        return
    y, x = np.mgrid[:ny, :nx]
    expected = np.minimum.reduce([y, x, ny - 1 - y, nx - 1 - x]) >= edge
    np.testing.assert_array_equal(mask_edges(image, edge=edge), expected)


_CORNERS = st.tuples(st.floats(-3, 15), st.floats(-3, 15))


@given(st.lists(_CORNERS, min_size=3, max_size=3))
def test_a_triangle_is_what_is_on_the_same_side_of_its_three_edges(corners: list[tuple[float, float]]) -> None:
    y, x = np.mgrid[:12, :10]
    sides = np.stack(
        [
            (b[0] - a[0]) * (x - a[1]) - (b[1] - a[1]) * (y - a[0])
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
        ]
    )
    clear = np.asarray(np.min(np.abs(sides), axis=0) > 1e-6)
    expected = np.asarray(np.min(sides, axis=0) > 0) | np.asarray(np.max(sides, axis=0) < 0)
    found = mask_polygon(np.zeros((12, 10)), polygon=corners, good="inside")
    np.testing.assert_array_equal(found[clear], expected[clear])


def test_a_star_is_that_of_matplotlib() -> None:
    random = np.random.default_rng(4)
    angles, lengths = np.linspace(0, 2 * np.pi, 13)[:-1], random.uniform(5, 30, 12)
    corners = [(20 + r * np.sin(a), 25 + r * np.cos(a)) for r, a in zip(lengths, angles, strict=True)]
    y, x = np.mgrid[:40, :50]
    expected = Outline(corners).contains_points(np.column_stack([y.ravel(), x.ravel()])).reshape(40, 50)
    np.testing.assert_array_equal(mask_polygon(np.zeros((40, 50)), polygon=corners), ~expected)


_WHOLE = st.tuples(st.integers(-2, 12), st.integers(-2, 12))


@given(st.lists(_WHOLE | _CORNERS, min_size=3, max_size=7), _WHOLE | _CORNERS, st.integers(1, 5))
def test_a_polygon_cut_in_two_shares_no_pixel_and_loses_none(
    corners: list[tuple[float, float]], inner: tuple[float, float], cut: int
) -> None:
    cut = min(cut, len(corners) - 1)
    image = np.zeros((10, 11))
    first, second = [*corners[: cut + 1], inner], [*corners[cut:], corners[0], inner]
    whole, one, other = (~mask_polygon(image, polygon=part) for part in (corners, first, second))
    np.testing.assert_array_equal(whole, one ^ other)  # even-odd: what is in both is in neither


@given(st.integers(-2, 9), st.integers(-2, 9), st.integers(1, 12), st.integers(1, 12))
def test_a_rectangle_is_numpys_slice(y0: int, x0: int, ny: int, nx: int) -> None:
    y1, x1 = y0 + ny, x0 + nx
    expected = np.zeros((8, 9), dtype=bool)
    expected[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    corners: list[tuple[float, float]] = [(y0, x0), (y0, x1), (y1, x1), (y1, x0)]
    for polygon in (corners, corners[::-1]):
        found = mask_polygon(np.zeros((8, 9)), polygon=polygon, good="inside")
        np.testing.assert_array_equal(found, expected)


def test_a_polygon_mask_can_be_written_to_without_harm_to_the_next() -> None:
    corners = [(0.0, 0.0), (0.0, 2.0), (2.0, 2.0)]
    image = np.zeros((3, 3))
    first = mask_polygon(image, polygon=corners, good="inside")
    first[:] = True
    assert not mask_polygon(image, polygon=corners, good="inside").all()


def test_a_corner_that_is_nowhere_is_refused_before_the_run() -> None:
    problems_of = mask_polygon.node_type.problems_of
    assert problems_of is not None
    assert "a corner of the polygon is [nan, 1]" in next(iter(problems_of({"polygon": [[float("nan"), 1]]})))
    with pytest.raises(UsageError, match="expected finite numbers"):
        mask_polygon(np.zeros((2, 2)), polygon=[(0, 0), (1, float("inf")), (1, 1)])


def _dark() -> Any:
    return np.random.default_rng(2).poisson(100, (60, 70)).astype("uint16")


def test_hot_and_dead_pixels_are_found_and_nothing_else() -> None:
    dark = _dark()
    dark[10, 20], dark[0, 0], dark[30, 31], dark[50, 5] = 400, 500, 300, 0
    assert np.argwhere(~hot_pixels(dark, threshold=8)).tolist() == [[0, 0], [10, 20], [30, 31]]
    assert np.argwhere(~hot_pixels(dark, threshold=8, which="both")).tolist() == [[0, 0], [10, 20], [30, 31], [50, 5]]
    assert np.argwhere(~hot_pixels(dark, min_excess=350)).tolist() == [[0, 0]]


def test_the_scatter_is_that_of_the_image_for_normal_noise() -> None:
    noise = np.random.default_rng(3).normal(0, 1, (300, 300))
    for threshold in (2.0, 3.0):
        excess = noise - _scipy_median(noise)
        sigma = 1.4826 * np.median(np.abs(excess))
        np.testing.assert_array_equal(hot_pixels(noise, threshold=threshold), excess <= threshold * sigma)


def _scipy_median(image: Any) -> Any:
    from scipy import ndimage

    return ndimage.median_filter(image, size=3)


def test_a_photon_counting_image_of_mostly_zeros_does_not_lose_its_photons() -> None:
    image = np.zeros((50, 50), dtype="uint16")
    image[::5, ::5] = 1
    assert hot_pixels(image, threshold=60).all()
    image[7, 8] = 1000
    assert np.argwhere(~hot_pixels(image, threshold=60)).tolist() == [[7, 8]]
    assert hot_pixels(np.full((5, 5), 7)).all()


def test_masked_and_nan_pixels_stay_masked_and_do_not_count() -> None:
    dark = _dark().astype(float)
    dark[20:30, 20:30] = 1e6
    dark[5, 5], dark[6, 6] = np.nan, np.inf
    mask = np.ones(dark.shape, dtype=bool)
    mask[20:30, 20:30] = False
    found = hot_pixels(dark, mask, threshold=8)
    mask[5, 5] = mask[6, 6] = False
    np.testing.assert_array_equal(found, mask)


def test_each_image_of_a_stack_is_judged_by_itself() -> None:
    stack = np.stack([_dark(), _dark() * 3])
    stack[0, 3, 4] = 400
    np.testing.assert_array_equal(hot_pixels(stack), np.stack([hot_pixels(image) for image in stack]))


@given(_MASKS, _MASKS, _MASKS)
def test_masks_are_combined_as_truth_values(first: Any, second: Any, third: Any) -> None:
    np.testing.assert_array_equal(combine_masks(a=first, b=second, c=third), first & second & third)
    np.testing.assert_array_equal(combine_masks(a=first, b=second.astype(int), how="any"), first | second)
    stack = np.stack([second, third])
    np.testing.assert_array_equal(combine_masks(a=first, b=stack), first & stack)
    assert not np.shares_memory(combine_masks(a=first), first)


@given(_MASKS)
def test_a_mask_that_is_given_is_narrowed_by_every_mask_node(mask: Any) -> None:
    image = np.arange(12).reshape(3, 4)
    corners = [(0.0, 0.0), (0.0, 2.0), (2.0, 0.0)]
    before = mask.copy()
    np.testing.assert_array_equal(mask_range(image, mask, low=4), mask & (image >= 4))
    np.testing.assert_array_equal(mask_edges(image, mask, edge=1), mask & mask_edges(image, edge=1))
    np.testing.assert_array_equal(
        mask_polygon(image, mask, polygon=corners), mask & mask_polygon(image, polygon=corners)
    )
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        ({}, "Connect at least one"),
        ({"a": np.ones((2, 2)), "b": np.ones((2, 3))}, "b has shape|a has shape"),
        ({"a": np.array([[0, 2]])}, "a holds int64 numbers other than 0 and 1"),
        ({"a": np.array([[0, np.nan]])}, "other than 0 and 1"),
    ],
)
def test_what_is_no_mask_or_does_not_fit_is_refused_by_name(masks: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        combine_masks(**masks)


@given(st.sampled_from(["bool", "uint8", "uint16", "int64", "float32", ">u2"]), _MASKS)
def test_masked_pixels_are_nan_and_good_ones_as_they_were(dtype: str, mask: Any) -> None:
    images = np.arange(24).reshape(2, 3, 4).astype(dtype)
    images.flags.writeable = False
    found = apply_mask(images, mask)
    assert found.dtype == (np.float32 if dtype == "float32" else np.float64)
    np.testing.assert_array_equal(found, np.where(mask, images.astype(float), np.nan))
    kept = apply_mask(images, mask, fill=0)
    assert kept.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(kept, np.where(mask, images, 0))


def test_a_mask_of_another_shape_or_an_image_as_mask_is_refused() -> None:
    with pytest.raises(UsageError, match=r"mask has shape \(2, 3\) and the image has shape \(3, 2\)"):
        apply_mask(np.zeros((3, 2)), np.ones((2, 3)))
    with pytest.raises(UsageError, match="is it an image"):
        apply_mask(np.zeros((1, 2)), np.array([[3.0, 7.0]]))


def test_a_graph_masks_every_event_by_a_mask_that_is_made_once(tmp_path: Path) -> None:
    file = _write(tmp_path / "m.tif", np.array([[0, 1, 0, 0]] * 4, dtype="uint8"))
    from_file = mask_file(file=file, bad="nonzero")
    edges = mask_edges(from_file, edge=1)
    mask = combine_masks(stored=from_file, edges=edges)
    graph = headrace.Graph("g").keep(clean=apply_mask(source(field="image"), mask, fill=0), mask=mask)
    result = headrace.run(graph, _documents([np.full((4, 4), number, "uint16") for number in (5, 6)]))
    assert result["clean"].dtype == np.uint16
    assert np.argwhere(result["clean"]).tolist() == [[0, 1, 2], [0, 2, 2], [1, 1, 2], [1, 2, 2]]
    assert np.argwhere(result["mask"].reshape(4, 4)).tolist() == [[1, 2], [2, 2]]


def _documents(images: list[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    run = compose_run()
    key = {"dtype": "array", "shape": list(images[0].shape), "source": "sim", "dtype_numpy": images[0].dtype.str}
    stream = run.compose_descriptor(name="primary", data_keys={"image": key})
    documents: list[tuple[str, Mapping[str, Any]]] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    events = [stream.compose_event(data={"image": image}, timestamps={"image": 0.0}) for image in images]
    return [*documents, *(("event", event) for event in events), ("stop", run.compose_stop())]
