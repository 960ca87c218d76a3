"""Finding peaks: trackpy's numbers, without its traps."""

from __future__ import annotations

import inspect
import threading
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import trackpy

from headrace.engine.model.constraints import convert
from headrace.engine.model.errors import UsageError
from headrace.engine.model.records import Event, EventKey
from headrace.nodes import locate

COLUMNS = ["y", "x", "mass", "size", "ecc", "signal", "raw_mass", "ep"]


@pytest.fixture(scope="module")
def spots() -> npt.NDArray[np.int64]:
    """Four peaks on noise, 128 x 128, counts below 256."""
    y, x = np.mgrid[:128, :128]
    image = np.random.default_rng(0).poisson(20, (128, 128)).astype(float)
    for cy, cx, counts in ((30, 40, 200), (80, 90, 60), (100, 30, 120), (60, 60, 90)):
        image += counts * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 8)
    return image.astype(np.int64)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"diameter": 11},
        {"diameter": 11, "minmass": 300},
        {"diameter": 11, "topn": 3},
        {"diameter": 11, "topn": 1, "percentile": 0},
        {"diameter": 9, "separation": 20, "percentile": 90, "noise_size": 2, "smoothing_size": 13},
        {"diameter": 9, "maxsize": 3, "threshold": 2.0},
        {"diameter": 11, "preprocess": False, "max_iterations": 3},
        {"diameter": 11, "characterize": False},
        {"diameter": 11, "engine": "python"},
    ],
    ids=str,
)
def test_results_are_trackpys_bit_for_bit(spots: Any, dtype: str, parameters: dict[str, Any]) -> None:
    image = spots.astype(dtype)
    found, expected = locate(image, **parameters), trackpy.locate(image, **parameters)
    assert len(found)
    pd.testing.assert_frame_equal(
        found.drop(columns="frame"), expected.reset_index(drop=True), check_exact=True, check_dtype=False
    )


