"""Tables: rows, columns, and where in the scan they were measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headrace
from headrace import Graph
from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.nodes import average, columns, crystal_windows, locate, positions, select, source, top, window_means
from headrace.nodes.support.expression import ExpressionError

PEAKS = pd.DataFrame({"y": [1.5, 2.5, 3.5], "mass": [30.0, np.nan, 50.0], "frame": [7, 7, 7], "kind": ["a", "b", "a"]})
EVENT = Event(EventKey("run", "primary", 7), 12.5, {"sx": 0.5, "sy": np.float32(2), "image": np.ones((2, 2)), "t": "x"})
MASSES = st.lists(st.floats(-100, 100), max_size=20)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("mass > 20", [0, 2]),
        ("mass > 20 and kind == 'a' and y < 3", [0]),
        ("not mass > 40", [0, 1]),
        ("isnan(mass) or y > 3", [1, 2]),
        ("mass == max(where(isnan(mass), 0, mass))", [2]),
        ("kind in ['b']", [1]),
        ("frame == seq_num and y > limit", [1, 2]),
        ("data.sx > 1", []),
        ("start.keep", [0, 1, 2]),
        ("y > 99", []),
    ],
)
def test_rows_are_kept_for_which_the_expression_is_true(where: str, rows: list[int]) -> None:
    before = PEAKS.copy()
    run = RunContext({"uid": "run", "keep": True})
    found = select(PEAKS, where=where, event=EVENT, run=run, limit=2)
    pd.testing.assert_frame_equal(found, PEAKS.iloc[rows].reset_index(drop=True))
    pd.testing.assert_frame_equal(PEAKS, before)


def test_a_column_may_have_the_name_of_a_function() -> None:
    table = pd.DataFrame({"mean": [1.0, 2.0, 6.0]})
    assert select(table, where="mean > mean(mean) / 2")["mean"].tolist() == [2.0, 6.0]


@given(MASSES, st.floats(-100, 100))
def test_selecting_is_that_of_pandas(masses: list[float], limit: float) -> None:
    table = pd.DataFrame({"mass": np.array(masses, dtype=float)})
    pd.testing.assert_frame_equal(
        select(table, where="mass > limit", limit=limit), table.query("mass > @limit").reset_index(drop=True)
    )


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("mas > 1", "unknown name 'mas'.*did you mean 'mass'"),
        ("mass", "expected true or false for each of 3 rows"),
        ("mass + 1", "expected true or false"),
        ("kind > 1", "can't be evaluated|works on"),
        ("shots > 1", "expected true or false for each of 3 rows"),
    ],
)
def test_what_is_no_choice_of_rows_is_refused(where: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        select(PEAKS, where=where, shots=np.ones(2))


def test_an_input_named_like_a_column_is_refused() -> None:
    with pytest.raises(UsageError, match="'mass' is an input and a column"):
        select(PEAKS, where="mass > 1", mass=1)


def test_a_faulty_choice_is_found_before_the_run() -> None:
    peaks = locate(source(field="image"), diameter=11)
    faults = headrace.check(Graph("g").keep(a=select(peaks, where="mass >"), b=select(peaks, where="mass > 1")))
    assert [fault.code for fault in faults] == ["HR307"]


@given(MASSES, st.integers(1, 8), st.booleans())
def test_the_top_is_that_of_a_stable_sort(masses: list[float], number: int, least: bool) -> None:
    table = pd.DataFrame({"mass": np.array(masses, dtype=float), "row": np.arange(len(masses))})
    expected = table.sort_values("mass", ascending=least, kind="stable").head(number).reset_index(drop=True)
    pd.testing.assert_frame_equal(top(table, by="mass", number=number, least=least), expected)


def test_nan_comes_last_in_the_top() -> None:
    assert top(PEAKS, by="mass", number=3)["mass"].tolist()[:2] == [50.0, 30.0]
    assert top(PEAKS, by="mass", number=2, least=True)["mass"].tolist() == [30.0, 50.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: top(PEAKS, by="mas", number=1), "no column 'mas'; it has .*did you mean 'mass'"),
        (lambda: top(PEAKS, by="kind", number=1), "'kind' holds .*expected numbers"),
        (lambda: top(np.ones(3), by="mass", number=1), "table is ndarray; expected a table"),  # type: ignore[arg-type]
        (lambda: columns(PEAKS, keep=["y", "mas"]), "no column 'mas'"),
        (lambda: columns(PEAKS, keep=["y", "y"]), "names a column twice"),
        (lambda: positions(PEAKS), "without one"),
        (lambda: window_means(np.ones((3, 3)), PEAKS, half_width=1), "no column 'x'"),
        (lambda: window_means(np.ones((3, 3)), PEAKS.assign(x=1.0)), "no column 'dy'"),
    ],
)
def test_what_a_table_lacks_is_said(call: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call()


def test_columns_come_in_the_given_order_with_their_dtypes() -> None:
    found = columns(PEAKS, keep=["frame", "y"])
    assert found.columns.tolist() == ["frame", "y"]
    assert found["frame"].dtype == np.int64


HINTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"hints": {"dimensions": [[["sy"], "primary"], [["sx"], "primary"]]}, "motors": ["sx"]}, ["sy", "sx"]),
    ({"hints": {"dimensions": [[["sx", "sy"], "primary"]]}}, ["sx", "sy"]),
    ({"hints": {"dimensions": [[["sx"], "other"]]}, "motors": ["sy"]}, ["sy"]),
    ({"hints": {"dimensions": [[["time"], "primary"]]}}, []),
    ({"hints": {"dimensions": ["nonsense", [1]]}, "motors": ("sx", "gone")}, ["sx"]),
    ({}, []),
]


@pytest.mark.parametrize(("start", "motors"), HINTS)
def test_the_motors_are_those_that_the_scan_ran_along(start: dict[str, Any], motors: list[str]) -> None:
    found = positions(PEAKS, event=EVENT, run=RunContext({"uid": "run", **start}))
    assert found.columns.tolist() == [*PEAKS.columns, *motors, "point"]
    assert set(found["point"]) == {6}
    assert all(found[motor].dtype == np.float64 for motor in motors)


def test_a_table_without_rows_has_the_columns_too() -> None:
    found = positions(PEAKS.head(0), fields=["sx", "t"], event=EVENT)
    assert found.columns.tolist() == [*PEAKS.columns, "sx", "t", "point"]
    assert found.dtypes[["sx", "point"]].astype(str).tolist() == ["float64", "int64"]


def test_positions_that_can_not_be_columns_are_refused() -> None:
    with pytest.raises(UsageError, match="has a column 'sx' already; give 'prefix'"):
        positions(pd.DataFrame({"sx": [1.0]}), fields=["sx"], event=EVENT)
    assert positions(pd.DataFrame({"sx": [1.0]}), fields=["sx"], prefix="at_", event=EVENT)["at_sx"].tolist() == [0.5]
    with pytest.raises(DocumentError, match="no field 'sz'; it has"):
        positions(PEAKS, fields=["sz"], event=EVENT)
    with pytest.raises(UsageError, match="image is ndarray of shape"):
        positions(PEAKS, fields=["image"], event=EVENT)


def test_means_in_windows_are_those_that_windows_of_a_scan_have() -> None:
    y, x = np.mgrid[:48, :48]
    images = [100 + height * np.exp(-((y - 20) ** 2 + (x - 30) ** 2) / 8) for height in (0, 400)]
    mapping = crystal_windows(shape=[2], radius=5, half_width=2)
    for image in images:
        mapping.update(image)
    scan = mapping.final()
    assert isinstance(scan, tuple)
    found = [window_means(image, scan.windows)["mean"][0] for image in (images[1], scan.dark)]
    assert found[0] - found[1] == pytest.approx(scan.maps[0, 1])


def test_windows_are_cut_at_the_edges_and_nan_is_told() -> None:
    image = np.arange(20, dtype="uint8").reshape(4, 5)
    windows = pd.DataFrame({"y": [-0.5, 3.9, 50.0, np.nan, -9.0], "x": [0.2, 4.0, 1.0, 1.0, 1.0]})
    found = window_means(image, windows, half_width=1)
    assert found["pixels"].tolist() == [2, 4, 0, 0, 0]
    np.testing.assert_array_equal(found["mean"], [0.5, 16.0, np.nan, np.nan, np.nan])
    damaged = image.astype(float)
    damaged[0, 0] = np.nan
    assert np.isnan(window_means(damaged, windows, half_width=1)["mean"][0])
    none = window_means(image, windows.head(0), half_width=1)
    assert none.dtypes[["mean", "pixels"]].astype(str).tolist() == ["float64", "int64"]


def test_a_table_of_peaks_gets_its_place_in_a_graph() -> None:
    from headrace.engine.documents.simulated import simulate_crystal_rod

    documents = list(simulate_crystal_rod((2, 3), size=64))
    image = average(source(field="dexela_image"))
    peaks = top(locate(image, diameter=11, percentile=0), by="mass", number=2)
    placed = positions(window_means(image, peaks, half_width=2))
    result = headrace.run(Graph.from_yaml(Graph("g").keep(peaks=placed).to_yaml()), documents)
    assert result.stop is not None
    assert result.stop["exit_status"] == "success"
    table = result["peaks"]
    assert {"sample_y", "sample_x", "point", "mean", "pixels"} <= set(table.columns)
    assert (table["point"] == table["frame"] - 1).all()
