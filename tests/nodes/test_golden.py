"""The crystal mapping chain, called as plain Python, against results that were computed without headrace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import average, crystal_map, crystal_windows, dark_subtract, link, locate

if TYPE_CHECKING:
    from tests.conftest import CrystalGrid


@pytest.fixture(scope="module")
def processed(crystal_grid: CrystalGrid) -> list[npt.NDArray[np.float64]]:
    empty = average(crystal_grid.background)
    return [dark_subtract(average(frames), empty) for frames in crystal_grid.images]


def _event(number: int) -> Event:
    return Event(EventKey("golden", "primary", number), 0.0, {})


def _located(processed: list[npt.NDArray[np.float64]], parameters: dict[str, Any]) -> list[pd.DataFrame]:
    return [locate(image, **parameters, event=_event(number)) for number, image in enumerate(processed, 1)]


@pytest.fixture(scope="module")
def peaks(crystal_grid: CrystalGrid, processed: list[npt.NDArray[np.float64]]) -> list[pd.DataFrame]:
    return _located(processed, crystal_grid.info["locate"])


def _linked(peaks: list[pd.DataFrame], **parameters: Any) -> list[pd.DataFrame]:
    tracker = link(**parameters)
    return [tracker.update(table, event=_event(number)) for number, table in enumerate(peaks, 1)]


def _agree(found: pd.DataFrame, expected: pd.DataFrame, tolerances: dict[str, float]) -> None:
    assert found["frame"].tolist() == expected["frame"].tolist()
    for name in ("y", "x"):
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=tolerances["peaks_yx_abs"])
    for name in ("mass", "signal", "raw_mass", "size"):
        np.testing.assert_allclose(found[name], expected[name], rtol=tolerances["peaks_mass_rel"])
    np.testing.assert_allclose(found["ep"], expected["ep"], rtol=tolerances["peaks_ep_rel"])


def _partition(tracks: pd.DataFrame) -> set[frozenset[tuple[int, int]]]:
    """Tracks as sets of peaks: particle numbers are labels."""
    rows = tracks.sort_values(["frame", "mass"])
    places = list(zip(rows["frame"].tolist(), rows.groupby("frame").cumcount().tolist(), strict=True))
    return {frozenset(places[i] for i in group) for group in rows.reset_index().groupby("particle").groups.values()}


def test_the_simulated_scan_is_the_one_whose_results_are_known(crystal_grid: CrystalGrid) -> None:
    for name, digest in crystal_grid.info["sha256"].items():
        assert crystal_grid.digest(getattr(crystal_grid, name)) == digest


def test_processed_images_agree_bit_for_bit(
    crystal_grid: CrystalGrid, processed: list[npt.NDArray[np.float64]]
) -> None:
    assert crystal_grid.digest(np.array(processed)) == crystal_grid.info["sha256_processed_float64"]
    np.testing.assert_array_equal([image.max() for image in processed], crystal_grid.expected("event_max"))


def test_peaks_agree(crystal_grid: CrystalGrid, peaks: list[pd.DataFrame]) -> None:
    assert [len(table) for table in peaks] == crystal_grid.expected("peaks_per_frame").tolist()
    _agree(pd.concat(peaks), crystal_grid.table("peaks"), crystal_grid.tolerances)


def test_peaks_agree_with_other_parameters(crystal_grid: CrystalGrid, processed: list[npt.NDArray[np.float64]]) -> None:
    found = _located(processed, crystal_grid.info["locate_alt"])
    _agree(pd.concat(found), crystal_grid.table("peaks_alt"), crystal_grid.tolerances)


@pytest.mark.parametrize(("name", "parameters"), [("mem0", "link"), ("mem30", "link_memory")])
def test_tracks_and_their_maps_agree(
    crystal_grid: CrystalGrid, peaks: list[pd.DataFrame], name: str, parameters: str
) -> None:
    tracks = _linked(peaks, **crystal_grid.info[parameters])
    assert _partition(pd.concat(tracks)) == _partition(crystal_grid.table(f"tracks_{name}"))
    mapping = crystal_map(run=RunContext({"shape": crystal_grid.shape, "snaking": crystal_grid.snaking}))
    for number, table in enumerate(tracks, 1):
        mapping.update(table, event=_event(number))
    found = mapping.final()
    expected = crystal_grid.expected(f"maps_{name}")
    np.testing.assert_allclose(found.maps, expected, rtol=crystal_grid.tolerances["maps_rel"])
    assert found.grains["particle"].tolist() == crystal_grid.expected(f"map_ids_{name}").tolist()


def test_maps_by_windows_agree(crystal_grid: CrystalGrid) -> None:
    start = {"shape": crystal_grid.shape, "snaking": crystal_grid.snaking}
    mapping = crystal_windows(radius=5, number=10, half_width=6, run=RunContext(start))
    for number, frames in enumerate(crystal_grid.images, 1):
        mapping.update(average(frames), event=_event(number))
    found = mapping.final()
    assert found is not SKIP
    assert found.windows[["y", "x", "dy", "dx"]].to_numpy().tolist() == crystal_grid.expected("window_table").tolist()
    difference = np.abs(found.maps - crystal_grid.expected("window_maps")).max()
    assert difference <= crystal_grid.tolerances["window_maps_abs"]
