"""Regions of an image: against plain numpy; a failed shot is never 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from event_model import compose_run
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import headrace
from headrace.engine.model.errors import UsageError
from headrace.nodes import clip, mask_edges, mask_polygon, roi, source

_DTYPES = ("bool", "uint8", "uint16", "int32", "int64", "float32", "float64", ">u2")
_IMAGES = st.sampled_from(_DTYPES).flatmap(lambda dtype: hnp.arrays(np.dtype(dtype), (4, 6)))


def _is(found: Any, pixels: Any) -> None:
    """Compare with numpy on the pixels that shall count."""
    values = np.asarray(pixels).astype(float)
    assert found.count == values.size
    if not values.size:
        assert all(np.isnan(part) for part in found[:4])
        return
    with np.errstate(all="ignore"):
        size = np.abs(np.where(np.isfinite(values), values, 0)).max()
        for name, part in zip(("sum", "mean", "min", "max"), found[:4], strict=True):
            expected = getattr(values, name)()
            assert isinstance(part, np.float64)
            if np.isfinite(expected):
                np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-12 * size)
            else:
                np.testing.assert_equal(part, expected)


@given(_IMAGES, st.integers(0, 3), st.integers(0, 5), st.integers(1, 4), st.integers(1, 6))
def test_a_box_is_numpys_slice_and_nan_is_left_out(image: Any, y0: int, x0: int, ny: int, nx: int) -> None:
    y1, x1 = min(y0 + ny, 4), min(x0 + nx, 6)
    image.flags.writeable = False
    pixels = image[y0:y1, x0:x1].astype(float)
    _is(roi(image, box=(y0, y1, x0, x1)), pixels[~np.isnan(pixels)])


@given(_IMAGES, hnp.arrays(np.bool_, (4, 6)))
def test_box_polygon_and_mask_leave_what_is_in_all_of_them(image: Any, mask: Any) -> None:
    corners = [(0.0, 0.0), (0.0, 5.0), (3.5, 5.0)]
    chosen = mask & mask_polygon(image, polygon=corners, good="inside")
    chosen[:1], chosen[:, 5:] = False, False
    if not chosen.any():
        with pytest.raises(UsageError, match="no pixel belongs to the region"):
            roi(image, mask, polygon=corners, box=(1, 4, 0, 5))
        return
    pixels = image[chosen].astype(float)
    _is(roi(image, mask, polygon=corners, box=(1, 4, 0, 5)), pixels[~np.isnan(pixels)])


def test_sums_do_not_wrap_and_the_whole_image_is_the_region_without_one() -> None:
    assert float(roi(np.full((10, 10), 255, dtype="uint8")).sum) == 25500
    assert float(roi(np.full((10, 10), 65535, dtype=">u2")).sum) == 6553500
    assert float(roi(np.full((2, 2), 60000, dtype="float16")).sum) == 4 * float(np.float16(60000))


def test_a_failed_shot_is_nan_and_never_zero() -> None:
    failed = roi(np.full((3, 3), np.nan), box=(0, 2, 0, 2))
    assert all(np.isnan(part) for part in failed[:4])
    assert failed.count == 0


def test_a_nan_is_left_out_spreads_or_is_an_error_as_declared() -> None:
    image = np.array([[1.0, np.nan], [3.0, 5.0]])
    assert [float(part) for part in roi(image)] == [9.0, 3.0, 1.0, 5.0, 3.0]
    spread = roi(image, nan="propagate")
    assert all(np.isnan(part) for part in spread[:4])
    assert spread.count == 4
    with pytest.raises(UsageError, match="1 of 4 pixels are NaN"):
        roi(image, nan="error")
    assert roi(image, box=(1, 2, 0, 2), nan="error").sum == 8  # the NaN is elsewhere


def test_infinite_pixels_are_numbers() -> None:
    both = roi(np.array([[np.inf, -np.inf, 1.0]]))
    assert (both.min, both.max, both.count) == (-np.inf, np.inf, 3)
    assert np.isnan(both.sum)


@pytest.mark.parametrize(
    ("value", "parameters", "words"),
    [
        (np.zeros((3, 4)), {"box": (1, 1, 0, 2)}, "is empty"),
        (np.zeros((3, 4)), {"box": (0, 4, 0, 2)}, "reaches beyond the image"),
        (np.zeros((3, 4)), {"polygon": [(9, 9), (9, 12), (12, 12)]}, "no pixel belongs to the region"),
        (np.zeros((3, 4)), {"polygon": [(0.2, 0.2), (0.2, 0.8), (0.8, 0.2)]}, "no pixel belongs"),
        (np.zeros((3, 4)), {"polygon": [(0, 0), (0, np.nan), (1, 1)]}, "expected finite numbers"),
        (np.zeros((5, 3, 4)), {}, "put an 'average' before it"),
        (np.zeros((0, 4)), {}, "there is no pixel in it"),
    ],
)
def test_a_region_that_makes_no_sense_is_refused(value: Any, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        roi(value, **parameters)


def test_a_mask_of_another_shape_or_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a mask of the same shape"):
        roi(np.zeros((3, 4)), np.ones((4, 3)))
    with pytest.raises(UsageError, match="no pixel belongs to the region"):
        roi(np.zeros((3, 4)), np.zeros((3, 4), dtype=bool))


def test_leading_axes_of_length_one_are_dropped() -> None:
    assert roi(np.ones((1, 1, 2, 2))).count == 4


def test_parameters_that_make_no_sense_are_refused_before_the_run() -> None:
    problems_of = roi.node_type.problems_of
    assert problems_of is not None
    assert list(problems_of({"box": None, "polygon": None})) == []
    assert len(list(problems_of({"box": [2, 1, 0, 1], "polygon": [[0, 0], [0, float("inf")], [1, 1]]}))) == 2


def test_a_graph_picks_its_numbers_by_name() -> None:
    image = source(field="image")
    spot = roi(image, mask_edges(image, edge=1), box=(0, 4, 0, 3))
    graph = headrace.Graph("g").keep(total=spot, mean=spot.mean, pixels=spot.count, low=clip(spot, high=20))
    frames = [np.arange(16, dtype="uint16").reshape(4, 4), np.full((4, 4), np.nan)]
    result = headrace.run(graph, _documents(frames))
    np.testing.assert_array_equal(result["total"]["total"], [30.0, np.nan])
    np.testing.assert_array_equal(result["mean"]["mean"], [7.5, np.nan])
    np.testing.assert_array_equal(result["low"]["low"], [20.0, np.nan])
    assert result["pixels"]["pixels"].tolist() == [4, 0]


def _documents(images: list[Any]) -> list[tuple[str, Mapping[str, Any]]]:
    run = compose_run()
    key = {"dtype": "array", "shape": list(images[0].shape), "source": "sim"}
    stream = run.compose_descriptor(name="primary", data_keys={"image": key})
    documents: list[tuple[str, Mapping[str, Any]]] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    events = [stream.compose_event(data={"image": image}, timestamps={"image": 0.0}) for image in images]
    return [*documents, *(("event", event) for event in events), ("stop", run.compose_stop())]
