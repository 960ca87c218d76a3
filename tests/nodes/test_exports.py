"""Files that nodes write: formats, names over metadata, and that no name leads out of the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

import headrace
from headrace import SKIP, Graph, UsageError
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.nodes import accumulate, average, export, plot, source
from headrace.nodes.support.file_names import file_for, template_problems

RUN = {"uid": "5c1f0a2e-9d1c", "scan_id": 7, "sample_name": "quartz"}


def at(folder: Path, seq_num: int = 1) -> dict[str, Any]:
    """Give the event and run that the engine would pass."""
    return {
        "event": Event(EventKey("5c1f0a2e-9d1c", "primary", seq_num), 0.0, {"i0": 0.5}),
        "run": RunContext(RUN, folder=folder),
    }


def test_an_image_per_event_goes_to_files_named_over_metadata(tmp_path: Path) -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    export(image, path="{start.sample_name}/{scan_id}_{seq_num:03d}.tif", **at(tmp_path, 5))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "quartz" / "7_005.tif"), image)


def test_rows_of_several_events_gather_in_one_csv(tmp_path: Path) -> None:
    for number in (1, 2):
        export(pd.DataFrame({"y": [1.0 * number], "x": [2.0]}), path="peaks.csv", **at(tmp_path, number))
    table = pd.read_csv(tmp_path / "peaks.csv")
    assert table.to_dict("list") == {"y": [1.0, 2.0], "x": [2.0, 2.0], "seq_num": [1, 2]}


def test_hdf5_appends_events_and_says_what_it_is_in_nexus(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        export(np.full((2, 3), number, np.uint16), path="mean.nxs", **at(tmp_path, number))
    with h5py.File(tmp_path / "mean.nxs") as file:
        data = file["entry/data"]
        assert data.attrs["NX_class"] == "NXdata"
        assert data["data"].shape == (3, 2, 3)
        assert data["data"].dtype == np.uint16
        assert data["seq_num"][()].tolist() == [1, 2, 3]


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_numpy_files_read_back_the_same(tmp_path: Path, suffix: str) -> None:
    array = np.arange(5.0)
    export(array, path=f"a{suffix}", **at(tmp_path))
    loaded = np.load(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(loaded if suffix == ".npy" else loaded["data"], array)


def test_what_a_format_cannot_hold_is_refused_with_words(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"holds images"):
        export(np.arange(3), path="a.tif", **at(tmp_path))
    with pytest.raises(DocumentError, match=r"use \.tif"):
        export(np.ones((2, 2)), path="a.csv", **at(tmp_path))


def test_where_nothing_is_kept_nothing_is_written() -> None:
    assert export(1.0, path="a.csv", run=RunContext(RUN)) is SKIP
    assert plot(1.0, path="a.png", run=RunContext(RUN)) is SKIP


def test_without_a_run_the_node_says_how_to_name_a_folder() -> None:
    with pytest.raises(UsageError, match="--to FOLDER"):
        export(1.0, path="a.csv")


def test_missing_metadata_leave_no_bare_separators(tmp_path: Path) -> None:
    path = file_for("{start.operator}_{start.sample_name}_{start.nothing}.png", **at(tmp_path))
    assert path.name == "quartz.png"


@given(name=st.text(max_size=40))
def test_no_metadata_lead_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "names"
    run = RunContext({"uid": "5c1f", "sample_name": name}, folder=folder)
    path = file_for("{start.sample_name}/{start.sample_name}.csv", None, run)
    assert folder.resolve() in path.resolve().parents


@pytest.mark.parametrize(
    "path", ["../up.csv", "/etc/passwd.csv", "{start.__class__}{x}.csv", "{0.__init__}.csv", "{uid.csv"]
)
def test_templates_that_lead_elsewhere_are_faults_of_the_graph(path: str) -> None:
    assert template_problems(path)
    graph = Graph("g").add(export(source(field="i0"), path=path))
    assert "HR" in "".join(fault.code for fault in headrace.check(graph))


def test_plots_are_drawn_for_every_kind_of_value(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "image": np.random.default_rng(1).random((8, 9)),
        "line": np.arange(5.0),
        "scatter": pd.DataFrame({"x": [1, 2], "y": [3, 4]}),
        "grid": np.ones((5, 4, 4)),
        "histogram": np.arange(50),
        "waterfall": np.ones((3, 10)),
    }
    for kind, value in values.items():
        plot(value, path=f"{kind}.png", kind=kind, log=kind == "image", **at(tmp_path))  # type: ignore[arg-type]
        plot(value, path=f"auto_{kind}.png", **at(tmp_path))
    assert len(list(tmp_path.glob("*.png"))) == 12


def test_a_graph_writes_files_beside_its_result_and_draws_every_other_event(tmp_path: Path) -> None:
    from event_model import compose_run

    run = compose_run(metadata={"scan_id": 3})
    keys = {"image": {"dtype": "array", "shape": [2, 4, 4], "source": "sim", "dtype_numpy": "<u2"}}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    documents: list[tuple[str, Any]] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for number in range(4):
        image = np.full((2, 4, 4), number, "uint16")
        documents.append(("event", stream.compose_event(data={"image": image}, timestamps={"image": 0.0})))
    documents.append(("stop", run.compose_stop()))
    mean = average(source(field="image"))
    total = accumulate(mean, how="sum")
    graph = (
        Graph("files")
        .keep(total=total)
        .add(export(total, path="sum.npy"), plot(mean, path="{seq_num}.png", every=2), export(mean, path="all.h5"))
    )
    for again in ("", "-2"):
        result = headrace.run(graph, documents, to=tmp_path)
        assert result.stop is not None
        assert result.stop["exit_status"] == "success", result.stop["reason"]
        folder = tmp_path / "files" / (str(run.start_doc["uid"])[:8] + again)
        assert sorted(path.name for path in folder.iterdir()) == ["1.png", "3.png", "all.h5", "sum.npy"]
        assert np.load(folder / "sum.npy")[0, 0] == 6.0
        counts = result.stop["headrace"]["nodes"]["plot"]
    assert counts == {"in": 4, "out": 2, "filtered": 2, "failed": 0}
