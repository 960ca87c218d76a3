"""Values over a run: one contract for all kinds of accumulators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.model.errors import UsageError
from headrace.engine.model.skip import SKIP
from headrace.nodes import accumulate
from headrace.nodes.support.accumulator import Accumulator, EmptyError
from headrace.nodes.support.extremes import Maximum, Minimum
from headrace.nodes.support.spread import StandardDeviation, Variance
from headrace.nodes.support.totals import Count, Mean, Sum

Make = Callable[..., Accumulator]
MAKERS: dict[str, Make] = {
    "count": Count,
    "sum": Sum,
    "mean": Mean,
    "var": Variance,
    "std": StandardDeviation,
    "min": Minimum,
    "max": Maximum,
}
NUMPY: dict[str, Callable[[Any], Any]] = {
    "count": len,
    "sum": lambda values: np.sum(values, axis=0),
    "mean": lambda values: np.mean(values, axis=0),
    "var": lambda values: np.var(values, axis=0, ddof=1),
    "std": lambda values: np.std(values, axis=0, ddof=1),
    "min": lambda values: np.min(values, axis=0),
    "max": lambda values: np.max(values, axis=0),
}
every_kind = pytest.mark.parametrize("how", list(MAKERS))
stacks = hnp.arrays(
    np.float64, st.tuples(st.integers(2, 12), st.integers(1, 3)), elements=st.floats(-1e6, 1e6, width=32)
)


def _pushed(how: str, values: Any, **settings_: Any) -> Accumulator:
    accumulator = MAKERS[how](**settings_)
    for value in values:
        accumulator.push(value)
    return accumulator


@every_kind
@given(stacks)
def test_the_result_is_numpys(how: str, values: Any) -> None:
    np.testing.assert_allclose(_pushed(how, values).value(), NUMPY[how](values), rtol=1e-9, atol=1e-6)


@every_kind
@given(stacks, st.integers(0, 12), st.integers(0, 12))
def test_merging_parts_gives_the_whole_however_it_was_cut_and_grouped(
    how: str, values: Any, first: int, second: int
) -> None:
    first, second = sorted((first, second))
    parts = (values[:first], values[first:second], values[second:])
    left, right = (_pushed(how, parts[0]), _pushed(how, parts[1])), (_pushed(how, parts[1]), _pushed(how, parts[2]))
    left[0].merge(left[1])
    left[0].merge(_pushed(how, parts[2]))
    right[0].merge(right[1])
    whole = _pushed(how, parts[0])
    whole.merge(right[0])
    expected = _pushed(how, values).value()
    np.testing.assert_allclose(left[0].value(), expected, rtol=1e-9, atol=1e-4)
    np.testing.assert_allclose(whole.value(), expected, rtol=1e-9, atol=1e-4)


@every_kind
def test_what_is_pushed_is_neither_kept_nor_changed_and_what_is_given_never_changes(how: str) -> None:
    accumulator, image = MAKERS[how](), np.array([1.0, 2.0])
    accumulator.push(image)
    accumulator.push(image)
    given_out = accumulator.value()
    before = np.array(given_out)
    image += 100
    accumulator.push(image)
    np.testing.assert_array_equal(given_out, before)
    assert image.tolist() == [101.0, 102.0]
    other = MAKERS[how]()
    other.merge(accumulator)
    held = np.array(other.value())
    accumulator.push(image * 5)
    np.testing.assert_array_equal(other.value(), held)


@every_kind
def test_nothing_has_no_value_and_merges_as_nothing(how: str) -> None:
    empty, other = MAKERS[how](), MAKERS[how]()
    assert empty.is_empty
    empty.merge(other)
    assert empty.is_empty
    if how == "count":
        assert empty.value() == 0
    else:
        with pytest.raises(EmptyError):
            empty.value()
    full = _pushed(how, [1.0, 4.0])
    expected = full.value()
    full.merge(empty)
    assert full.value() == expected
    empty.merge(full)
    assert empty.value() == expected
    assert not empty.is_empty


@every_kind
def test_after_clearing_it_is_as_new(how: str) -> None:
    accumulator = _pushed(how, [5.0, 7.0])
    accumulator.clear()
    assert accumulator.is_empty
    for value in ([1.0, 2.0], [3.0, 4.0]):
        accumulator.push(value)
    np.testing.assert_array_equal(accumulator.value(), _pushed(how, [[1.0, 2.0], [3.0, 4.0]]).value())


@every_kind
@pytest.mark.parametrize("bad", [[1.0], "text", [[1], [2, 3]], None, 1j])
def test_what_can_not_be_taken_in_is_refused_and_changes_nothing(how: str, bad: Any) -> None:
    accumulator = _pushed(how, [[1.0, 2.0], [3.0, 5.0]])
    before = accumulator.value()
    with pytest.raises(UsageError):
        accumulator.push(bad)
    np.testing.assert_array_equal(accumulator.value(), before)


@every_kind
def test_numbers_give_a_number(how: str) -> None:
    assert np.ndim(_pushed(how, [1, 2.5]).value()) == 0
    assert not isinstance(_pushed(how, [1, 2.5]).value(), np.ndarray)


@every_kind
def test_a_nan_spreads_is_left_out_or_is_refused_as_declared(how: str) -> None:
    values = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 9.0]])
    spread = np.atleast_1d(_pushed(how, values).value())
    assert how == "count" or (np.isnan(spread[0]) and not np.isnan(spread[1]))
    omitted = np.asarray(_pushed(how, values, nan="omit").value())
    expected = [NUMPY[how](column[~np.isnan(column)]) for column in values.T]
    np.testing.assert_allclose(omitted, expected)
    strict = _pushed(how, values[:1], nan="error")
    with pytest.raises(UsageError, match="1 NaN"):
        strict.push(values[1])
    strict.push(values[2])
    np.testing.assert_allclose(strict.value(), NUMPY[how](values[[0, 2]]))


@pytest.mark.parametrize("how", ["mean", "var", "std", "min", "max"])
def test_a_place_that_was_nan_every_time_is_nan(how: str) -> None:
    found = _pushed(how, [[np.nan, 1.0], [np.nan, 3.0]], nan="omit").value()
    assert np.isnan(found).tolist() == [True, False]


@given(stacks, stacks)
def test_left_out_nan_merge_place_by_place(first: Any, second: Any) -> None:
    first, second = first[:, :1], second[:, :1]
    first[0], second[-1] = np.nan, np.nan
    for how in MAKERS:
        left, right = _pushed(how, first, nan="omit"), _pushed(how, second, nan="omit")
        left.merge(right)
        whole = _pushed(how, np.concatenate([first, second]), nan="omit").value()
        np.testing.assert_allclose(left.value(), whole, rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "uint32", "bool"])
def test_integer_sums_do_not_wrap(dtype: str) -> None:
    top = True if dtype == "bool" else np.iinfo(dtype).max
    total = _pushed("sum", [np.full(2, top, dtype=dtype)] * 300).value()
    assert total.dtype == np.int64
    assert total.tolist() == [300 * int(top)] * 2


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_sums_of_64_bit_integers_are_float_and_do_not_wrap(dtype: str) -> None:
    total = _pushed("sum", [np.array(2**62, dtype=dtype)] * 8).value()
    assert total.dtype == np.float64
    assert total == 2.0**65


def test_the_mean_of_counts_is_exact() -> None:
    values = np.random.default_rng(0).integers(0, 65536, (1000, 5)).astype("uint16")
    np.testing.assert_array_equal(_pushed("mean", values).value(), values.mean(axis=0))


def test_extremes_keep_their_dtype_and_widen_if_they_must() -> None:
    extreme = _pushed("max", [np.array([3], "uint8")])
    assert extreme.value().dtype == np.uint8
    extreme.push(np.array([-1.5]))
    assert extreme.value().tolist() == [3.0]
    assert extreme.value().dtype == np.float64


def test_a_small_spread_about_a_large_mean_is_sound() -> None:
    values = np.random.default_rng(5).normal(1e6, 1, 20000)
    assert _pushed("var", values).value() == pytest.approx(np.var(values, ddof=1), rel=1e-9)
    halves = _pushed("var", values[:777]), _pushed("var", values[777:])
    halves[0].merge(halves[1])
    assert halves[0].value() == pytest.approx(np.var(values, ddof=1), rel=1e-9)


def test_one_value_has_no_variance_with_ddof_one_and_none_at_all_with_ddof_zero() -> None:
    assert np.isnan(_pushed("var", [5.0]).value())
    assert np.isnan(_pushed("std", [5.0]).value())
    assert _pushed("var", [5.0], ddof=0).value() == 0.0
    assert np.isnan(_pushed("var", [5.0, 6.0], ddof=2).value())


@every_kind
@settings(deadline=None)
@given(stacks)
def test_the_node_gives_the_value_so_far_and_the_value_of_the_run(how: Any, values: Any) -> None:
    node = accumulate(how=how)
    for number, value in enumerate(values, 1):
        node.update(value)
        np.testing.assert_array_equal(node.value(), _pushed(how, values[:number]).value())
    np.testing.assert_array_equal(node.final(), _pushed(how, values).value())


@every_kind
def test_a_run_without_an_event_gives_nothing_but_a_count(how: Any) -> None:
    found = accumulate(how=how).final()
    assert found == 0 if how == "count" else found is SKIP
