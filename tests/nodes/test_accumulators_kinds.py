"""What each accumulator promises on its own: edges of bins, accuracy, NaN, ties, fairness."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import headrace.nodes
from headrace.engine.model.errors import UsageError
from headrace.nodes.support import bins as bins_module
from headrace.nodes.support import fused
from headrace.nodes.support import quantiles as quantiles_module
from headrace.nodes.support import spread as spread_module
from headrace.nodes.support.accumulator import NotMergeableError
from headrace.nodes.support.bins import Bins
from headrace.nodes.support.histograms import HistogramCounter
from headrace.nodes.support.kept import LastKept
from headrace.nodes.support.spread import Moments

catalogue: Any = headrace.nodes  # untyped: what they give may be SKIP, and values are lists here
accumulate = catalogue.accumulate
binned = catalogue.binned
covariance = catalogue.covariance
exponential_mean = catalogue.exponential_mean
histogram = catalogue.histogram
last_values = catalogue.last_values
quantile = catalogue.quantile
reservoir = catalogue.reservoir
statistics = catalogue.statistics
top_shots = catalogue.top_shots

NAN = float("nan")


def updated(node: Any, *columns: Any) -> Any:
    for given_ in zip(*columns, strict=True):
        node.update(*given_)
    return node.final()


# Bins


def places(bins: Bins, values: Any) -> Any:
    """What numpy.histogram says of each number alone, with the edges written out."""
    return [
        int(np.histogram([value], bins.edges)[0].argmax()) + 1
        if bins.edges[0] <= value <= bins.edges[-1]
        else (len(bins) + 2 if np.isnan(value) else (0 if value < bins.edges[0] else len(bins) + 1))
        for value in np.asarray(values, dtype=np.float64)
    ]


@settings(deadline=None)
@given(
    st.integers(1, 40),
    st.sampled_from([(0.0, 1.0), (-2.0, 3.0), (1e9, 1e9 + 1e-3), (0.1, 0.7), (-1e-300, 1e-300), (-1e300, 1e300)]),
    st.sampled_from([np.float32, np.float64]),
    st.data(),
)
def test_numbers_fall_into_the_bins_of_numpy_also_on_the_edges(bins: int, span: Any, dtype: Any, data: Any) -> None:
    if np.any(np.diff(np.linspace(span[0], span[1], bins + 1)) <= 0):
        return
    made = Bins(bins=bins, span=span)
    edges = data.draw(st.lists(st.sampled_from(made.edges.tolist()), min_size=1, max_size=5))
    anything = data.draw(st.lists(st.floats(width=32), max_size=5))
    with np.errstate(over="ignore"):
        values = np.array([*edges, *np.nextafter(edges, np.inf), *np.nextafter(edges, -np.inf), *anything], dtype)
    assert made.places(values).tolist() == places(made, values)
    assert Bins(edges=made.edges.tolist()).places(values).tolist() == places(made, values)


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        ({}, "either 'edges'"),
        ({"bins": 3}, "one is missing"),
        ({"edges": [0.0, 1.0], "bins": 3}, "either 'edges'"),
        ({"edges": [0.0, 0.0]}, "greater than the one before"),
        ({"edges": [0.0]}, "at least two"),
        ({"edges": [0.0, NAN]}, "finite"),
        ({"bins": 3, "span": (1.0, 0.0)}, "lower one first"),
        ({"bins": 3, "span": (0.0, float("inf"))}, "finite"),
    ],
)
def test_bins_that_are_none_are_refused_with_words(settings_: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Bins(**settings_)


# Histogram


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "float64"])
def test_a_histogram_is_numpys_and_over_shots_the_mean_of_theirs(dtype: str) -> None:
    images = np.random.default_rng(1).normal(60, 40, (7, 200, 300)).clip(0, 200).astype(dtype)
    found = updated(histogram(bins=50, range=(10, 110)), images)
    edges = np.linspace(10.0, 110.0, 51)
    per_shot = [np.histogram(image, edges)[0] for image in images]
    np.testing.assert_array_equal(found.counts, np.sum(per_shot, axis=0))
    np.testing.assert_allclose(found.per_event, np.mean(per_shot, axis=0), rtol=1e-15)
    assert (found.under, found.over, found.nan) == ((images < 10).sum(), (images > 110).sum(), 0)
    np.testing.assert_array_equal(found.edges, edges)


def test_a_histogram_closes_its_last_bin_and_counts_what_is_outside_apart() -> None:
    values = [0, 1, 1.999, 2, 2.001, -0.001, NAN, float("inf"), -float("inf")]
    found = updated(histogram(edges=[0, 1, 2]), values)
    assert (found.counts.tolist(), found.under, found.over, found.nan) == ([1, 3], 2, 2, 1)
    assert found.counts.dtype == np.int64
    assert found.centers.tolist() == [0.5, 1.5]


def test_histograms_with_other_bins_are_not_merged() -> None:
    with pytest.raises(NotMergeableError, match="other bins"):
        HistogramCounter(Bins(edges=[0, 1])).merge(HistogramCounter(Bins(edges=[0, 2])))
    with pytest.raises(NotMergeableError, match="one keeps 2, the other 3"):
        LastKept(2).merge(LastKept(3))


# Spread


def test_statistics_of_an_image_larger_than_a_block_are_numpys() -> None:
    images = np.random.default_rng(2).normal(1e6, 1, (60, 210, 170)).astype("float32")
    found = updated(statistics(), images)
    wide = images.astype(np.float64)
    np.testing.assert_allclose(found.mean, wide.mean(axis=0), rtol=1e-15)
    np.testing.assert_allclose(found.std, wide.std(axis=0, ddof=1), rtol=1e-10)
    np.testing.assert_array_equal(found.min, images.min(axis=0))
    np.testing.assert_array_equal(found.max, images.max(axis=0))
    assert (found.min.dtype, int(found.count)) == (np.float32, 60)


def test_a_first_shot_far_off_does_not_spoil_the_variance() -> None:
    values = np.concatenate([[0.0], np.random.default_rng(4).normal(1e6, 1, 5000)])
    moments = Moments(ddof=0)
    for value in values:
        moments.push([value, value])
    assert moments.value().variance[1] == pytest.approx(values.var(), rel=1e-12)


@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 9), st.just(3)), elements=st.floats(-1e3, 1e3, width=16)))
def test_a_covariance_is_numpys_and_its_diagonal_the_variance(samples: Any) -> None:
    found = updated(covariance(ddof=0), samples)
    np.testing.assert_allclose(found, np.cov(samples, rowvar=False, ddof=0), atol=1e-6, rtol=1e-9)
    np.testing.assert_allclose(np.diag(found), samples.var(axis=0), atol=1e-6, rtol=1e-9)
    np.testing.assert_array_equal(found, found.T)


def test_a_sample_with_nan_spoils_its_row_or_is_left_out_or_refused() -> None:
    samples = [[1.0, 5.0], [NAN, 6.0], [3.0, 9.0]]
    assert np.isnan(updated(covariance(), samples)).tolist() == [[True, True], [True, False]]
    np.testing.assert_allclose(updated(covariance(nan="omit"), samples), np.cov([[1, 3], [5, 9]]))
    with pytest.raises(UsageError, match="1 NaN"):
        updated(covariance(nan="error"), samples)
    with pytest.raises(UsageError, match=r"shape \(n,\)"):
        covariance().update(np.ones((2, 2)))


# The exponential mean


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=30), st.floats(1, 50))
def test_the_first_lifetime_of_values_make_a_plain_mean(values: list[float], lifetime: float) -> None:
    found = updated(exponential_mean(lifetime=lifetime), values)
    if len(values) <= lifetime:
        assert found == pytest.approx(np.mean(values), rel=1e-12, abs=1e-9)
    assert min(values) - 1e-6 <= found <= max(values) + 1e-6


def test_what_is_omitted_does_not_age_the_exponential_mean() -> None:
    recent = exponential_mean(lifetime=2, nan="omit")
    for image in ([1.0, NAN], [NAN, NAN], [3.0, NAN], [6.0, 5.0]):
        recent.update(image)
    assert recent.final().tolist() == [4.0, 5.0]


# Quantiles


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9])
def test_p2_comes_close_for_a_thousand_shots(p: float) -> None:
    images = np.random.default_rng(5).normal(100, 10, (1000, 300))
    exact = np.quantile(images, p, axis=0)
    error = np.abs(updated(quantile(p=p), images) - exact) / 10
    assert np.median(error) < 0.03
    assert error.max() < 0.3


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_the_outermost_quantiles_are_exact(p: float) -> None:
    images = np.random.default_rng(6).normal(size=(50, 4))
    np.testing.assert_array_equal(updated(quantile(p=p), images), np.quantile(images, p, axis=0))


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5), st.floats(0, 1))
def test_up_to_five_values_the_quantile_is_exact(values: list[float], p: float) -> None:
    assert updated(quantile(p=p), values) == pytest.approx(np.quantile(values, p), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(0, 10)), st.floats(0, 1))
def test_a_quantile_by_histogram_is_right_to_a_bin(values: Any, p: float) -> None:
    found = updated(quantile(p=p, method="histogram", bins=20, range=(0, 10)), values)
    ranks = np.maximum(np.ceil(p * len(values)).astype(int), 1) - 1
    exact = np.sort(values, axis=0)[ranks]
    assert (np.abs(found - exact) <= 0.5 + 1e-9).all()


def test_a_quantile_outside_the_range_is_not_known() -> None:
    found = updated(quantile(method="histogram", bins=4, range=(0, 1)), [[-5.0, 0.1], [-4.0, 7.0], [0.5, 9.0]])
    assert np.isnan(found).tolist() == [True, True]


@pytest.mark.parametrize("method", [{}, {"method": "histogram", "bins": 100, "range": (0, 100)}])
def test_nan_in_a_quantile_spreads_is_omitted_or_refused(method: Any) -> None:
    values = np.random.default_rng(8).uniform(0, 100, (40, 3))
    values[::3, 1] = NAN
    values[:, 2] = NAN
    assert np.isnan(updated(quantile(**method), values)).tolist() == [False, True, True]
    omitted = updated(quantile(nan="omit", **method), values)
    there = updated(quantile(**method), values[~np.isnan(values[:, 1]), 1])
    assert omitted[1] == pytest.approx(there, rel=1e-12)
    assert np.isnan(omitted[2])
    with pytest.raises(UsageError, match="NaN"):
        updated(quantile(nan="error", **method), values)


@pytest.mark.parametrize("rest", [[], [2.0], [2.0, 3.0]])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_an_infinite_value_makes_mean_and_spread_nan_wherever_it_comes(rest: list[float], shape: tuple[int]) -> None:
    image, curve = statistics(), binned(edges=[0, 1])
    for value in (1.0, np.inf, *rest):
        image.update(np.full(shape, value))
        curve.update(np.full(shape, value), 0.5)
    for found in (image.final(), curve.final()):
        assert np.isnan(found.mean).all()
        assert np.isnan(found.std).all()


def test_p2_refuses_infinity_with_words() -> None:
    with pytest.raises(UsageError, match="infinity"):
        quantile().update([1.0, float("inf")])


# Bins of a key


def test_images_are_binned_by_a_key_and_an_empty_bin_is_nan() -> None:
    images = np.random.default_rng(9).integers(0, 65536, (40, 3, 4)).astype("uint16")
    delays = np.random.default_rng(10).uniform(-1, 4, 40)
    delays[:2] = 3.0, NAN
    edges = [0.0, 1.0, 1.0 + 1e-9, 2.0, 3.0]
    found = updated(binned(edges=edges), images, delays)
    for place, (low, high) in enumerate(pairwise(edges)):
        inside = images[(delays >= low) & ((delays < high) | ((high == 3.0) & (delays == 3.0)))].astype(np.float64)
        assert found.count[place] == len(inside)
        if len(inside) == 0:
            assert all(np.isnan(part[place]).all() for part in (found.mean, found.sum, found.std))
            continue
        np.testing.assert_allclose(found.mean[place], inside.mean(axis=0), rtol=1e-12)
        np.testing.assert_array_equal(found.sum[place], inside.sum(axis=0))
        np.testing.assert_allclose(found.std[place], inside.std(axis=0, ddof=1), rtol=1e-9)
    assert (found.under, found.over, found.nan) == ((delays < 0).sum(), (delays > 3).sum(), 1)
    assert found.count.sum() + found.under + found.over + found.nan == 40


def test_a_failed_shot_is_not_counted_in_its_bin_if_nan_is_omitted() -> None:
    found = updated(binned(bins=2, range=(0, 2), nan="omit"), [1.0, NAN, 3.0, NAN], [0.5, 0.5, 0.7, 1.5])
    assert found.count.tolist() == [2, 0]
    np.testing.assert_array_equal(found.mean, [2.0, NAN])
    np.testing.assert_array_equal(found.sum, [4.0, NAN])
    assert found.std[0] == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("key", [[1.0, 2.0], "delay", None, [[1], [2, 3]], 1j])
def test_a_key_that_is_no_number_is_refused(key: Any) -> None:
    with pytest.raises(UsageError, match="key "):
        binned(edges=[0, 1]).update(1.0, key)


def test_bins_of_which_none_was_hit_still_say_how_many_events_there_were() -> None:
    found = updated(binned(edges=[0, 1, 2]), [[1, 2]], [5])
    assert (found.mean.shape, found.count.tolist(), found.over) == ((2, 2), [0, 0], 1)


# Compiled loops


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_compiled_loops_give_the_same_bits_as_numpy(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    images = np.random.default_rng(12).normal(100, 30, (12, 256, 257)).clip(0, None).astype(dtype)
    if dtype != "uint16":
        images[3, :5], images[4, 7, :4] = NAN, [40.0, 160.0, np.inf if dtype == "float64" else 1e9, -1.0]
    edges = np.linspace(40, 160, 31)
    images[5, 0, :31] = edges.astype(dtype)
    finite = np.nan_to_num(images, posinf=1e6)

    def results() -> list[Any]:
        found = [updated(histogram(bins=30, range=(40, 160)), images), updated(statistics(), images)]
        return [*found[0], *found[1], updated(quantile(p=0.2), finite), updated(quantile(nan="omit"), finite)]

    compiled = results()
    for module in (fused, bins_module, spread_module, quantiles_module):
        monkeypatch.setattr(module, "WORTHWHILE", np.inf)
    for one, other in zip(compiled, results(), strict=True):
        np.testing.assert_array_equal(one, other)


# What is kept


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(NAN)), max_size=20), st.integers(1, 6))
def test_the_top_shots_are_the_first_of_all_sorted(scores: list[float], k: int) -> None:
    images = np.arange(len(scores) * 2).reshape(-1, 2)
    ranked = sorted((-score, number) for number, score in enumerate(scores, 1) if score == score)[:k]
    found = updated(top_shots(k=k), images, scores)
    if not ranked:
        assert repr(found) == "SKIP"
        return
    assert found.seq_nums.tolist() == [number for _, number in ranked]
    assert found.scores.tolist() == [-score for score, _ in ranked]
    assert found.values.tolist() == [images[number - 1].tolist() for _, number in ranked]
    assert found.values.dtype == images.dtype


def test_a_window_holds_the_last_values_and_grows_up_to_its_size() -> None:
    window = last_values(k=3)
    shown = []
    for number in range(5):
        window.update(number)
        shown.append(window.value().values.tolist())
    assert shown == [[0], [0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4]]


def test_a_reservoir_is_fair_and_the_same_for_the_same_seed() -> None:
    taken = np.zeros(20)
    for seed in range(1500):
        sample = reservoir(k=5, seed=seed)
        for number in range(20):
            sample.update(number)
        taken[sample.final().values] += 1
    # Each of 20 is drawn with probability 1/4: 375 of 1500, standard deviation 17.
    assert np.abs(taken - 375).max() < 5 * 17
    same = [updated(reservoir(k=5, seed=3), range(1000)).seq_nums.tolist() for _ in range(2)]
    assert same[0] == same[1] == sorted(same[0])


def test_a_mean_of_reduced_values_agrees_however_it_is_asked_for() -> None:
    images = np.random.default_rng(11).integers(0, 65536, (30, 6, 5)).astype("uint16")
    mean = updated(accumulate(how="mean"), images)
    np.testing.assert_allclose(updated(statistics(), images).mean, mean, rtol=1e-14)
    np.testing.assert_allclose(updated(binned(edges=[0, 2]), images, [1] * 30).mean[0], mean, rtol=1e-14)
    np.testing.assert_allclose(updated(exponential_mean(lifetime=30), images), mean, rtol=1e-12)
    np.testing.assert_array_equal(updated(last_values(k=30), images).values.mean(axis=0), mean)