def test_every_parameter_of_trackpy_is_there_with_its_default_but_two_that_are_dead() -> None:
    theirs = inspect.signature(trackpy.locate).parameters
    ours = locate.node_type.parameters
    assert set(theirs) - set(ours) == {"raw_image", "filter_before", "filter_after"}
    assert set(ours) - set(theirs) == {"nan"}
    for name in set(ours) & set(theirs) - {"diameter"}:
        assert ours[name].default == theirs[name].default, name


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_a_64_bit_integer_image_keeps_its_brightest_peak(spots: Any, dtype: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the overflow that is the fault
        assert trackpy.locate(spots.astype(dtype), 11, minmass=300).empty, "trackpy is mended: drop the detour"
    found = locate(spots.astype(dtype), diameter=11, minmass=300)
    pd.testing.assert_frame_equal(found, locate(spots.astype("int32"), diameter=11, minmass=300))
    assert len(found) == 4


def test_64_bit_integers_beyond_32_bits_are_refused(spots: Any) -> None:
    with pytest.raises(UsageError, match="beyond 32 bits"):
        locate(spots << 40, diameter=11)
    assert len(locate((spots << 23).astype("uint64"), diameter=11, minmass=300 << 23)) == 4


@pytest.mark.parametrize("dtype", ["float16", ">u2", ">f4", "bool", "longdouble"])
def test_dtypes_that_trackpy_fails_on_are_widened(spots: Any, dtype: str) -> None:
    image = (spots > 60) if dtype == "bool" else spots.astype(dtype)
    assert len(locate(image, diameter=11, topn=4)) == 4


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_pixel_that_is_not_finite_is_refused_with_its_place(spots: Any, bad: float) -> None:
    image = spots.astype(float)
    image[3, 5] = image[7, 1] = bad
    with pytest.raises(UsageError, match="2 pixels that are NaN or infinite, the first at y=3, x=5"):
        locate(image, diameter=11)


def test_pixels_that_are_not_finite_can_count_as_zero(spots: Any) -> None:
    image = spots.astype("float32")
    image[3, 5], image[4, 5] = np.nan, np.inf
    zeroed = np.nan_to_num(image, posinf=0)
    pd.testing.assert_frame_equal(
        locate(image, diameter=11, minmass=300, nan="zero"), locate(zeroed, diameter=11, minmass=300)
    )
    assert np.isnan(image[3, 5]), "the image that came in is not changed"


def test_a_finite_image_whose_sum_overflows_is_searched() -> None:
    image = np.full((32, 32), 1e307)
    assert locate(image, diameter=5, preprocess=False).columns.tolist() == [*COLUMNS, "frame"]


@pytest.mark.parametrize(
    "image",
    [np.zeros((64, 64)), np.ones((64, 64), "uint16"), np.eye(5), np.zeros((3, 50), "uint8"), np.zeros((4, 40))],
    ids=["black", "flat", "small", "three rows", "four rows"],
)
def test_an_image_without_a_peak_gives_an_empty_table_with_all_columns_and_no_warning(image: Any) -> None:
    found = locate(image, diameter=11)
    assert len(found) == 0
    assert found.columns.tolist() == [*COLUMNS, "frame"]
    assert [str(dtype) for dtype in found.dtypes] == ["float64"] * 8 + ["int64"]


@pytest.mark.parametrize(
    ("parameters", "columns"),
    [
        ({"diameter": (11, 13)}, ["y", "x", "mass", "size_y", "size_x", "ecc", "signal", "raw_mass", "ep_y", "ep_x"]),
        ({"diameter": [9, 9], "noise_size": (1, 2)}, [*COLUMNS[:-1], "ep_y", "ep_x"]),
        ({"diameter": 11, "characterize": False}, ["y", "x", "mass"]),
    ],
)
def test_columns_depend_on_parameters_only(spots: Any, parameters: dict[str, Any], columns: list[str]) -> None:
    full, empty = locate(spots, **parameters, topn=3), locate(np.zeros((64, 64)), **parameters)
    assert full.columns.tolist() == empty.columns.tolist() == [*columns, "frame"]
    assert full.dtypes.tolist() == empty.dtypes.tolist()


def test_anisotropic_position_errors_stand_beside_their_peaks_after_filtering(spots: Any) -> None:
    image = spots.astype(float)
    everything = trackpy.locate(image, (11, 13), minmass=0)
    assert everything.index.tolist() == list(range(len(everything))), "unfiltered, trackpy pairs them rightly"
    for filtered in (locate(image, diameter=(11, 13), minmass=300), locate(image, diameter=(11, 13), topn=3)):
        assert not filtered.isna().any().any()
        for row in filtered.to_dict("records"):
            twin = everything[(everything["y"] == row["y"]) & (everything["x"] == row["x"])]
            assert twin["ep_y"].tolist() == [row["ep_y"]]
            assert twin["ep_x"].tolist() == [row["ep_x"]]


def test_the_frame_is_the_events_number(spots: Any) -> None:
    event = Event(EventKey("run", "primary", 17), 0.0, {})
    assert set(locate(spots, diameter=11, event=event)["frame"]) == {17}
    assert set(locate(spots, diameter=11)["frame"]) == {0}


def test_leading_axes_of_length_one_are_dropped(spots: Any) -> None:
    pd.testing.assert_frame_equal(locate(spots[None, None], diameter=11), locate(spots, diameter=11))


@pytest.mark.parametrize(
    ("image", "parameters", "words"),
    [
        (np.zeros((3, 64, 64)), {"diameter": 11}, "put an 'average' before it"),
        (np.zeros(64), {"diameter": 11}, "expected one image"),
        (np.zeros((1, 64)), {"diameter": 11}, "more than one row"),
        (np.zeros((64, 64)), {"diameter": (5, 7), "maxsize": 2}, "'maxsize' needs one size"),
        (np.zeros((64, 64)), {"diameter": 5, "maxsize": 2, "characterize": False}, "'maxsize' needs one size"),
    ],
)
def test_what_makes_no_sense_is_refused(image: Any, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        locate(image, **parameters)


@pytest.mark.parametrize("view", ["readonly", "fortran", "strided"])
def test_any_memory_layout_is_searched(spots: Any, view: str) -> None:
    image = spots.astype(float)
    expected = locate(image, diameter=11)
    if view == "readonly":
        image.flags.writeable = False
    elif view == "fortran":
        image = np.asfortranarray(image)
    else:
        image = np.repeat(image, 2, axis=1)[:, ::2]
    pd.testing.assert_frame_equal(locate(image, diameter=11), expected)


def test_remarks_are_left_out_in_threads_and_other_warnings_are_not(spots: Any) -> None:
    before, caught = list(warnings.filters), []

    def work() -> None:
        try:
            for _ in range(20):
                locate(np.zeros((32, 32)), diameter=5)
        except Warning as warning:
            caught.append(warning)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not caught
    assert warnings.filters == before
    with pytest.warns(UserWarning, match="black"):
        trackpy.locate(np.zeros((32, 32)), 5)


@pytest.mark.parametrize(("given", "expected"), [(11, 11), ([9, 11], (9, 11)), ("11 px", 11)])
def test_a_diameter_in_a_graph_file_is_one_number_or_two(given: Any, expected: Any) -> None:
    assert convert(given, locate.node_type.parameters["diameter"].annotation) == expected


@pytest.mark.parametrize("given", [10, 1, [9, 10], 11.5, [9, 9, 9], True])
def test_a_diameter_that_is_even_or_of_the_wrong_kind_is_refused(given: Any) -> None:
    with pytest.raises(UsageError):
        convert(given, locate.node_type.parameters["diameter"].annotation)
