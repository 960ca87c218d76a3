"""Pictures of results: chosen by what a result holds, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headrace.engine.view.kinds import sorted_by_kind
from headrace.engine.view.pictures import draw_result

GRID = {"shape": [3, 4], "extents": [[-1.0, 1.0], [0.0, 3.0]], "motors": ["sample_y", "sample_x"], "num_points": 12}


@dataclass
class Kept:
    """The least that can be drawn."""

    data: Mapping[str, Any]
    types: Mapping[str, str] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=lambda: GRID)
    stop: Mapping[str, Any] | None = None
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def streams(self) -> list[str]:
        return list(self.data)

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def port_type(self, name: str) -> str:
        return self.types.get(name, "Value")


def image(*leading: int) -> Any:
    return np.random.default_rng(3).poisson(20, (*leading, 40, 50)).astype(float)


def places(count: int = 6) -> pd.DataFrame:
    steps = np.arange(count)
    return pd.DataFrame({"y": 10.0 + steps, "x": 20.0 + steps, "mass": 100.0 + steps, "frame": 1 + steps // 2})


def tracks(count: int = 6) -> pd.DataFrame:
    return places(count).assign(particle=np.arange(count) % 2)


def drawn(result: Kept, folder: Path) -> list[str]:
    paths = draw_result(result, folder)
    for path in paths:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 5000
    return [path.name for path in paths]


def test_the_results_of_crystal_mapping_give_peaks_tracks_and_maps(tmp_path: Path) -> None:
    maps = np.zeros((1, 2, 3, 4))
    maps[0, :, 1] = 5.0
    grains = pd.DataFrame({"particle": [0, 1], "points": [4, 4], "y": [1.0, 2.0], "x": [3.0, 4.0]})
    data = {"peaks": places(), "tracks": tracks(), "maps": maps, "grains": grains, "brightest": image(1)}
    result = Kept(data, {"peaks": "Table", "tracks": "Table", "maps": "Stack", "grains": "Table"})
    assert drawn(result, tmp_path / "new") == ["peaks.png", "tracks.png", "maps.png"]


@pytest.mark.parametrize("frames", [None, 1, 12])
def test_peaks_are_drawn_with_and_without_an_image(tmp_path: Path, frames: int | None) -> None:
    data = {"spots": places()} if frames is None else {"spots": places(), "clean": image(frames)}
    assert drawn(Kept(data, {"spots": "Table", "clean": "Frame"}), tmp_path) == ["spots.png"]


def test_images_curves_and_numbers_are_drawn(tmp_path: Path) -> None:
    data = {
        "mean": image(1),
        "profile": np.ones((3, 20)),
        "profiles": np.ones((30, 20)),
        "i0": pd.DataFrame({"i0": [1.0, 2.0, 3.0]}),
    }
    types = {"mean": "Frame", "profile": "Profile", "profiles": "Profile", "i0": "Scalar"}
    assert drawn(Kept(data, types), tmp_path) == ["mean.png", "profile.png", "profiles.png", "i0.png"]


def test_windows_are_drawn_on_the_image_and_name_the_maps(tmp_path: Path) -> None:
    boxes = pd.DataFrame({"grain": [0, 1], "y": [9, 20], "x": [5, 30], "dy": [3, 3], "dx": [3, 3], "mass": [9.0, 4.0]})
    data = {"windows": boxes, "maps": np.ones((1, 2, 3, 4)), "light": image(1)}
    result = Kept(data, {"windows": "Table", "maps": "Stack", "light": "Frame"})
    assert drawn(result, tmp_path) == ["windows.png", "maps.png"]


def test_a_stack_of_images_gives_a_picture_with_all_of_them(tmp_path: Path) -> None:
    kinds = sorted_by_kind(Kept({"best": image(1, 5)}))
    assert kinds.stacks["best"].shape == (5, 40, 50)
    assert drawn(Kept({"best": image(1, 5), "many": image(1, 30)}), tmp_path) == ["best.png", "many.png"]


def test_a_curve_is_drawn_over_the_axis_of_its_node_or_the_only_one_that_fits() -> None:
    q, short = np.linspace(1, 9, 20)[None], np.arange(5.0)[None]
    data = {"pattern": np.ones((12, 20)), "mean": np.ones((1, 20)), "q": q, "counts": np.ones((1, 5)), "r": short}
    outputs = {
        "pattern": {"node": "rings", "port": "intensity"},
        "mean": {"node": "average", "port": "out"},
        "q": {"node": "rings", "port": "q"},
        "counts": {"node": "other", "port": "counts"},
        "r": {"node": "radial", "port": "radius"},
    }
    kinds = sorted_by_kind(Kept(data, outputs=outputs))
    assert set(kinds.curves) == {"pattern", "mean", "counts"}
    assert {name: axis.name for name, axis in kinds.along.items()} == {"pattern": "q", "mean": "q", "counts": "r"}
    assert np.array_equal(kinds.along["mean"].values, q[0])


def test_an_axis_without_a_curve_is_drawn_itself(tmp_path: Path) -> None:
    outputs = {"q": {"node": "rings", "port": "q"}}
    assert drawn(Kept({"q": np.ones((1, 20))}, outputs=outputs), tmp_path) == ["q.png"]


def test_one_number_for_the_whole_run_needs_no_picture(tmp_path: Path) -> None:
    table = pd.DataFrame({"seq_num": [1], "shots": [314]})
    assert drawn(Kept({"shots": table}, {"shots": "Scalar"}), tmp_path) == []


def test_the_detector_is_not_taken_for_a_map_where_the_port_type_says_that_it_is_a_frame() -> None:
    kinds = sorted_by_kind(Kept({"a": np.ones((12, 3, 4)), "b": np.ones((1, 5, 3, 4))}, {"a": "Frame", "b": "Stack"}))
    assert set(kinds.images) == {"a"}
    assert set(kinds.maps) == {"b"}


@pytest.mark.parametrize(
    "maps",
    [np.zeros((1, 1, 3, 4)), np.full((1, 2, 3, 4), np.nan), np.eye(12).reshape(1, 12, 3, 4), np.ones((1, 40, 3, 4))],
    ids=["nothing seen", "nan", "one point each", "more than fit"],
)
def test_maps_of_any_content_are_drawn(tmp_path: Path, maps: Any) -> None:
    assert drawn(Kept({"maps": maps}, {"maps": "Stack"}), tmp_path) == ["maps.png"]


@pytest.mark.parametrize(
    "extents", [None, [], [[0, 0], [1, 1]], "here", [[float("nan"), 1], [0, 1]], [[2, -2], [1, 0]]]
)
def test_maps_of_a_scan_with_odd_extents_are_drawn(tmp_path: Path, extents: Any) -> None:
    result = Kept({"maps": np.ones((1, 2, 3, 4))}, {"maps": "Stack"}, {**GRID, "extents": extents})
    assert drawn(result, tmp_path) == ["maps.png"]


@pytest.mark.parametrize(
    "value", [np.zeros((1, 8, 8)), np.full((1, 8, 8), np.nan), np.full((1, 8, 8), -3.0), np.array([[[1.0]]])]
)
def test_images_of_any_content_are_drawn(tmp_path: Path, value: Any) -> None:
    assert drawn(Kept({"image": value}, {"image": "Frame"}), tmp_path) == ["image.png"]


def test_a_single_peak_and_very_many_tracks_are_drawn(tmp_path: Path) -> None:
    many = tracks(120).assign(particle=np.arange(120))
    data = {"one": places(1), "many": many}
    assert drawn(Kept(data, {"one": "Table", "many": "Table"}), tmp_path) == ["one.png", "many.png"]


def test_empty_results_and_metadata_give_no_picture(tmp_path: Path) -> None:
    data = {"peaks": places(0), "maps": np.zeros((1, 0, 3, 4)), "words": np.array(["a"]), "none": np.zeros((0, 5, 5))}
    assert drawn(Kept(data, {"peaks": "Table", "maps": "Stack"}), tmp_path) == []


def test_no_name_leaves_the_folder_or_breaks_a_picture(tmp_path: Path) -> None:
    data = {"../../x$^{": image(1), "..": image(1), "x_^": image(1), "x": image(1)}
    folder = tmp_path / "in" / "side"
    paths = draw_result(Kept(data, dict.fromkeys(data, "Frame")), folder)
    assert [path.parent for path in paths] == [folder] * 4
    assert sorted(path.name for path in folder.iterdir()) == ["result.png", "x.png", "x_2.png", "x_3.png"]
    assert [path for path in tmp_path.rglob("*.png") if path.parent != folder] == []
