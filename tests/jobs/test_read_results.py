"""Reading results as tables, arrays, and arrays with coordinates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import headrace
from headrace import Graph, Result, UsageError
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter

GRAPH = """\
headrace: 1
graph: reading
nodes:
  frames:  {type: source, field: dexela_image}
  mean:    {type: average, in: frames}
  peaks:   {type: locate, in: mean, diameter: 9, minmass: 100}
  tracks:  {type: link, in: peaks, search_range: 5}
  maps:    {type: crystal_map, in: tracks}
  total:   {type: roi, in: mean}
  rings:   {type: radial_profile, in: mean, centre: [32, 32]}
  highest: {type: accumulate, in: mean, how: max}
  keep:
    type: sink
    in: {mean: mean, peaks: peaks, maps: maps, total: total, highest: highest,
         profile: rings.mean, radius: rings.radius}
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reading")
    with FolderStoreWriter(folder / "raw") as write:
        for name, doc in simulate_crystal_rod((2, 3), size=64, frames=2):
            write(name, doc)
    headrace.run(Graph.from_yaml(GRAPH), f"{folder}/raw/-1", to=folder / "results")
    return folder


@pytest.fixture(scope="module")
def result(store: Path) -> Result:
    return headrace.open_run(f"{store}/results/-1")


def test_each_row_of_a_table_tells_its_event_and_where_the_motors_stood(result: Result) -> None:
    table = result.table("peaks")
    assert list(table.columns[:4]) == ["raw_seq_num", "time", "sample_y", "sample_x"]
    assert len(table) == len(result["peaks"]) > 0
    assert (table["raw_seq_num"] == result["peaks"]["frame"]).all()
    at = {int(event.data["raw_seq_num"]): event.data["sample_x"] for event in result.events("peaks")}
    assert table["sample_x"].tolist() == [at[number] for number in table["raw_seq_num"]]


def test_a_scalar_is_a_table_and_an_array(result: Result) -> None:
    table = result.table("total")
    assert list(table.columns) == ["raw_seq_num", "time", "sample_y", "sample_x", "total"]
    assert np.array_equal(result.array("total"), table["total"])
    assert np.allclose(result.array("total"), result["mean"].sum(axis=(1, 2)))


def test_an_array_has_a_table_of_its_events(result: Result) -> None:
    assert list(result.table("mean").columns) == ["raw_seq_num", "time", "sample_y", "sample_x"]
    assert result.array("mean").shape == (6, 64, 64)


def test_images_know_where_the_motors_stood(result: Result) -> None:
    mean = result.xarray("mean")
    assert mean.dims == ("event", "y", "x")
    assert set(mean.coords) == {"raw_seq_num", "time", "sample_y", "sample_x"}
    assert mean.coords["sample_x"].attrs["units"] == "mm"
    assert mean.attrs["uid"] == result.uid


def test_maps_lie_over_the_motors_of_the_grid(result: Result) -> None:
    maps = result.xarray("maps")
    assert maps.dims == ("number", "sample_y", "sample_x")
    assert maps.coords["sample_x"].values.tolist() == pytest.approx(np.linspace(0, 1.8, 3))
    assert np.array_equal(maps.values, result["maps"][0])


def test_curves_lie_over_the_axis_that_was_kept_with_them(result: Result) -> None:
    profile = result.xarray("profile")
    assert profile.dims == ("event", "radius")
    assert np.array_equal(profile.coords["radius"], result["radius"][-1])


def test_what_exists_once_has_no_axis_of_events(result: Result) -> None:
    highest = result.xarray("highest")
    assert highest.dims == ("y", "x")
    assert np.array_equal(highest, result["mean"].max(axis=0))


def test_the_table_of_a_raw_run_leaves_its_images_where_they_are(store: Path) -> None:
    raw = headrace.open_run(f"{store}/raw/-1")
    table = raw.table("primary")
    assert "dexela_image" not in table
    assert {"seq_num", "time", "sample_x", "dexela_stats_total"} <= set(table.columns)


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        (lambda result: result.table("peak"), "did you mean 'peaks'"),
        (lambda result: result.array("peaks"), r"read it with result.table\('peaks'\)"),
        (lambda result: result.xarray("peaks"), r"read it with result.table\('peaks'\)"),
        (lambda result: result.coordinates("nothing"), "has no stream 'nothing'"),
    ],
)
def test_what_is_not_there_is_refused_with_words(
    result: Result, read: Callable[[Result], object], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        read(result)


def test_a_result_without_a_single_peak_gives_an_empty_table(store: Path, tmp_path: Path) -> None:
    graph = Graph.from_yaml(GRAPH).set({"peaks.minmass": 1e9})
    empty = headrace.run(graph, f"{store}/raw/-1", to=tmp_path)
    assert len(empty.table("peaks")) == 0
    assert "time" in empty.table("peaks").columns


def test_without_xarray_it_is_said_how_to_get_it(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(UsageError, match=r"pip install 'headrace\[xarray\]'"):
        result.xarray("mean")
