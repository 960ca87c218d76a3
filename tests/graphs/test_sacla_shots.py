"""The ready graph for single shots, against numpy on whole arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

GAIN = 17.756


@pytest.fixture(scope="module")
def one(analysed: Callable[[str], Any]) -> Any:
    return analysed("sacla_shots")


@pytest.fixture(scope="module")
def kept(one: Any) -> Any:
    """Numbers of the shots that count: the motor went forward since the shot before, and the shutter was open."""
    events = one.events()
    stage = np.array([event["stage_x"] for event in events])
    moved = np.diff(stage, prepend=np.nan) > 2.5e-6
    return 1 + np.flatnonzero(moved & (np.array([event["shutter_open"] for event in events]) > 0))


@pytest.fixture(scope="module")
def energies(one: Any, kept: Any) -> Any:
    dark = np.mean([event["mpccd"] for event in one.events(0)], axis=0)
    return (np.array([one.events()[number - 1]["mpccd"] for number in kept]) - dark) * GAIN * 3.65


def test_the_shots_that_count_are_kept(one: Any, kept: Any) -> None:
    assert len(kept) == 294
    assert one.result["shots"]["shots"].tolist() == [294]
    assert np.array_equal(one.result["total"]["raw_seq_num"], kept)
    counts = one.result.stop["headrace"]["nodes"]
    assert counts["fresh"]["filtered"] + counts["lit"]["filtered"] == 400 - 294


def test_the_whole_run_gives_nearly_the_same_shots(one: Any, kept: Any) -> None:
    from headrace import run

    changed = run(one.graph, f"{one.store}/-1", set={"fresh.mode": "run", "fresh.field": "stage_x"})
    stage = np.array([event["stage_x"] for event in one.events()])
    speed = np.gradient(stage)
    lit = np.array([event["shutter_open"] for event in one.events()]) > 0
    expected = 1 + np.flatnonzero((speed > 0.9 * np.median(speed)) & lit)
    assert np.array_equal(changed["total"]["raw_seq_num"], expected)
    assert len(set(expected) ^ set(kept)) < 20


def test_mean_maximum_profile_and_spectrum_are_those_of_numpy(one: Any, energies: Any) -> None:
    result, cut = one.result, np.where(energies < 1000, 0, energies)
    mean = cut.mean(axis=0)
    assert np.allclose(result["mean"][0], mean)
    assert np.allclose(result["maximum"][0], energies.max(axis=0))
    assert np.allclose(result["spectrum"][0], mean.mean(axis=1))
    y, x = np.indices(mean.shape)
    ring = np.rint(np.hypot(y - 64, x - 32)).astype(int)
    profile = np.bincount(ring.ravel(), mean.ravel()) / np.bincount(ring.ravel())
    assert np.allclose(result["profile"][0], profile)
    assert np.array_equal(result["radius"][0], np.arange(len(profile)))


def test_the_five_brightest_shots_are_those_with_most_energy(one: Any, kept: Any, energies: Any) -> None:
    cut = np.where(energies < 1000, 0, energies)
    totals = cut.sum(axis=(1, 2))
    best = np.argsort(-totals, kind="stable")[:5]
    assert one.result["brightest_shot"][0].tolist() == kept[best].tolist()
    assert np.allclose(one.result["brightest_total"][0], totals[best])
    assert np.allclose(one.result["brightest"][0], cut[best])
    assert np.allclose(one.result["total"]["total"], totals)


def test_histograms_are_those_of_numpy(one: Any, energies: Any) -> None:
    result = one.result
    counts, edges = np.histogram(energies, 200, (0, 50000))
    assert np.allclose(result["pixels"][0], counts / len(energies))
    assert np.allclose(result["pixel_energy"][0], (edges[1:] + edges[:-1]) / 2)
    bright = (energies > 4800).sum(axis=(1, 2))
    assert np.array_equal(result["bright"]["bright"], bright)
    assert np.array_equal(result["brights"][0], np.histogram(bright, 50, (0, 2500))[0])
    assert np.array_equal(result["totals"][0], np.histogram(result["total"]["total"], 50, (0, 3e7))[0])
    assert result["totals"].sum() == result["brights"].sum() == 294


def test_the_pictures_are_of_physics(one: Any) -> None:
    result = one.result
    spectrum, pixels, energy = result["spectrum"][0], result["pixels"][0], result["pixel_energy"][0]
    assert spectrum.argmax() == 78  # the first of the two lines
    assert 85 + spectrum[85:].argmax() == 90
    for photons in (1, 2, 3):
        near = abs(energy - photons * 6400) < 2500
        assert energy[near][pixels[near].argmax()] == pytest.approx(photons * 6400, abs=200)
