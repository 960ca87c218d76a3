"""All simulated experiments: real documents, the same each time, and what was put in can be found again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from event_model import DocumentNames, schema_validators

from headrace.engine.documents.simulated import (
    experiments,
    simulate_edge_scan,
    simulate_powder_ramp,
    simulate_pump_probe,
    simulate_shots,
)
from headrace.engine.documents.simulated.edge_scan import absorption_at
from headrace.engine.documents.simulated.free_electron_laser import EV_PER_ADU
from headrace.engine.documents.simulated.powder import PowderCamera, ring_positions
from headrace.engine.documents.simulated.pump_probe import PS_PER_MICROMETRE, TIME_ZERO, change_at
from headrace.engine.jobs.graphs import ready_graphs
from headrace.engine.model.errors import UsageError

Documents = list[tuple[str, dict[str, Any]]]
Simulate = Callable[..., Iterator[tuple[str, dict[str, Any]]]]

SMALL: dict[str, Simulate] = {
    "powder": lambda **more: simulate_powder_ramp(4, size=64, dark_stream=True, **more),
    "shots": lambda **more: simulate_shots(60, dark_shots=4, **more),
    "pump-probe": lambda **more: simulate_pump_probe(60, dark_shots=4, **more),
    "edge": lambda **more: simulate_edge_scan(80, **more),
}


def of(documents: Documents, name: str) -> list[dict[str, Any]]:
    return [doc for kind, doc in documents if kind == name]


@pytest.fixture(scope="module", params=sorted(SMALL))
def simulate(request: pytest.FixtureRequest) -> Simulate:
    return SMALL[request.param]


def test_every_document_validates_and_holds_what_its_descriptor_says(simulate: Simulate) -> None:
    documents = list(simulate())
    for name, doc in documents:
        schema_validators[DocumentNames[name]].validate(doc)
    described = {doc["uid"]: doc["data_keys"] for doc in of(documents, "descriptor")}
    for event in of(documents, "event"):
        keys = described[event["descriptor"]]
        assert set(event["data"]) == set(event["timestamps"]) == set(keys)
        for field, value in event["data"].items():
            assert list(np.shape(value)) == keys[field]["shape"], field
            assert np.asarray(value).dtype == np.dtype(keys[field]["dtype_numpy"]), field


def test_time_runs_forward_and_runs_do_not_overlap(simulate: Simulate) -> None:
    documents = list(simulate())
    times = [doc["time"] for _, doc in documents]
    assert times == sorted(times)
    assert [name for name, _ in documents if name in ("start", "stop")] == ["start", "stop"] * len(
        of(documents, "stop")
    )


def test_dark_runs_come_first_and_the_last_run_names_what_it_needs(simulate: Simulate) -> None:
    starts = of(list(simulate()), "start")
    *before, last = starts
    assert {value for key, value in last.items() if key.endswith("_uid")} == {start["uid"] for start in before}
    assert [bool(start.get("dark_frame")) for start in starts] == [
        number == 0 < len(before) for number in range(len(starts))
    ]


def test_the_same_call_gives_the_same_documents_and_fresh_uids_the_same_data(simulate: Simulate) -> None:
    first, second, fresh = list(simulate()), list(simulate()), list(simulate(fresh=True))
    for (_, one), (_, other), (_, new) in zip(first, second, fresh, strict=True):
        assert one["uid"] == other["uid"] != new["uid"]
        assert repr(one.get("data")) == repr(other.get("data")) == repr(new.get("data"))


def test_another_seed_gives_other_data(simulate: Simulate) -> None:
    one, other = (of(list(simulate(seed=seed)), "event")[-1]["data"] for seed in (1, 2))
    assert repr(one) != repr(other)


@pytest.mark.parametrize("name", sorted(experiments()))
def test_every_experiment_has_a_ready_graph_and_takes_two_seconds_at_most(name: str) -> None:
    experiment = experiments()[name]
    assert experiment.graph == name
    assert name in ready_graphs()
    began = time.process_time()
    assert sum(1 for _ in experiment.simulate()) > 20
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: simulate_powder_ramp(0),
        lambda: simulate_powder_ramp(size=8),
        lambda: simulate_shots(0),
        lambda: simulate_shots(shape=(4, 4)),
        lambda: simulate_pump_probe(dark_shots=0),
        lambda: simulate_edge_scan(0),
    ],
)
def test_an_experiment_without_events_or_pixels_is_refused_at_once(wrong: Callable[[], Any]) -> None:
    with pytest.raises(UsageError, match="expected at least 1"):
        wrong()


def test_the_powder_camera_sees_what_pyfai_computes() -> None:
    integrators = pytest.importorskip("pyFAI.integrator.azimuthal")
    camera = PowderCamera(128, 2026)
    geometry = {name: value for name, value in camera.geometry.items() if name != "detector"}
    integrator, shape = integrators.AzimuthalIntegrator(**geometry), (128, 128)
    q, polarisation, solid = camera.looks()
    assert np.allclose(integrator.qArray(shape) / 10, q, atol=1e-4)
    assert np.allclose(integrator.polarization(shape, 0.99), polarisation, atol=1e-5)
    assert np.allclose(integrator.solidAngleArray(shape), solid, atol=1e-5)


def test_rings_move_inwards_and_the_dark_creeps_up() -> None:
    assert (ring_positions(1000) < ring_positions(300)).all()
    documents = list(simulate_powder_ramp(4, size=64, dark_stream=True))
    streams = {doc["uid"]: doc["name"] for doc in of(documents, "descriptor")}
    events = of(documents, "event")
    darks = [event for event in events if streams[event["descriptor"]] == "dark"]
    assert len(darks) == 1
    assert [streams[event["descriptor"]] for event in events[2:]] == [
        "primary",
        "primary",
        "dark",
        "primary",
        "primary",
    ]
    later = np.median(darks[0]["data"]["pe1_image"]) - np.median(events[0]["data"]["pe1_image"])
    assert later == pytest.approx(12, abs=2)


def test_a_shot_of_one_photon_energy_shows_in_multiples_of_it() -> None:
    documents = list(simulate_shots(300))
    dark = np.mean([event["data"]["mpccd"] for event in of(documents, "event")[:40]], axis=0)
    shots = [event["data"] for event in of(documents, "event")[40:]]
    energies = np.concatenate([(shot["mpccd"] - dark).ravel() for shot in shots]) * EV_PER_ADU
    counts, edges = np.histogram(energies, bins=100, range=(1000, 21_000))
    assert edges[counts.argmax()] == pytest.approx(6400, abs=300)
    dim = [shot["mpccd"].sum() for shot in shots if not shot["shutter_open"]]
    bright = [shot["mpccd"].sum() for shot in shots if shot["shutter_open"]]
    assert max(dim) < np.median(bright)


def test_the_bragg_peak_falls_after_the_laser_and_not_without_it() -> None:
    shots = [event["data"] for event in of(list(simulate_pump_probe()), "event")[30:]]
    delay = np.array([shot["delay_stage"] * PS_PER_MICROMETRE - TIME_ZERO for shot in shots])
    spot = np.array([shot["mpccd"][14:31, 28:48].sum() - 60 * 17 * 20 for shot in shots])
    i0, laser = (np.array([shot[name] for shot in shots]) for name in ("i0", "laser_on"))
    late = (delay > 0.3) & (i0 > 1)
    ratios = [spot[late & (laser == on)].sum() / i0[late & (laser == on)].sum() for on in (0, 1)]
    assert ratios[1] / ratios[0] == pytest.approx(1 + change_at(delay[late]).mean(), abs=0.03)


def test_the_laser_moves_the_edge() -> None:
    energies = np.linspace(7.1, 7.16, 61)
    off, on = absorption_at(energies), absorption_at(energies, excited=True)
    assert np.interp(0.5, off[10:30], energies[10:30]) < np.interp(0.5, on[10:30], energies[10:30])
