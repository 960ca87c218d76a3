"""The ready graph for crystal windows, against numpy and trackpy on whole arrays, and against the rod itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import trackpy

from headrace.engine.documents.simulated.rod import CrystalRod

SHAPE, SIZE, RADIUS, HALF, NUMBER = (9, 13), 256, 5, 6, 16


@pytest.fixture(scope="module")
def one(analysed: Callable[[str], Any]) -> Any:
    return analysed("crystal_windows")


def test_windows_and_maps_are_those_of_numpy_and_trackpy(one: Any) -> None:
    images = np.array([event["dexela_image"].mean(axis=0) for event in one.events()])
    dark, light = images.min(axis=0), images.max(axis=0)
    peaks = trackpy.locate(light - dark, 2 * RADIUS + 1).sort_values("mass", ascending=False).head(NUMBER)
    windows, maps = one.result["windows"], one.result["maps"][0]
    assert np.array_equal(windows[["y", "x"]], np.floor(peaks[["y", "x"]]))
    for number, (y, x) in enumerate(np.floor(peaks[["y", "x"]].to_numpy()).astype(int)):
        box = np.s_[..., max(y - HALF, 0) : y + HALF + 1, max(x - HALF, 0) : x + HALF + 1]
        expected = (images[box].mean(axis=(1, 2)) - dark[box].mean()).reshape(SHAPE)
        expected[1::2] = expected[1::2, ::-1]
        assert np.allclose(maps[number], expected, rtol=1e-12, atol=1e-9)
    assert np.array_equal(one.result["light"][0], light)
    assert np.array_equal(one.result["dark"][0], dark)


def test_each_window_holds_a_spot_of_the_rod_and_its_map_shows_the_grain_of_that_spot(one: Any) -> None:
    rod, windows, maps = CrystalRod.grown(2026), one.result["windows"], one.result["maps"][0]
    places = [(v, u) for v in np.linspace(0, 1, SHAPE[0]) for u in np.linspace(0, 1, SHAPE[1])]
    spots = [[(spot.y * SIZE, spot.x * SIZE) for spot in rod.spots_at(float(v), float(u))] for v, u in places]
    assert len(windows) == 11
    for window, values in zip(windows.itertuples(), maps.reshape(len(windows), -1), strict=True):
        near = [
            any(max(abs(window.y - y), abs(window.x - x)) < HALF for y, x in at_this_place) for at_this_place in spots
        ]
        assert any(near)
        bright = values > 0.4 * values.max()
        assert np.mean(bright == near) > 0.93
