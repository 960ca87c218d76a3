"""Accumulators in a graph: what runs and what comes at the end, when it is shown, and when it begins anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from event_model import compose_run

import headrace
import headrace.nodes
from headrace import Graph
from headrace.engine.model.errors import HeadraceError, UsageError
from headrace.engine.model.records import Event, EventKey
from headrace.engine.model.skip import SKIP

catalogue: Any = headrace.nodes  # untyped: nodes are called on ports here, on lists and on arrays
accumulate = catalogue.accumulate
binned = catalogue.binned
covariance = catalogue.covariance
exponential_mean = catalogue.exponential_mean
histogram = catalogue.histogram
last_values = catalogue.last_values
quantile = catalogue.quantile
reservoir = catalogue.reservoir
source = catalogue.source
statistics = catalogue.statistics
top_shots = catalogue.top_shots

Pair = tuple[str, Mapping[str, Any]]
NAN = float("nan")


def run_of(times: Sequence[float], **fields: Any) -> list[Pair]:
    """Compose a run whose events were recorded at these times."""
    run = compose_run()
    keys = {
        name: {
            "dtype": "array" if np.ndim(column[0]) else "number",
            "shape": list(np.shape(column[0])),
            "source": "sim",
            "dtype_numpy": np.asarray(column[0]).dtype.str,
        }
        for name, column in fields.items()
    }
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    documents: list[Pair] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for time, *row in zip(times, *fields.values(), strict=True):
        data = dict(zip(fields, row, strict=True))
        event = stream.compose_event(data=data, timestamps=dict.fromkeys(data, time))
        documents.append(("event", {**event, "time": time}))
    return [*documents, ("stop", run.compose_stop())]


@pytest.fixture
def scan() -> list[Pair]:
    images = np.arange(6 * 2 * 3).reshape(6, 2, 3).astype("uint16")
    return run_of(
        [0.0, 0.5, 1.0, 1.6, 2.0, 2.1],
        i0=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        motor=[0.0, 0.0, 1.0, 1.0, 1.0, 0.0],
        image=list(images),
    )


def shown(result: Any, name: str) -> dict[int, Any]:
    """Give event number to number."""
    table = result[name]
    assert isinstance(table, pd.DataFrame)
    return dict(zip(table["raw_seq_num"], table[name], strict=True))


def test_what_runs_begins_anew_when_the_key_changes_and_the_last_group_comes_at_the_end(scan: list[Pair]) -> None:
    mean = accumulate(source(field="i0"), source(field="motor"), how="mean")
    result = headrace.run(Graph("g").keep(so_far=mean.running, mean=mean), scan)
    assert shown(result, "so_far") == {1: 1.0, 2: 1.5, 3: 3.0, 4: 3.5, 5: 4.0, 6: 6.0}
    assert result["mean"]["mean"].tolist() == [6.0]


def test_every_group_gives_the_finished_ones_and_the_end_gives_the_last(scan: list[Pair]) -> None:
    mean = accumulate(source(field="i0"), source(field="motor"), how="mean", every="group")
    result = headrace.run(Graph("g").keep(finished=mean.running, last=mean), scan)
    assert shown(result, "finished") == {3: 1.5, 6: 4.0}
    assert result["last"]["last"].tolist() == [6.0]


def test_every_third_event_is_shown_counted_from_the_last_reset(scan: list[Pair]) -> None:
    i0 = source(field="i0")
    third = accumulate(i0, how="sum", every=3)
    second = accumulate(i0, source(field="motor"), how="sum", every=2)
    result = headrace.run(Graph("g").keep(third=third.running, second=second.running), scan)
    assert shown(result, "third") == {3: 6.0, 6: 21.0}
    assert shown(result, "second") == {2: 3.0, 4: 7.0}


def test_every_second_of_the_data_is_shown_whatever_the_clock_says(scan: list[Pair]) -> None:
    total = accumulate(source(field="i0"), how="sum", seconds=1)
    result = headrace.run(Graph("g").keep(total=total.running), scan)
    assert shown(result, "total") == {1: 1.0, 3: 6.0, 5: 15.0}


def test_several_results_of_one_node_reach_the_result_run(scan: list[Pair]) -> None:
    image, i0 = source(field="image"), source(field="i0")
    curve, spectrum, summary = (
        binned(image, i0, edges=[0, 2, 4]),
        histogram(image, bins=3, range=(0, 30), every=4),
        statistics(image),
    )
    best, window = top_shots(image, i0, k=2), last_values(i0, k=2)
    graph = Graph("g").keep(
        mean=curve, over=curve.over, counts=spectrum, so_far=spectrum.running_counts, noise=summary.std,
        best=best, shots=best.seq_nums, window=window.running_values,
    )  # fmt: skip
    result = headrace.run(graph, scan)
    images = np.arange(36).reshape(6, 2, 3)
    np.testing.assert_array_equal(result["mean"][0], [images[0], images[1:4].mean(axis=0)])
    assert result["over"]["over"].tolist() == [2]
    assert result["counts"].tolist() == [[10, 10, 11]]
    assert result["so_far"].tolist() == [[10, 10, 4]]
    np.testing.assert_allclose(result["noise"][0], images.std(axis=0, ddof=1))
    assert result["best"].dtype == np.uint16
    assert result["shots"].tolist() == [[6, 5]]
    assert [value.tolist() for value in result["window"]] == [[1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]]


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("{type: histogram, in: i0}", "either 'edges', or 'bins' and 'range'"),
        ("{type: histogram, in: i0, bins: 4, range: [3, 1]}", "lower one first"),
        ("{type: binned, in: [i0, i0], edges: [0, 0]}", "greater than the one before"),
        ("{type: quantile, in: i0, bins: 4, range: [0, 1]}", "'p2' has none"),
        ("{type: quantile, in: i0, method: histogram}", "either 'edges'"),
        ("{type: accumulate, in: i0, how: sum, every: 2, seconds: 1}", "not both"),
        ("{type: accumulate, in: i0, how: sum, every: 0}", "every"),
        ("{type: accumulate, in: i0, how: sum, every: sometimes}", "group"),
        ("{type: top_shots, in: i0}", "score"),
    ],
)
def test_parameters_that_can_not_work_are_faults_of_the_graph(node: str, words: str, scan: list[Pair]) -> None:
    text = (
        f"headrace: 1\ngraph: g\nnodes:\n  i0: {{type: source, field: i0}}\n  a: {node}\n  k: {{type: sink, in: a}}\n"
    )
    with pytest.raises(HeadraceError) as caught:
        headrace.run(Graph.from_yaml(text), scan)
    assert words in str(caught.value)


# By hand, as in a notebook


def event(number: int, time: float = 0.0) -> Event:
    return Event(EventKey("run", "primary", number), time, {})


EVERY_NODE = [
    (accumulate, {"how": "sum"}, 1),
    (exponential_mean, {}, 1),
    (statistics, {}, 1),
    (histogram, {"bins": 2, "range": (0.0, 9.0)}, 1),
    (quantile, {}, 1),
    (binned, {"edges": [0.0, 9.0]}, 2),
    (top_shots, {}, 2),
    (last_values, {}, 1),
    (reservoir, {}, 1),
]


def flat(value: Any) -> list[Any]:
    return [np.asarray(part).tolist() for part in (value if isinstance(value, tuple) else (value,))]


@pytest.mark.parametrize(("make", "parameters", "count"), EVERY_NODE)
def test_every_node_type_resets_and_shows_by_the_same_rules(make: Any, parameters: Any, count: int) -> None:
    node, fresh = make(every=2, **parameters), make(**parameters)
    assert make(**parameters).final() is SKIP or parameters == {"how": "count"}
    for number, group in enumerate("aabbb", 1):
        node.update(*[float(number)] * count, group, event=event(number))
        if group == "b":
            fresh.update(*[float(number)] * count, event=event(number))
        assert (node.value() is SKIP) == (number in (1, 3, 5))
    assert flat(node.final()) == flat(fresh.final())


def test_a_covariance_resets_too() -> None:
    node = covariance(ddof=0)
    for sample, group in (([1, 2], 1), ([5, 5], 2), ([7, 5], 2)):
        node.update(sample, group)
    assert node.final().tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_another_shape_may_come_after_a_reset_and_nan_is_one_group() -> None:
    total = accumulate(how="sum")
    for value, key in (([1, 2], NAN), ([3, 4], np.float64(NAN)), ([5, 6, 7], "next")):
        total.update(value, key)
        if key != "next":
            continue
        assert total.final().tolist() == [5, 6, 7]


def test_a_group_whose_first_event_fails_does_not_take_the_finished_one_with_it() -> None:
    total = accumulate(how="sum", every="group")
    total.update([1, 2], 0)
    with pytest.raises(UsageError, match="no array"):
        total.update([[1], [2, 3]], 1)
    total.update([5, 6], 1)
    assert total.value().tolist() == [1, 2]
    total.update([7, 8], 1)
    assert total.value() is SKIP
    assert total.final().tolist() == [12, 14]


def test_a_reset_that_is_no_scalar_is_refused() -> None:
    with pytest.raises(UsageError, match="reset is ndarray"):
        accumulate(how="sum").update(1, np.zeros(3))


def test_seconds_without_an_event_are_refused_and_with_one_begin_anew_with_the_group() -> None:
    with pytest.raises(UsageError, match="pass 'event'"):
        accumulate(how="sum", seconds=1).update(1)
    total, seen = accumulate(how="sum", seconds=10), []
    for number, (time, key) in enumerate(((0.0, 0), (5.0, 0), (6.0, 1), (11.0, 1), (16.0, 1)), 1):
        total.update(1, key, event=event(number, time))
        seen.append(total.value() is not SKIP)
    assert seen == [True, False, True, False, True]


def test_a_clock_that_is_set_back_does_not_stop_what_is_shown() -> None:
    total, seen = accumulate(how="sum", seconds=10), []
    for number, time in enumerate((1000.0, 1005.0, 20.0, 29.0, 30.0), 1):
        total.update(1, event=event(number, time))
        seen.append(total.value() is not SKIP)
    assert seen == [True, False, True, False, True]


def test_top_shots_go_by_the_number_of_the_event_not_by_when_it_came() -> None:
    best = top_shots(k=2)
    for number in (9, 4, 7):
        best.update(number * 10, 1.0, event=event(number))
    assert best.final().seq_nums.tolist() == [4, 7]
