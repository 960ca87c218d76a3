"""Result runs: valid documents, provenance, verdicts, tables and arrays, and a result as the input of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import event_model
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from event_model import compose_run

import headrace
from headrace import Graph, Result, UsageError, named
from headrace.nodes import accumulate, average, filter, link, locate, source  # noqa: A004

Pair = tuple[str, Mapping[str, Any]]


def run_of(fields: Mapping[str, list[Any]], **start: Any) -> list[Pair]:
    """Compose a run with one stream of these fields."""
    run = compose_run(metadata=start)
    values = {name: np.asarray(column[0]) for name, column in fields.items()}
    keys = {
        name: {
            "dtype": "array" if value.ndim else "number",
            "shape": list(value.shape),
            "source": "sim",
            "dtype_numpy": value.dtype.str,
        }
        for name, value in values.items()
    }
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    documents: list[Pair] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for row in zip(*fields.values(), strict=True):
        data = dict(zip(fields, row, strict=True))
        documents.append(("event", stream.compose_event(data=data, timestamps=dict.fromkeys(data, 0.0))))
    return [*documents, ("stop", run.compose_stop())]


@pytest.fixture
def numbers() -> list[Pair]:
    return run_of({"i0": [1.0, 2.0, 3.0], "motor": [10.0, 20.0, 30.0]}, sample_name="quartz", scan_id=7)


def test_every_document_of_a_result_is_valid(numbers: list[Pair]) -> None:
    i0 = source(field="i0")
    result = headrace.run(Graph("g").keep(i0=i0, total=accumulate(i0, how="sum")), numbers)
    for name, doc in result.documents():
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)


def test_provenance_says_graph_parameters_versions_and_raw_run(numbers: list[Pair]) -> None:
    graph = Graph("provenance").keep(total=accumulate(source(field="i0"), how="sum"))
    start = headrace.run(graph, numbers).start
    assert start["raw_uid"] == numbers[0][1]["uid"]
    assert start["parent_uids"] == [start["raw_uid"]]
    assert start["analysis_stage"] == "provenance"
    assert (start["sample_name"], start["scan_id"]) == ("quartz", 7)
    about = start["headrace"]
    assert about["graph"] == graph.to_dict()
    assert about["graph_sha256"] == graph.digest()
    assert about["revision"] == 1
    assert about["parameters"]["total"]["how"] == "sum"
    assert {"headrace", "numpy", "python"} <= set(about["versions"])


def test_scalars_come_as_a_table_with_event_numbers(numbers: list[Pair]) -> None:
    table = headrace.run(Graph("g").keep(i0=source(field="i0")), numbers)["i0"]
    assert isinstance(table, pd.DataFrame)
    assert table["i0"].tolist() == [1.0, 2.0, 3.0]
    assert table["raw_seq_num"].tolist() == [1, 2, 3]


def test_a_filtered_event_keeps_its_raw_number(numbers: list[Pair]) -> None:
    i0 = source(field="i0")
    table = headrace.run(Graph("g").keep(kept=filter(i0, where="value > 1.5")), numbers)["kept"]
    assert table["raw_seq_num"].tolist() == [2, 3]


def test_arrays_come_with_events_along_the_first_axis() -> None:
    frames = [np.full((2, 4, 5), n, "uint16") for n in range(3)]
    mean = headrace.run(Graph("g").keep(mean=average(source(field="image"))), run_of({"image": frames}))["mean"]
    assert isinstance(mean, np.ndarray)
    assert mean.shape == (3, 4, 5)
    assert mean.dtype == np.float64


def test_results_without_a_single_value_come_empty(numbers: list[Pair]) -> None:
    nothing = filter(source(field="i0"), where="value > 99")
    result = headrace.run(Graph("g").keep(nothing=nothing), numbers)
    assert len(result["nothing"]) == 0
    assert result.stop is not None
    assert result.stop["exit_status"] == "success"


def test_a_frame_without_peaks_gives_tables_with_their_columns() -> None:
    frames = [np.zeros((1, 64, 64), "uint16")]
    peaks = locate(average(source(field="image")), diameter=11)
    result = headrace.run(Graph("g").keep(tracks=link(peaks, search_range=5)), run_of({"image": frames}))
    assert list(result["tracks"].columns)[-2:] == ["frame", "particle"]


def test_failures_are_a_stream_of_the_result_and_decide_its_verdict() -> None:
    frames = [np.ones((2, 8, 8)), np.ones(3), np.ones((2, 8, 8))]
    result = headrace.run(Graph("g").keep(mean=average(source(field="image"))), run_of({"image": frames}))
    assert result.stop is not None
    assert result.stop["exit_status"] == "fail"
    assert "1 failed (1 at 'mean')" in result.stop["reason"]
    letters = result.dead_letters
    assert letters["raw_seq_num"].tolist() == [2]
    assert letters["node"].tolist() == ["mean"]
    assert len(result["mean"]) == 2


def test_an_image_that_changes_its_size_gets_a_new_descriptor_and_is_not_lost() -> None:
    frames = [np.ones((8, 8)), np.ones((4, 4))]
    result = headrace.run(Graph("g").keep(image=source(field="image")), run_of({"image": frames}))
    assert [value.shape for value in result["image"]] == [(8, 8), (4, 4)]


def test_a_result_can_be_the_input_of_another_graph(numbers: list[Pair], tmp_path: Path) -> None:
    first = headrace.run(Graph("first").keep(i0=source(field="i0")), numbers, to=tmp_path)
    again = Graph("second").keep(total=accumulate(source(field="i0", stream="i0"), how="sum"))
    for readable in (first, headrace.open_run(tmp_path / "-1"), str(tmp_path / "-1")):
        assert headrace.run(again, readable)["total"]["total"].tolist() == [6.0]


def test_a_sink_that_fails_stops_neither_the_others_nor_the_run(
    numbers: list[Pair], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(name: str, doc: Any) -> None:
        if name == "event":
            raise OSError("disk full")

    with pytest.warns(RuntimeWarning, match="disk full"):
        result = headrace.run(Graph("g").keep(i0=source(field="i0")), numbers, to=[broken, tmp_path])
    assert len(result["i0"]) == 3
    assert len(headrace.open_run(tmp_path / "-1")["i0"]) == 3
    assert caplog.text.count("it gets no more") == 1


def test_several_runs_are_refused_by_run_and_given_one_by_one_by_run_each(numbers: list[Pair]) -> None:
    two = [*numbers, *run_of({"i0": [5.0]})]
    graph = Graph("g").keep(total=accumulate(source(field="i0"), how="sum"))
    with pytest.raises(UsageError, match="found 2"):
        headrace.run(graph, two)
    totals = [result["total"]["total"].item() for result in headrace.run_each(graph, two)]
    assert totals == [6.0, 5.0]


def test_an_unknown_stream_is_refused_with_the_nearest(numbers: list[Pair]) -> None:
    result = headrace.run(Graph("g").keep(intensity=source(field="i0")), numbers)
    with pytest.raises(UsageError, match="did you mean 'intensity'"):
        result["intensty"]


def test_best_effort_callback_draws_a_result() -> None:
    mpl.use("Agg")
    from bluesky.callbacks.best_effort import BestEffortCallback

    raw = run_of(
        {"i0": [1.0, 2.0, 3.0], "motor": [10.0, 20.0, 30.0]},
        motors=["motor"],
        plan_name="scan",
        plan_type="generator",
        num_points=3,
        hints={"dimensions": [[["motor"], "primary"]]},
    )
    drawn = BestEffortCallback()
    drawn.disable_table()
    headrace.run(Graph("g").keep(i0=source(field="i0")), raw, to=drawn)
    import matplotlib.pyplot as plt

    figures = [plt.figure(label) for label in plt.get_figlabels()]
    [axes] = [axis for figure in figures for axis in figure.axes if axis.lines]
    assert axes.get_xlabel() == "motor"
    assert np.asarray(axes.lines[0].get_ydata()).tolist() == [1.0, 2.0, 3.0]
    plt.close("all")


def test_on_error_substitute_goes_through_yaml_to_the_result(numbers: list[Pair]) -> None:
    failing = named("bad", filter(source(field="i0"), where="1 / (value - 2) < 99"), on_error={"substitute": -1.0})
    result = headrace.run(Graph.from_yaml(Graph("g").keep(bad=failing).to_yaml()), numbers)
    assert result["bad"]["bad"].tolist() == [1.0, -1.0, 3.0]


def test_a_raw_run_can_be_read_too(numbers: list[Pair]) -> None:
    from headrace.engine.documents.memory_run import MemoryRun

    raw = Result(MemoryRun(numbers))
    assert raw["primary"]["i0"].tolist() == [1.0, 2.0, 3.0]


def test_a_run_that_another_one_names_as_its_dark_is_not_analysed_itself() -> None:
    dark = run_of({"image": [np.full((2, 4, 4), 3.0)]})
    light = run_of({"image": [np.full((2, 4, 4), 5.0)]}, sc_dk_field_uid=dark[0][1]["uid"])
    from headrace.nodes import dark as dark_node
    from headrace.nodes import dark_subtract

    held = dark_node(key="sc_dk_field_uid", field="image")
    graph = Graph("g").keep(clean=dark_subtract(average(source(field="image")), held))
    result = headrace.run(graph, [*dark, *light])
    assert result.start["raw_uid"] == light[0][1]["uid"]
    assert np.unique(result["clean"]).tolist() == [2.0]


def test_units_of_the_motors_are_known_where_only_what_exists_once_is_kept() -> None:
    from headrace.engine.documents.simulated import simulate_crystal_rod
    from headrace.nodes import to_grid

    graph = Graph("sums").keep(sums=to_grid(source(field="dexela_stats_total")))
    *_, result = headrace.run_each(graph, simulate_crystal_rod())
    assert result.units["sample_x"] == "mm"
