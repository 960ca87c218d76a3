"""A sweep: every combination gives what a run of its own would, and what is shared is computed once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headrace import Graph, GraphError, UsageError, run
from headrace.engine.cli.entry import main
from headrace.engine.cli.sweep import read_over
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.measures import measures
from headrace.engine.jobs.sweep import combinations, sweep
from headrace.nodes import accumulate, linear, source

RUN = "5c1f0a2e-9d1c-4f0e"
XS = [1.0, 2.0, 3.0]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write = FolderStoreWriter(tmp_path / "raw")
    keys = {"x": {"dtype": "number", "shape": [], "source": "sim"}}
    write("start", {"uid": RUN, "time": 0.0})
    write("descriptor", {"uid": "d", "run_start": RUN, "name": "primary", "time": 0.0, "data_keys": keys})
    for number, x in enumerate(XS, 1):
        about = {"uid": f"e{number}", "descriptor": "d", "seq_num": number, "time": float(number)}
        write("event", {**about, "timestamps": {"x": 0.0}, "data": {"x": x}})
    write("stop", {"uid": "s", "run_start": RUN, "time": 9.0, "exit_status": "success"})
    return tmp_path / "raw"


def graph() -> Graph:
    y = linear(source(field="x"), scale=1.0)
    return Graph("sums").keep(y=y, total=accumulate(linear(y, offset=0.0, unit=None), how="sum"))


def test_every_combination_gives_what_a_run_of_its_own_gives(store: Path, tmp_path: Path) -> None:
    over = {"y.scale": [1.0, 2.0, 5.0], "linear.offset": [0.0, 10.0]}
    swept = sweep(store / "-1", graph(), over, cache=tmp_path / "cache")
    assert [point.parameters for point in swept.points] == combinations(over)
    for point in swept.points:
        alone = measures(run(graph(), store / "-1", set=point.parameters))
        assert dict(point.measured) == alone
        assert (
            point.measured["total.max"]
            if "total.max" in alone
            else point.measured["total"]
            == sum(x * point.parameters["y.scale"] + point.parameters["linear.offset"] for x in XS)
        )


def test_what_stands_before_the_varied_node_is_not_computed_again(store: Path, tmp_path: Path) -> None:
    swept = sweep(store / "-1", graph(), {"linear.offset": [0.0, 1.0, 2.0]}, cache=tmp_path / "cache", workers=1)
    assert swept.points[0].reused == 0
    assert all(point.reused >= len(XS) for point in swept.points[1:])
    again = sweep(store / "-1", graph(), {"linear.offset": [0.0, 1.0, 2.0]}, cache=tmp_path / "cache")
    assert all(point.computed == 0 for point in again.points)


def test_the_table_has_a_row_for_each_combination(store: Path) -> None:
    table = sweep(store / "-1", graph(), {"y.scale": [1.0, 2.0]}, cache=None).table(["y"])
    assert list(table.columns) == ["y.scale", "y", "seconds"]
    assert table["y"].tolist() == [2.0, 4.0]
    with pytest.raises(UsageError, match="there are y"):
        sweep(store / "-1", graph(), {"y.scale": [1.0]}, cache=None).table(["z"])


def test_a_combination_that_is_wrong_is_refused_before_anything_is_computed(store: Path) -> None:
    done: list[Any] = []
    with pytest.raises(GraphError, match="scale"):
        sweep(store / "-1", graph(), {"y.scale": [1.0, "wide"]}, cache=None, on_point=done.append)
    assert not done


def test_paired_values_are_taken_together_and_must_come_out_even() -> None:
    assert combinations({"a.x": [1, 2], "b.y": [3, 4]}, paired=True) == [{"a.x": 1, "b.y": 3}, {"a.x": 2, "b.y": 4}]
    with pytest.raises(UsageError, match="as many values"):
        combinations({"a.x": [1, 2], "b.y": [3]}, paired=True)
    with pytest.raises(UsageError, match="at most"):
        combinations({"a.x": list(range(200)), "b.y": list(range(200))})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a.x=60:95:5", [60, 65, 70, 75, 80, 85, 90, 95]),
        ("a.x=0.1:0.5:0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("a.x=5:1:-2", [5, 3, 1]),
        ("a.x=5,10,20", [5, 10, 20]),
        ("a.x=[1, 2]", [1, 2]),
        ("a.x=error,zero,null", ["error", "zero", None]),
        ("a.x=7", [7]),
    ],
)
def test_values_are_read_as_ranges_lists_or_single_ones(text: str, values: list[Any]) -> None:
    assert read_over(text) == ("a.x", values)


@pytest.mark.parametrize("text", ["a.x=1:2", "a.x=1:2:0", "a.x=1:9:-1", "a.x=a:b:c", "a.x", "x=1", "a.x=0:1e9:1e-9"])
def test_a_text_that_is_no_range_is_refused_with_an_example(text: str) -> None:
    if text == "a.x=1:2":
        assert read_over(text)[1] == ["1:2"]
        return
    with pytest.raises(UsageError):
        read_over(text)


def test_the_command_prints_a_table_and_writes_it_with_a_picture(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "sums.yaml"
    file.write_text(graph().to_yaml())
    words = ["sweep", f"{store}/-1", str(file), "--over", "y.scale=1:3:1", "--over", "linear.offset=0,10"]
    result = CliRunner().invoke(main, [*words, "--cache", str(tmp_path / "cache"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "y.scale" in result.output
    assert len((tmp_path / "out/sweep.csv").read_text().splitlines()) == 7
    assert (tmp_path / "out/sweep.png").read_bytes().startswith(b"\x89PNG")
