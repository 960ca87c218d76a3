"""The golden grid scan through a YAML graph: results agree with answers that were worked out independently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import headrace
from headrace import Result


@pytest.fixture(scope="module")
def result(golden_documents: Any, tmp_path_factory: pytest.TempPathFactory) -> Result:
    from headrace.engine.documents.store_writer import FolderStoreWriter

    folder = tmp_path_factory.mktemp("golden")
    with FolderStoreWriter(folder / "raw") as write:
        for name, doc in golden_documents:
            write(name, doc)
    path = folder / "graph.yaml"
    path.write_text(_graph_text())
    return headrace.run(path, f"{folder / 'raw'}/-1")


def _graph_text() -> str:
    return """\
headrace: 1
graph: golden
nodes:
  frames:  {type: source, field: det_image}
  dark:    {type: dark, key: sc_dk_field_uid, field: det_image}
  mean:    {type: average, in: frames}
  clean:   {type: dark_subtract, in: {frame: mean, dark: dark}, clip: 0}
  peaks:   {type: locate, in: clean, diameter: 11, percentile: 80, separation: 20, minmass: 2000}
  faint:   {type: locate, in: clean, diameter: 11, percentile: 0, separation: 12, minmass: 1500}
  tracks:  {type: link, in: peaks, search_range: 5}
  joined:  {type: link, in: peaks, search_range: 5, memory: 30}
  maps:    {type: crystal_map, in: tracks}
  maps30:  {type: crystal_map, in: joined}
  windows: {type: crystal_windows, in: mean, radius: 5, number: 10, half_width: 6}
  average: {type: accumulate, in: clean, how: mean}
  highest: {type: accumulate, in: clean, how: max}
  keep:    {type: sink, in: [clean, peaks, faint, tracks, joined, maps, maps30, windows, average, highest]}
"""


def test_the_run_succeeds_and_its_counts_add_up(result: Result) -> None:
    assert result.stop is not None
    assert result.stop["exit_status"] == "success"
    for count in result.stop["headrace"]["nodes"].values():
        assert count["in"] == count["out"] + count["filtered"] + count["failed"]


def test_processed_images_agree_bit_for_bit(result: Result, crystal_grid: Any) -> None:
    clean = result["clean"]
    assert crystal_grid.digest(clean) == crystal_grid.info["sha256_processed_float64"]


@pytest.mark.parametrize(("stream", "table"), [("peaks", "peaks"), ("faint", "peaks_alt")])
def test_peaks_agree(result: Result, crystal_grid: Any, stream: str, table: str) -> None:
    found, wanted = result[stream], crystal_grid.table(table)
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == list(wanted.columns)
    limits = crystal_grid.tolerances
    np.testing.assert_array_equal(found["frame"], wanted["frame"])
    np.testing.assert_allclose(found[["y", "x"]], wanted[["y", "x"]], rtol=0, atol=limits["peaks_yx_abs"])
    np.testing.assert_allclose(found["mass"], wanted["mass"], rtol=limits["peaks_mass_rel"])
    np.testing.assert_allclose(found["ep"], wanted["ep"], rtol=limits["peaks_ep_rel"])


@pytest.mark.parametrize(("stream", "table"), [("tracks", "tracks_mem0"), ("joined", "tracks_mem30")])
def test_tracks_agree_as_a_partition(result: Result, crystal_grid: Any, stream: str, table: str) -> None:
    def partition(tracks: Any) -> set[frozenset[int]]:
        """Give the rows (in the order of frame and y) that belong together; the numbers are only labels."""
        ordered = tracks.sort_values(["frame", "y"], ignore_index=True)
        return {frozenset(rows) for rows in ordered.groupby("particle").indices.values()}

    assert partition(result[stream]) == partition(crystal_grid.table(table))


@pytest.mark.parametrize(("stream", "name"), [("maps", "maps_mem0"), ("maps30", "maps_mem30")])
def test_crystal_maps_agree(result: Result, crystal_grid: Any, stream: str, name: str) -> None:
    found = np.asarray(result[stream])
    assert found.shape == (1, *crystal_grid.expected(name).shape)
    np.testing.assert_allclose(found[0], crystal_grid.expected(name), rtol=crystal_grid.tolerances["maps_rel"])


def test_window_maps_agree(result: Result, crystal_grid: Any) -> None:
    wanted = crystal_grid.expected("window_maps")
    np.testing.assert_allclose(
        np.asarray(result["windows"])[0], wanted, rtol=0, atol=crystal_grid.tolerances["window_maps_abs"]
    )


def test_scan_mean_and_maximum_agree(result: Result, crystal_grid: Any) -> None:
    limit = crystal_grid.tolerances["f32_copies_rel"]
    for stream, name in (("average", "scan_mean_f32"), ("highest", "scan_max_f32")):
        np.testing.assert_allclose(np.asarray(result[stream])[0], crystal_grid.expected(name), rtol=limit)


def test_parameters_can_be_set_for_one_run(golden_documents: Any, graph_file: Path, crystal_grid: Any) -> None:
    changes = {"peaks.percentile": 0, "peaks.separation": 12, "peaks.minmass": 1500}
    result = headrace.run(graph_file, golden_documents, set=changes)
    assert len(result["peaks"]) == crystal_grid.info["n_peak_rows_alt"]
    assert result.start["headrace"]["parameters"]["peaks"]["minmass"] == 1500
