"""The ready graph for point detectors, against numpy on whole arrays, and against what was simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from headrace.engine.documents.simulated.edge_scan import absorption_at


class Shots(NamedTuple):
    mono: Any
    laser_on: Any
    beam_on: Any
    i0_upper: Any
    i0_lower: Any
    pd: Any


@pytest.fixture(scope="module")
def one(analysed: Callable[[str], Any]) -> Any:
    return analysed("point_detectors")


@pytest.fixture(scope="module")
def shots(one: Any) -> Shots:
    return Shots(*(np.array([event[name] for event in one.events()]) for name in Shots._fields))


def test_curves_are_sums_over_sums_by_energy(one: Any, shots: Shots) -> None:
    edges, i0 = np.linspace(7.0995, 7.1605, 62), shots.i0_upper + shots.i0_lower
    good = (shots.beam_on > 0) & (i0 > 0.3)
    curves = {}
    for laser, name in ((1, "excited"), (0, "ground")):
        some = good & (shots.laser_on == laser)
        counts, sums, light = (
            np.histogram(shots.mono[some], edges, weights=w)[0] for w in (None, shots.pd[some], i0[some])
        )
        curves[name] = sums / light
        assert np.allclose(one.result[name][0], curves[name])
        assert np.array_equal(one.result[f"shots_{name}"][0], counts)
    assert np.allclose(one.result["difference"][0], curves["excited"] - curves["ground"])
    assert np.allclose(one.result["energy_keV"][0], np.linspace(7.1, 7.16, 61))
    assert len(one.result["ratio"]) == good.sum()
    assert np.allclose(one.result["ratio"]["ratio"], (shots.pd / i0)[good])


def test_single_shots_scatter_as_numpy_says(one: Any, shots: Shots) -> None:
    i0 = shots.i0_upper + shots.i0_lower
    good = (shots.beam_on > 0) & (i0 > 0.3) & (shots.laser_on == 0)
    at = [good & np.isclose(shots.mono, energy) for energy in np.linspace(7.1, 7.16, 61)]
    ratio = shots.pd / np.where(i0 == 0, np.nan, i0)
    assert np.allclose(one.result["single_shot_mean"][0], [ratio[some].mean() for some in at])
    assert np.allclose(one.result["single_shot_std"][0], [ratio[some].std(ddof=1) for some in at])


def test_the_two_diodes_agree(one: Any, shots: Shots) -> None:
    expected = np.corrcoef(shots.i0_upper, shots.i0_lower)[0, 1]
    assert one.result["correlation"]["correlation"].tolist() == pytest.approx([expected])
    assert expected > 0.97
    slope = np.polyfit(shots.i0_upper, shots.i0_lower, 1)[0]
    assert one.result["slope"]["slope"].tolist() == pytest.approx([slope])


def test_the_edge_moves_as_it_was_made_to(one: Any) -> None:
    energy = one.result["energy_keV"][0]
    factor = 1.5 / (2.0 + 2.2)
    for name, excited in (("ground", False), ("excited", True)):
        assert np.allclose(one.result[name][0], factor * absorption_at(energy, excited=excited), atol=0.012)
    difference = one.result["difference"][0]
    assert difference.min() < -0.08
    assert energy[difference.argmin()] == pytest.approx(7.122, abs=0.0015)
