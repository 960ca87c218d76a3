"""The simulated grid scan: real documents, the same each time, and peaks that can be found."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from event_model import DocumentNames, schema_validators

from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.simulated.rod import CrystalRod
from headrace.engine.model.errors import UsageError

Documents = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def scan() -> Documents:
    return list(simulate_crystal_rod((4, 5), size=64, seed=7))


def of(documents: Documents, name: str) -> list[dict[str, Any]]:
    return [doc for kind, doc in documents if kind == name]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else bool(one == other)


def test_every_document_validates_against_the_schemas_of_event_model(scan: Documents) -> None:
    for name, doc in scan:
        schema_validators[DocumentNames[name]].validate(doc)


def test_the_dark_run_comes_first_and_the_scan_names_it(scan: Documents) -> None:
    dark, light = of(scan, "start")
    assert dark["dark_frame"] is True
    assert light["sc_dk_field_uid"] == dark["uid"]
    assert [name for name, _ in scan[:4]] == ["start", "descriptor", "event", "stop"]


def test_the_scan_is_described_as_bluesky_describes_a_grid_scan(scan: Documents) -> None:
    _, light = of(scan, "start")
    assert (light["plan_name"], light["plan_type"], light["num_points"]) == ("grid_scan", "generator", 20)
    assert (light["shape"], light["snaking"]) == ([4, 5], [False, True])
    assert light["motors"] == ["sample_y", "sample_x"]
    assert light["hints"]["gridding"] == "rectilinear"


def test_events_hold_what_the_descriptor_says(scan: Documents) -> None:
    descriptor = of(scan, "descriptor")[1]
    for event in of(scan, "event")[1:]:
        assert set(event["data"]) == set(event["timestamps"]) == set(descriptor["data_keys"])
        frames = event["data"]["dexela_image"]
        assert list(frames.shape) == descriptor["data_keys"]["dexela_image"]["shape"] == [3, 64, 64]
        assert frames.dtype == np.dtype(descriptor["data_keys"]["dexela_image"]["dtype_numpy"])
        assert event["data"]["dexela_stats_total"] == int(frames.sum())
    assert descriptor["hints"]["sample_x"] == {"fields": ["sample_x"]}
    assert of(scan, "stop")[1]["num_events"] == {"primary": 20}


def test_time_runs_forward(scan: Documents) -> None:
    times = [doc["time"] for _, doc in scan]
    assert times == sorted(times)


def test_the_fast_axis_snakes_between_its_extents(scan: Documents) -> None:
    light = of(scan, "start")[1]
    events = of(scan, "event")[1:]
    x = np.array([event["data"]["sample_x"] for event in events]).reshape(4, 5)
    y = np.array([event["data"]["sample_y"] for event in events]).reshape(4, 5)
    (top, bottom), (left, right) = light["extents"]
    assert np.allclose(x[0], np.linspace(left, right, 5))
    assert np.allclose(x[1], x[0][::-1])
    assert np.allclose(y, np.linspace(top, bottom, 4)[:, None])


def test_the_same_seed_gives_the_same_documents_and_another_one_does_not(scan: Documents) -> None:
    assert all(same(one, other) for one, other in zip(scan, simulate_crystal_rod((4, 5), size=64, seed=7), strict=True))
    other = list(simulate_crystal_rod((4, 5), size=64, seed=8))
    assert not {doc["uid"] for _, doc in scan} & {doc["uid"] for _, doc in other}
    assert not same(of(scan, "event")[1]["data"]["dexela_image"], of(other, "event")[1]["data"]["dexela_image"])


def test_fresh_uids_leave_the_images_as_they_are(scan: Documents) -> None:
    fresh = list(simulate_crystal_rod((4, 5), size=64, seed=7, fresh=True))
    uids = [doc["uid"] for _, doc in fresh]
    assert len(set(uids)) == len(uids)
    assert not set(uids) & {doc["uid"] for _, doc in scan}
    assert same(of(fresh, "event")[5]["data"], of(scan, "event")[5]["data"])


def test_some_points_have_peaks_some_have_none_and_hot_pixels_are_in_the_dark(scan: Documents) -> None:
    dark, *events = [event["data"]["dexela_image"].mean(axis=0) for event in of(scan, "event")]
    highest = np.array([np.partition((image - dark).ravel(), -4)[-4] for image in events])
    assert (highest > 300).sum() >= 5
    assert (highest < 200).sum() >= 2
    assert dark.max() > 250


def test_peaks_of_a_grain_drift_slowly() -> None:
    rod = CrystalRod.grown(2026)
    v, u = rod.centres[1]
    here, near = list(rod.spots_at(v, u)), list(rod.spots_at(v, u + 0.02))
    assert len(here) == len(near) == 2
    moves = [np.hypot(a.y - b.y, a.x - b.x) * 256 for a, b in zip(here, near, strict=True)]
    assert all(0.01 < move < 2 for move in moves)


@pytest.mark.parametrize("seed", range(8))
def test_any_seed_grows_a_rod_that_is_hit_at_most_places(seed: int) -> None:
    rod = CrystalRod.grown(seed)
    hit = [bool(list(rod.spots_at(v, u))) for v in np.linspace(0, 1, 9) for u in np.linspace(0, 1, 13)]
    assert 60 < sum(hit) < 117


@pytest.mark.parametrize("wrong", [{"shape": (0, 3)}, {"frames": 0}, {"size": 8}, {"dark_frames": 0}])
def test_a_scan_without_points_or_pixels_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="expected at least 1 point"):
        simulate_crystal_rod(**wrong)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1)])
def test_a_scan_of_one_row_or_point_is_simulated(shape: tuple[int, int]) -> None:
    assert len(of(list(simulate_crystal_rod(shape, size=32)), "event")) == 1 + shape[0] * shape[1]


def test_the_default_scan_takes_less_than_two_seconds() -> None:
    began = time.process_time()
    assert sum(1 for _ in simulate_crystal_rod()) == 124
    assert time.process_time() - began < 2
