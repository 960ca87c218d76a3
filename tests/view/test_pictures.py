"""Pictures of results: chosen by what a result holds, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.patches import StepPatch

from headrace.engine.documents.result import Result
from headrace.engine.jobs.run import open_run
from headrace.engine.view.figure_detector import event_image
from headrace.engine.view.figure_numbers import spelt
from headrace.engine.view.kinds import sorted_by_kind
from headrace.engine.view.pictures import draw_result, figures
from headrace.engine.view.raw_run import drawable
from headrace.engine.view.reading import read

GRID = {"shape": [3, 4], "extents": [[-1.0, 1.0], [0.0, 3.0]], "motors": ["sample_y", "sample_x"], "num_points": 12}


@dataclass
class Kept:
    """The least that can be drawn."""

    data: Mapping[str, Any]
    types: Mapping[str, str] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=lambda: GRID)
    stop: Mapping[str, Any] | None = None
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def coordinates(self, name: str) -> Mapping[str, Any]:
        return self.places.get(name, {})

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


def test_what_exists_once_is_written_out_in_one_picture(tmp_path: Path) -> None:
    data = {
        "shots": pd.DataFrame({"seq_num": [1], "shots": [314]}),
        "about": pd.DataFrame({"seq_num": [1], "about": ['{"wavelength": 1.0, "detector": "$x_y$"}']}),
        "each": pd.DataFrame({"seq_num": [1, 2], "each": ["a", "b"]}),
    }
    kept = Kept(data, {"shots": "Scalar", "about": "Metadata", "each": "Scalar"})
    assert drawn(kept, tmp_path) == ["values.png"]
    assert spelt(data["about"]["about"][0]) == ["wavelength: 1.0", 'detector: "$x_y$"']


def test_peaks_are_drawn_on_the_very_frame_they_were_found_in(tmp_path: Path) -> None:
    places = {"clean": {"raw_seq_num": np.array([2, 4, 6])}}
    table = pd.DataFrame({"y": [1.0, 2.0, 3.0], "x": [1.0, 2.0, 3.0], "frame": [4, 4, 5]})
    found = event_image(table, {"clean": np.stack([np.full((5, 5), n) for n in (2, 4, 6)])}, places)
    assert found is not None
    number, behind = found
    assert number == 4
    assert behind.image[0, 0] == 4
    kept = Kept({"spots": table, "clean": image(3)}, {"spots": "Table", "clean": "Frame"}, places=places)
    assert drawn(kept, tmp_path) == ["spots.png", "clean.png"]


def test_histograms_are_steps_over_their_bins() -> None:
    outputs = {"h": {"node": "bins", "port": "counts"}, "e": {"node": "bins", "port": "centers"}}
    kept = Kept({"h": np.arange(5.0)[None], "e": np.linspace(0.5, 4.5, 5)[None]}, outputs=outputs)
    kinds = sorted_by_kind(kept)
    assert kinds.counts == {"h"}
    (_, figure), *others = figures(kept)
    assert others == []
    (steps,) = figure.axes[0].patches
    assert isinstance(steps, StepPatch)
    _, edges, _ = steps.get_data()
    assert edges.tolist() == [0, 1, 2, 3, 4, 5]


def test_many_curves_are_a_waterfall_over_the_motor_that_moved() -> None:
    places = {"patterns": {"raw_seq_num": np.arange(1, 13), "time": np.arange(12.0), "heat": np.linspace(600, 300, 12)}}
    kept = Kept({"patterns": np.random.default_rng(1).random((12, 20))}, {"patterns": "Profile"}, places=places)
    ((_, figure),) = figures(kept, units={"heat": "K"})
    assert figure.axes[0].get_ylabel() == "heat (K)"
    assert figure.axes[0].get_ylim() == pytest.approx((600 - 12 * 300 / 11 + 150 / 11, 600 + 150 / 11), abs=1e-6)


def test_a_number_of_each_point_of_a_grid_scan_is_a_map_in_motor_units() -> None:
    y, x = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 1, 3), np.linspace(0, 3, 4), indexing="ij"))
    table = pd.DataFrame({"seq_num": np.arange(1, 13), "sample_y": y, "sample_x": x, "n": np.arange(12)})
    ((_, figure),) = figures(Kept({"n": table.iloc[:-1]}, {"n": "Scalar"}), units={"sample_x": "mm", "sample_y": "mm"})
    axes = figure.axes[0]
    (shown,) = axes.images
    values = np.asarray(shown.get_array(), dtype=float)
    assert values[1].tolist() == [4, 5, 6, 7]
    assert np.isnan(values[2, 3])  # the scan was broken off before its last point
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("sample_x (mm)", "sample_y (mm)")


@pytest.mark.parametrize("rows", [1, 3, 200])
def test_tables_of_anything_else_are_sparklines(tmp_path: Path, rows: int) -> None:
    table = pd.DataFrame({"a": np.arange(rows), "$b": np.full(rows, np.nan), "words": ["x"] * rows})
    assert drawn(Kept({"t": table, "w": table[["words"]]}, {"t": "Table", "w": "Table"}), tmp_path) == [
        "t.png",
        "w.png",
    ]


def test_only_what_is_asked_for_is_drawn(tmp_path: Path) -> None:
    data = {"mean": image(1), "peaks": places(), "total": pd.DataFrame({"seq_num": [1], "total": [3]})}
    outputs = {"mean": {"node": "averaging"}, "total": {"node": "sum"}}
    kept = Kept(data, {"mean": "Frame", "peaks": "Table", "total": "Scalar"}, outputs=outputs)
    for only, names in (("averaging", ["mean.svg"]), ("peaks", ["peaks.svg"]), ("sum", ["values.svg"])):
        paths = draw_result(kept, tmp_path / only, only=[only], form="svg")
        assert [path.name for path in paths] == names
        assert b"<svg" in paths[0].read_bytes()


def test_of_a_stream_too_large_to_read_some_events_are_drawn(failed: Result) -> None:
    whole = read(failed, "mean")
    assert (whole.value.shape, whole.chosen) == ((3, 64, 64), None)
    some = read(failed, "mean", most=2 * 64 * 64)
    assert some.chosen.tolist() == [0, 2]
    assert some.total == 3
    assert np.array_equal(some.value, whole.value[[0, 2]])


def test_a_raw_run_is_drawn_field_by_field(raw: Path, tmp_path: Path) -> None:
    paths = draw_result(drawable(open_run(f"{raw}/-1")), tmp_path)
    assert [path.name for path in paths] == ["primary_dexela_image.png", "primary.png"]


@settings(max_examples=12, deadline=None)
@given(
    arrays(
        st.sampled_from([np.float64, np.uint16, np.bool_, np.int8]),
        array_shapes(min_dims=1, max_dims=4, max_side=14),
    )
)
def test_an_array_of_any_shape_and_content_is_drawn_or_left_out(values: Any) -> None:
    for _, figure in figures(Kept({"a": values}, {"a": "Array"}, {})):
        figure.savefig(BytesIO(), dpi=30)


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
