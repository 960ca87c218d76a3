"""One contract for all accumulators: push, value, merge, clear; of nothing, one and many; against plain numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.accumulator import Accumulator, EmptyError, NotMergeableError
from headrace.nodes.support.binning import BinnedMoments
from headrace.nodes.support.bins import Bins
from headrace.nodes.support.covariance import Covariance
from headrace.nodes.support.exponential import FadingMean
from headrace.nodes.support.extremes import Maximum, Minimum
from headrace.nodes.support.histograms import HistogramCounter
from headrace.nodes.support.kept import LastKept, SampleKept, TopKept
from headrace.nodes.support.quantiles import HistogramQuantile, P2Quantile
from headrace.nodes.support.several import Summary
from headrace.nodes.support.spread import Moments, StandardDeviation, Variance
from headrace.nodes.support.totals import Count, Mean, Sum

Item = tuple[Any, float, float, int]
"""What one event offers: a value of two numbers, a key, a score, its number."""
EDGES = [-1.0, 0.0, 0.5, 2.0, 4.0]
KEY_BINS, VALUE_BINS = Bins(EDGES), Bins(bins=16, span=(-1000, 1000))


def columns(items: Sequence[Item]) -> tuple[Any, Any, Any, Any]:
    values, keys, scores, numbers = zip(*items, strict=True)
    return np.array(values), np.array(keys), np.array(scores), np.array(numbers)


def spread(values: Any, ddof: int = 1) -> Any:
    return np.std(values, axis=0, ddof=ddof) if len(values) > ddof else np.full(values.shape[1:], np.nan)


def faded(items: Sequence[Item]) -> Any:
    mean = np.zeros(2)
    for n, (value, *_) in enumerate(items, 1):
        share = max(1 / 4, 1 / n)
        mean = (1 - share) * mean + share * np.asarray(value)
    return (mean,)


def counted(items: Sequence[Item]) -> Any:
    values = columns(items)[0]
    under, over = (values < -1000).sum(), (values > 1000).sum()
    return np.histogram(values, 16, (-1000, 1000))[0], under, over, 0, len(items)


def sorted_by_key(items: Sequence[Item]) -> Any:
    values, keys, *_ = columns(items)
    found = []
    for number, (low, high) in enumerate(pairwise(EDGES), 1):
        inside = values[(keys >= low) & ((keys < high) | ((number == 4) & (keys == high)))]
        nothing = np.full(2, np.nan)
        mean, total = (inside.mean(axis=0), inside.sum(axis=0)) if len(inside) else (nothing, nothing)
        found.append((mean, len(inside), total, spread(inside)))
    return (*map(np.array, zip(*found, strict=True)), (keys < -1).sum(), (keys > 4).sum(), 0)


def best(items: Sequence[Item]) -> Any:
    chosen = sorted(items, key=lambda item: (-item[2], item[3]))[:3]
    values, _, scores, numbers = columns(chosen)
    return values, scores, numbers


def newest(items: Sequence[Item]) -> Any:
    values, _, _, numbers = columns(items[-3:])
    return values, np.empty(0), numbers


def textbook_p2(numbers: Sequence[float], p: float) -> float:
    """The algorithm of Jain and Chlamtac (1985) for one number, written down as in the paper."""
    if len(numbers) <= 5:
        return float(np.quantile(numbers, p))
    q, n = sorted(numbers[:5]), [1, 2, 3, 4, 5]
    for count, x in enumerate(numbers[5:], 6):
        if x < q[0]:
            q[0], k = x, 0
        elif x >= q[4]:
            q[4], k = max(q[4], x), 3
        else:
            k = next(i for i in range(4) if q[i] <= x < q[i + 1])
        n = [rank + (i > k) for i, rank in enumerate(n)]
        wanted = [1 + (count - 1) * fraction for fraction in (0, p / 2, p, (1 + p) / 2, 1)]
        for i in (1, 2, 3):
            lag = wanted[i] - n[i]
            if (lag >= 1 and n[i + 1] - n[i] > 1) or (lag <= -1 and n[i - 1] - n[i] < -1):
                d = int(math.copysign(1, lag))
                up, down = (q[i + 1] - q[i]) / (n[i + 1] - n[i]), (q[i] - q[i - 1]) / (n[i] - n[i - 1])
                parabola = q[i] + d / (n[i + 1] - n[i - 1]) * (
                    (n[i] - n[i - 1] + d) * up + (n[i + 1] - n[i] - d) * down
                )
                q[i] = parabola if q[i - 1] < parabola < q[i + 1] else q[i] + d * (up if d > 0 else down)
                n[i] += d
    return q[2]


def reservoir(items: Sequence[Item]) -> Any:
    """Algorithm R as Vitter has it, with the same random numbers."""
    random, kept = np.random.default_rng(7), list(items[:3])
    for seen, item in enumerate(items[3:], 4):
        place = random.integers(seen)
        if place < 3:
            kept[place] = item
    values, _, _, numbers = columns(sorted(kept, key=lambda item: item[3]))
    return values, np.empty(0), numbers


@dataclass(frozen=True)
class Kind:
    """A kind of accumulator: how to make it, what it takes of an event, what numpy gives for all events."""

    make: Callable[[], Accumulator]
    whole: Callable[[Sequence[Item]], Any] | None
    takes: Callable[[Item], tuple[Any, ...]] = lambda item: item[:1]
    mergeable: bool = True
    commutes: bool = True
    any_shape: bool = False


def plain(function: Callable[..., Any]) -> Callable[[Sequence[Item]], Any]:
    return lambda items: (function(columns(items)[0]),)


KINDS: dict[str, Kind] = {
    "count": Kind(Count, lambda items: (len(items),)),
    "sum": Kind(Sum, plain(lambda values: values.sum(axis=0))),
    "mean": Kind(Mean, plain(lambda values: values.mean(axis=0))),
    "fading mean": Kind(lambda: FadingMean(lifetime=4), faded, mergeable=False),
    "var": Kind(Variance, plain(lambda values: spread(values) ** 2)),
    "std": Kind(StandardDeviation, plain(spread)),
    "min": Kind(Minimum, plain(lambda values: values.min(axis=0))),
    "max": Kind(Maximum, plain(lambda values: values.max(axis=0))),
    "moments": Kind(
        lambda: Moments(ddof=0),
        lambda items: (len(items), columns(items)[0].mean(axis=0), columns(items)[0].var(axis=0)),
    ),
    "summary": Kind(
        Summary,
        lambda items: (
            (values := columns(items)[0]).mean(axis=0),
            spread(values),
            values.min(axis=0),
            values.max(axis=0),
            len(values),
        ),
    ),
    "covariance": Kind(
        Covariance,
        plain(lambda values: np.cov(values, rowvar=False) if len(values) > 1 else np.full((2, 2), np.nan)),
    ),
    "histogram": Kind(lambda: HistogramCounter(VALUE_BINS), counted, any_shape=True),
    "quantile by P2": Kind(
        lambda: P2Quantile(0.3),
        plain(lambda values: np.array([textbook_p2(column.tolist(), 0.3) for column in values.T])),
        mergeable=False,
    ),
    "quantile by histogram": Kind(lambda: HistogramQuantile(VALUE_BINS, 0.3), None),
    "binned": Kind(lambda: BinnedMoments(KEY_BINS), sorted_by_key, lambda item: item[:2]),
    "top": Kind(lambda: TopKept(3), best, lambda item: (item[0], item[2], item[3])),
    "last": Kind(lambda: LastKept(3), newest, lambda item: (item[0], item[3]), commutes=False),
    "sample": Kind(lambda: SampleKept(3, 7), reservoir, lambda item: (item[0], item[3]), mergeable=False),
}
every_kind = pytest.mark.parametrize("name", list(KINDS))
mergeable_kinds = pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.mergeable])
number = st.floats(-1000, 1000, width=32)


@st.composite
def runs(draw: st.DrawFn, least: int = 1) -> list[Item]:
    count = draw(st.integers(least, 14))
    return [
        ([draw(number), draw(number)], draw(st.floats(-2, 5)), float(draw(st.integers(0, 4))), seq_num)
        for seq_num in range(1, count + 1)
    ]


def pushed(name: str, items: Sequence[Item]) -> Accumulator:
    accumulator = KINDS[name].make()
    for item in items:
        accumulator.push(*KINDS[name].takes(item))
    return accumulator


def parts(value: Any) -> list[Any]:
    return [np.asarray(part) for part in (value if isinstance(value, tuple) else (value,))]


def assert_same(found: Any, expected: Any, rtol: float = 1e-9, atol: float = 1e-5) -> None:
    assert len(parts(found)) == len(parts(expected))
    for one, other in zip(parts(found), parts(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)


def assert_identical(found: Any, expected: Any) -> None:
    for one, other in zip(parts(found), parts(expected), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


SOME: list[Item] = [([4.0, 9.0], 0.25, 2.0, 1), ([-1.0, 2.0], 3.0, 4.0, 2), ([7.0, 2.5], 0.75, 2.0, 3)]


@every_kind
@settings(max_examples=40, deadline=None)
@given(runs())
def test_the_result_is_that_of_numpy_on_the_whole(name: str, items: list[Item]) -> None:
    whole = KINDS[name].whole
    if whole is not None:
        assert_same(pushed(name, items).value(), whole(items))


@every_kind
def test_whether_it_can_be_merged_is_said_and_true(name: str) -> None:
    left, right = pushed(name, SOME[:1]), pushed(name, SOME[1:])
    assert left.mergeable is KINDS[name].mergeable
    if not left.mergeable:
        before = left.value()
        with pytest.raises(NotMergeableError, match="can't be merged"):
            left.merge(right)
        assert_identical(left.value(), before)


@mergeable_kinds
@settings(max_examples=40, deadline=None)
@given(runs(), st.integers(0, 14), st.integers(0, 14))
def test_merging_parts_gives_the_whole_however_it_was_cut_and_grouped(
    name: str, items: list[Item], first: int, second: int
) -> None:
    first, second = sorted((first, second))
    cut = items[:first], items[first:second], items[second:]
    left, whole = pushed(name, cut[0]), pushed(name, cut[0])
    left.merge(pushed(name, cut[1]))
    left.merge(pushed(name, cut[2]))
    right = pushed(name, cut[1])
    right.merge(pushed(name, cut[2]))
    whole.merge(right)
    expected = pushed(name, items).value()
    assert_same(left.value(), expected)
    assert_same(whole.value(), expected)


@mergeable_kinds
@settings(max_examples=40, deadline=None)
@given(runs(2))
def test_parts_can_be_merged_in_any_order_unless_order_is_the_point(name: str, items: list[Item]) -> None:
    half = len(items) // 2
    one, other = pushed(name, items[:half]), pushed(name, items[half:])
    other.merge(one)
    if KINDS[name].commutes:
        assert_same(other.value(), pushed(name, items).value())
    else:
        assert_same(other.value(), pushed(name, [*items[half:], *items[:half]]).value())


@every_kind
@settings(max_examples=40, deadline=None)
@given(runs(), st.integers(1, 5))
def test_looking_in_between_changes_nothing(name: str, items: list[Item], every: int) -> None:
    looked_at = KINDS[name].make()
    for seen, item in enumerate(items, 1):
        looked_at.push(*KINDS[name].takes(item))
        if seen % every == 0:
            assert_identical(looked_at.value(), pushed(name, items[:seen]).value())
    assert_identical(looked_at.value(), pushed(name, items).value())


@every_kind
def test_what_is_pushed_is_neither_kept_nor_changed_and_what_is_given_never_changes(name: str) -> None:
    kind = KINDS[name]
    value, accumulator = np.array([1.0, 2.0]), kind.make()

    def push(seq_num: int) -> None:
        accumulator.push(*kind.takes((value, 1.0, 1.0 + seq_num, seq_num)))

    push(1)
    given_out = accumulator.value()
    before = [part.copy() for part in parts(given_out)]
    value += 100
    assert_identical(accumulator.value(), tuple(before))
    value.flags.writeable = False
    push(2)
    push(3)
    assert value.tolist() == [101.0, 102.0]
    assert_identical(given_out, tuple(before))


@mergeable_kinds
def test_two_that_were_merged_share_nothing(name: str) -> None:
    one, other = KINDS[name].make(), pushed(name, SOME)
    one.merge(other)
    one_held, other_held = one.value(), other.value()
    held = [part.copy() for part in parts(one_held)]
    other.push(*KINDS[name].takes(([50.0, 60.0], 1.0, 9.0, 4)))
    assert_identical(one.value(), tuple(held))
    changed = other.value()
    one.push(*KINDS[name].takes(([70.0, 80.0], 1.0, 9.0, 5)))
    assert_identical(other.value(), changed)
    assert_identical(one_held, tuple(held))
    assert_identical(other_held, tuple(held))


@every_kind
def test_nothing_has_no_value(name: str) -> None:
    empty = KINDS[name].make()
    assert empty.is_empty
    if name == "count":
        assert empty.value() == 0
        return
    with pytest.raises(EmptyError):
        empty.value()


@mergeable_kinds
def test_nothing_merges_as_nothing(name: str) -> None:
    empty, full = KINDS[name].make(), pushed(name, SOME)
    empty.merge(KINDS[name].make())
    assert empty.is_empty
    expected = full.value()
    full.merge(empty)
    assert_identical(full.value(), expected)
    empty.merge(full)
    assert_identical(empty.value(), expected)
    assert not empty.is_empty


@every_kind
def test_after_clearing_it_is_as_new(name: str) -> None:
    accumulator = pushed(name, [([8.0, 9.0, 1.0], 1.0, 1.0, seq_num) for seq_num in range(1, 9)])
    accumulator.clear()
    assert accumulator.is_empty
    for item in SOME:
        accumulator.push(*KINDS[name].takes(item))
    assert_identical(accumulator.value(), pushed(name, SOME).value())


@every_kind
@pytest.mark.parametrize("bad", [[1.0], "text", [[1], [2, 3]], None, 1j])
def test_what_can_not_be_taken_in_is_refused_and_changes_nothing(name: str, bad: Any) -> None:
    accumulator = pushed(name, SOME)
    if KINDS[name].any_shape and bad == [1.0]:
        accumulator.push(bad)
        return
    before = accumulator.value()
    with pytest.raises(UsageError):
        accumulator.push(*KINDS[name].takes((bad, 1.0, 9.0, 4)))
    assert_identical(accumulator.value(), before)


@every_kind
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "int32", "uint64", "float16", "float32"])
def test_every_dtype_counts_as_the_number_it_is(name: str, dtype: str) -> None:
    numbers = np.random.default_rng(3).integers(0, 2 if dtype == "bool" else 120, (9, 2))
    narrow = [(value, i / 3, i % 3, i) for i, value in enumerate(numbers.astype(dtype))]
    wide = [(value.astype(np.float64), key, score, i) for i, (value, key, score, _) in enumerate(narrow)]
    assert_same(pushed(name, narrow).value(), pushed(name, wide).value(), atol=1e-9)


@every_kind
def test_memory_order_does_not_matter(name: str) -> None:
    if name == "covariance":
        values = np.random.default_rng(0).normal(size=(6, 8))[:, ::2]
    else:
        values = np.random.default_rng(0).normal(size=(6, 4, 5)).transpose(0, 2, 1)
    odd = [(value, 1.0, float(i), i) for i, value in enumerate(values)]
    tidy = [(np.ascontiguousarray(value), *rest) for value, *rest in odd]
    assert_identical(pushed(name, odd).value(), pushed(name, tidy).value())  # type: ignore[arg-type]


@every_kind
def test_numbers_and_empty_arrays_are_taken_in(name: str) -> None:
    if name == "covariance":
        return
    alone = pushed(name, [(float(item[0][0]), *item[1:]) for item in SOME])
    pairs = pushed(name, SOME)
    if name not in ("histogram", "count"):
        firsts = [part[..., 0] if part.ndim and part.shape[-1] == 2 else part for part in parts(pairs.value())]
        assert_same(alone.value(), tuple(firsts))
    pushed(name, [(np.empty((0, 3)), *item[1:]) for item in SOME]).value()
