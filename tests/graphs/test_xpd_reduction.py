"""The ready graph for powder diffraction, against numpy and pyFAI on whole arrays, and against the powder itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from headrace import run
from headrace.engine.documents.simulated import simulate_powder_ramp
from headrace.engine.documents.simulated.powder import LATTICE, PowderCamera, ring_positions
from headrace.engine.documents.store_writer import FolderStoreWriter

pyfai = pytest.importorskip("pyFAI.integrator.azimuthal")


@pytest.fixture(scope="module")
def one(analysed: Callable[[str], Any]) -> Any:
    return analysed("xpd_reduction")


@pytest.fixture(scope="module")
def integrator() -> Any:
    geometry = PowderCamera(512, 2026).geometry
    return pyfai.AzimuthalIntegrator(**{name: value for name, value in geometry.items() if name != "detector"})


def corrected(one: Any, integrator: Any) -> Any:
    """Reduce the images by whole arrays: frames, dark, background without its own dark, polarisation."""
    (dark,), (empty,) = ([event["pe1_image"].mean(axis=0) for event in one.events(run)] for run in (0, 1))
    images = np.array([event["pe1_image"].mean(axis=0) for event in one.events()])
    return (images - dark - (empty - dark)) / integrator.polarization((512, 512), 0.99)


def test_patterns_are_those_of_numpy_and_pyfai(one: Any, integrator: Any) -> None:
    images, bad = corrected(one, integrator), np.isnan(one.result["mean_image"][0])
    assert np.allclose(one.result["mean_image"][0][~bad], images.mean(axis=0)[~bad], rtol=1e-5, atol=1e-3)
    options = {"unit": "q_A^-1", "mask": bad, "radial_range": (0.8, 11), "method": ("bbox", "csr", "cython")}
    expected = [integrator.integrate1d(image, 1000, **options) for image in images]
    assert np.allclose(one.result["q"], expected[0].radial)
    assert np.allclose(one.result["patterns"], [found.intensity for found in expected], rtol=1e-4, atol=1e-3)
    assert np.allclose(one.result["mean_pattern"][0], np.mean(one.result["patterns"], axis=0))
    assert np.allclose(one.result["running_mean"][3], np.mean(one.result["patterns"][:4], axis=0))


def test_bad_pixels_are_masked_and_good_ones_are_not(one: Any) -> None:
    bad = np.isnan(one.result["mean_image"][0])
    (dark,) = one.events(0)
    frame = dark["pe1_image"].mean(axis=0)
    assert bad[(frame == 0) | (frame > 1000)].all()
    assert bad[PowderCamera(512, 2026).shaded()].all()
    assert bad[:8].all()
    assert bad[8:-8, 8:-8].mean() < 0.03


def test_the_rings_are_where_nickel_has_them_at_each_temperature(one: Any) -> None:
    q, patterns = one.result["q"][0], one.result["patterns"]
    temperatures = np.array([event["temperature"] for event in one.events()])
    for temperature, pattern in zip(temperatures, patterns, strict=True):
        for place in ring_positions(temperature)[[0, 1, 2, 8, 9]]:
            near = abs(q - place) < 0.11
            centre = np.average(q[near], weights=np.clip(pattern[near] - pattern.min(), 0, None) ** 2)
            assert centre == pytest.approx(place, abs=0.006)
    ring = one.result["ring_position"]
    assert np.allclose(ring["temperature"], temperatures)
    lattice = 2 * np.pi / ring["ring_position"] * np.sqrt(24)
    slope = np.polyfit(temperatures - 300, lattice, 1)[0] / LATTICE
    assert slope == pytest.approx(1.55e-5, rel=0.05)


def test_a_dark_taken_in_the_scan_counts_from_then_on(analysed: Callable[[str], Any], tmp_path: Any) -> None:
    with FolderStoreWriter(tmp_path) as write:
        for name, doc in simulate_powder_ramp(6, dark_stream=True):
            write(name, doc)
    graph = analysed("xpd_reduction").graph
    levels = []
    for stream in ("dark", None):
        result = run(graph, f"{tmp_path}/-1", set={"dark.stream": stream})
        assert result.stop is not None
        assert result.stop["exit_status"] == "success"
        levels.append(np.median(result["patterns"], axis=1))
    assert np.allclose(levels[0], levels[0][0], atol=2.0)  # the drift is gone
    assert np.allclose(levels[1][:3], levels[0][:3], atol=0.5)
    assert (levels[1][3:] - levels[0][3:] > 9).all()  # counts by which the dark had crept up
