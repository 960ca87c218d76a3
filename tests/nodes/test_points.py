"""Numbers of each shot: computed with, calibrated, normalised, compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace import Graph, check
from headrace.engine.model.errors import UsageError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import (
    compute,
    correlation,
    delay,
    difference,
    linear,
    normalize,
    normalized_mean,
    source,
)
from headrace.nodes.support.expression import ExpressionError
from headrace.nodes.support.pairs import Apart, Correlated
from headrace.nodes.support.ratio import MeanOfRatios, RatioOfSums

numbers = st.floats(-1e3, 1e3)
monitors = st.floats(0.1, 10)


def _event(number: int, time: float = 0.0) -> Event:
    return Event(EventKey("run", "primary", number), time, {"i0": 0.25})


def test_a_computed_value_may_use_the_documents_too() -> None:
    run = RunContext({"uid": "run", "factor": 4})
    assert compute(expression="data.i0 * start.factor + seq_num + a", a=1, event=_event(7), run=run) == 9.0


@pytest.mark.parametrize(("expression", "words"), [("t", "gave str"), ("[1, 2]", "gave list"), ("peaks", "gave dict")])
def test_what_is_no_number_is_no_result_of_computing(expression: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=f"{words}; expected a number or an array"):
        compute(expression=expression, t="Ni", peaks={"a": 1})


def test_a_misspelt_name_is_found_before_the_run() -> None:
    faults = check(Graph("g").keep(x=compute(expression="signl / i0", signal=source(field="a"), i0=source(field="b"))))
    assert "did you mean 'signal'" in str(faults)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "bool"])
def test_a_line_is_computed_in_float64_for_any_dtype(dtype: str) -> None:
    found = linear(np.array([[0, 1]], dtype=dtype), scale=-2, offset=0.5)
    assert found.dtype == np.float64
    assert found.tolist() == [[0.5, -1.5]]
    assert math.isnan(linear(math.nan, scale=2))
    with pytest.raises(UsageError, match="expected real numbers"):
        linear("text", scale=2)


def test_a_delay_is_the_time_of_light_there_and_back() -> None:
    light = 299_792_458.0
    assert delay(150.0) == pytest.approx(2 * 150e-6 / light * 1e12, rel=1e-12)
    assert delay(1.5, scale=6.666e-3, t0=1) == pytest.approx(1.5 * 6.666e-3 - 1)
    assert delay(7, zero=7) == 0.0
    assert math.isnan(delay(math.nan))
    with pytest.raises(UsageError, match="expected one number"):
        delay([1, 2])


@pytest.mark.parametrize("i0", [0.0, 0.01, -1.0, math.nan, math.inf])
def test_a_shot_without_light_is_never_zero(i0: float) -> None:
    image = np.ones((2, 2), dtype="uint16")
    assert normalize(image, i0) is SKIP
    found: Any = normalize(image, i0, below="nan")
    assert np.isnan(found).all()
    mean = normalized_mean()
    assert mean.update(image, i0) is SKIP
    assert mean.final() is SKIP


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_a_ratio_is_float64_for_any_dtype(dtype: str) -> None:
    found: Any = normalize(np.array([[3, 6]], dtype=dtype), np.float32(1.5))
    assert found.dtype == np.float64
    assert found.tolist() == [[2.0, 4.0]]


@given(st.lists(st.tuples(numbers, monitors), min_size=1, max_size=20))
def test_normalised_means_are_those_of_plain_numpy(shots: list[tuple[float, float]]) -> None:
    values, i0 = (np.array(column) for column in zip(*shots, strict=True))
    sums, ratios = normalized_mean(), normalized_mean(mode="mean_of_ratios")
    for value, monitor in shots:
        for mean in (sums, ratios):
            mean.update(value, monitor)
    assert sums.final() == pytest.approx(values.sum() / i0.sum(), rel=1e-9, abs=1e-9)
    assert ratios.final() == pytest.approx((values / i0).mean(), rel=1e-9, abs=1e-9)


def test_a_nan_in_a_normalised_image_takes_the_monitor_of_its_place_with_it_if_omitted() -> None:
    shots = [(np.array([1.0, np.nan]), 1.0), (np.array([5.0, 4.0]), 2.0)]
    results: dict[str, Any] = {}
    for nan in ("propagate", "omit"):
        mean = normalized_mean(nan=nan)
        for image, i0 in shots:
            mean.update(image, i0)
        results[nan] = mean.final()
    np.testing.assert_array_equal(results["propagate"], [2.0, np.nan])
    np.testing.assert_array_equal(results["omit"], [2.0, 2.0])


def test_a_refused_image_leaves_the_normalised_mean_as_it_was() -> None:
    mean = normalized_mean(nan="error")
    mean.update(np.ones(2), 1.0)
    for bad in (np.ones(3), np.array([1.0, np.nan])):
        with pytest.raises(UsageError):
            mean.update(bad, 100.0)
    found: Any = mean.final()
    assert found.tolist() == [1.0, 1.0]


@given(st.lists(st.tuples(numbers, st.booleans()), min_size=1, max_size=20))
def test_a_difference_is_that_of_plain_numpy(shots: list[tuple[float, bool]]) -> None:
    pumped = difference()
    for value, on in shots:
        pumped.update(value, on)
    found = pumped.final()
    assert found is not SKIP
    parts = [np.array([value for value, on in shots if on is wanted]) for wanted in (True, False)]
    assert (found.on_count, found.off_count) == tuple(map(len, parts))
    for mean, part in zip((found.on, found.off), parts, strict=True):
        assert np.isnan(mean) if not len(part) else mean == pytest.approx(part.mean(), abs=1e-9)
    if all(len(part) > 1 for part in parts):
        assert found.difference == pytest.approx(parts[0].mean() - parts[1].mean(), abs=1e-9)
        assert found.error == pytest.approx(np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)), abs=1e-6)
    else:
        assert np.isnan(found.error)


def test_images_are_told_apart_and_one_without_a_status_counts_nowhere() -> None:
    pumped = difference(above=0.5)
    images = [np.full((2, 2), level, dtype="uint8") for level in (1, 3, 250, 9)]
    assert [pumped.update(image, on) for image, on in zip(images, (0.5, 0.0, 1.0, math.nan), strict=True)][3] is SKIP
    found = pumped.final()
    assert found is not SKIP
    assert found.difference.tolist() == [[248.0, 248.0], [248.0, 248.0]]
    with pytest.raises(UsageError, match=r"shape \(3,\)"):
        pumped.update(np.ones(3), 1)


def test_the_first_image_of_the_other_kind_must_have_the_same_shape() -> None:
    pumped = difference()
    pumped.update(np.ones((2, 2)), 1)
    with pytest.raises(UsageError, match="those before had shape"):
        pumped.update(np.ones(3), 0)
    found = pumped.final()
    assert found is not SKIP
    assert np.isnan(found.off).all()
    assert found.off.shape == (2, 2)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=20))
def test_a_correlation_is_that_of_plain_numpy_also_far_from_zero(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs, dtype=float).T
    follows = correlation()
    for one, other in pairs:
        follows.update(one + 1e8, other - 1e8)
    found = follows.final()
    assert found is not SKIP
    assert found.count == len(pairs)
    if np.ptp(x) and np.ptp(y):
        assert found.r == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)
        assert found.slope == pytest.approx(np.polyfit(x, y, 1)[0], abs=1e-6)
        assert found.intercept == pytest.approx(y.mean() - 1e8 - found.slope * (x.mean() + 1e8), rel=1e-6, abs=1e-6)
    else:
        assert math.isnan(found.r)


def test_a_pair_with_nan_is_left_out_spreads_or_is_refused() -> None:
    results = {}
    for nan in ("omit", "propagate"):
        follows = correlation(nan=nan)
        for x, y in ((1, 1), (2, math.nan), (3, 3)):
            follows.update(x, y)
        results[nan] = follows.final()
    assert results["omit"] == pytest.approx((1.0, 1.0, 0.0, 2))
    assert math.isnan(results["propagate"].r)  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="set 'nan' to"):
        correlation(nan="error").update(1, math.nan)
    assert correlation().final() is SKIP


def test_what_runs_is_shown_as_often_as_asked_and_starts_anew_with_another_key() -> None:
    follows = correlation(every=2)
    shown = []
    for number, key in ((1, "a"), (2, "a"), (5, "b"), (5, "b"), (6, "b")):
        follows.update(number, number, key)
        shown.append(follows.value())
    assert [found is SKIP for found in shown] == [True, False, True, False, True]
    last = follows.final()
    assert last is not SKIP
    assert last.count == 3


MAKERS: list[Any] = [RatioOfSums, MeanOfRatios, Apart, Correlated]


@pytest.mark.parametrize("maker", MAKERS)
@given(st.lists(st.tuples(numbers, monitors), min_size=1, max_size=12), st.integers(0, 12))
def test_parts_merge_to_the_whole(maker: Any, shots: list[tuple[float, float]], cut: int) -> None:
    whole, first, second = maker(), maker(), maker()
    for place, (value, i0) in enumerate(shots):
        second_value = i0 > 5 if maker is Apart else i0
        for state in (whole, first if place < cut else second):
            state.push(value, second_value)
    first.merge(second)
    np.testing.assert_allclose(first.value(), whole.value(), rtol=1e-6, atol=1e-6)
    first.clear()
    assert first.is_empty
