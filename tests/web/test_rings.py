"""Rings on a tilted detector, against pyFAI's own scattering angles."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from headrace.engine.web.rings import CALIBRANTS, calibrant_rings, ring, two_theta

GRAPH = """\
headrace: 1
graph: powder
nodes:
  frames:  {type: source, field: image}
  where:
    type: geometry
    values: {dist: 0.1, poni1: 0.0032, poni2: 0.0048, pixel1: 2.0e-4, pixel2: 2.0e-4, wavelength: 1.0e-11}
  pattern: {type: integrate, in: {frame: frames, geometry: where}, npt: 50}
  keep:    {type: sink, in: {pattern: pattern.intensity}}
"""
WHERE: dict[str, Any] = {
    "dist": 0.2,
    "poni1": 0.05,
    "poni2": 0.06,
    "rot1": 0.12,
    "rot2": -0.2,
    "rot3": 0.4,
    "wavelength": 2e-11,
    "detector": "Detector",
    "detector_config": {"pixel1": 2e-4, "pixel2": 1e-4, "orientation": 3},
}


def angles(where: dict[str, Any], places: list[list[float]]) -> Any:
    """Ask pyFAI for the angle of each place."""
    integrator = pytest.importorskip("pyFAI.geometry").Geometry(
        where["dist"], where["poni1"], where["poni2"], where["rot1"], where["rot2"], where["rot3"], 2e-4, 1e-4
    )
    y, x = np.array(places).T
    return integrator.tth(y, x)


_small = st.floats(-0.3, 0.3)


@settings(max_examples=30, deadline=None)
@given(angle=st.floats(0.02, 0.6), rot1=_small, rot2=_small, rot3=st.floats(-3, 3))
def test_every_place_of_a_ring_has_its_angle(angle: float, rot1: float, rot2: float, rot3: float) -> None:
    where = {**WHERE, "rot1": rot1, "rot2": rot2, "rot3": rot3}
    places = ring(where, angle)
    assert places[0] == pytest.approx(places[-1], abs=0.1)
    np.testing.assert_allclose(angles(where, places), angle, atol=1e-4)


@pytest.mark.parametrize("unit", ["q_A^-1", "q_nm^-1", "2th_deg", "2th_rad", "r_mm", "r_m", "d*2_A^-2", "d*2_nm^-2"])
def test_an_axis_value_is_the_angle_that_pyfai_means(unit: str) -> None:
    units = pytest.importorskip("pyFAI.units")
    flat = pytest.importorskip("pyFAI.geometry").Geometry(0.2, 0.05, 0.06, 0, 0, 0, 2e-4, 1e-4, wavelength=2e-11)
    value = float(flat.center_array((8, 8), unit=units.to_unit(unit))[3, 5])
    assert two_theta(value, unit, {**WHERE, "rot1": 0, "rot2": 0}) == pytest.approx(
        float(flat.center_array((8, 8), unit="2th_rad")[3, 5])
    )


def test_rings_that_miss_the_detector_or_cannot_be_known_are_left_out() -> None:
    assert ring(WHERE, 1.5) == []
    assert ring(WHERE, math.nan) == []
    assert ring({**WHERE, "detector_config": {}}, 0.1) == []
    assert ring({**WHERE, "detector_config": {**WHERE["detector_config"], "orientation": 1}}, 0.1) == []
    assert math.isnan(two_theta(1.0, "q_A^-1", {**WHERE, "wavelength": None}))
    assert math.isnan(two_theta(1.0, "furlongs", WHERE))
    assert math.isnan(two_theta(1.0, "r_mm", WHERE))  # of a tilted detector a radius is no angle


def test_the_pixels_of_a_detector_that_pyfai_knows_need_not_be_given() -> None:
    pytest.importorskip("pyFAI")
    assert len(ring({**WHERE, "detector": "Pilatus1M", "detector_config": {}}, 0.1)) > 100
    assert ring({**WHERE, "detector": "/etc/passwd", "detector_config": {}}, 0.1) == []


@pytest.mark.parametrize("name", CALIBRANTS)
def test_calibrants_have_rings_of_rising_angle(name: str) -> None:
    pytest.importorskip("pyFAI")
    found = calibrant_rings(name, WHERE)
    assert len(found) > 4
    assert [angle for _, angle in found] == sorted(angle for _, angle in found)
    assert calibrant_rings(name, {**WHERE, "wavelength": None}) == []


def test_the_page_draws_the_rings_of_a_calibrant_and_of_the_cursor(
    make_work: Any, visit: Callable[..., Page], tmp_path: Path
) -> None:
    pytest.importorskip("pyFAI")
    (tmp_path / "powder.yaml").write_text(GRAPH)
    with make_work(tmp_path / "powder.yaml") as work:
        page = visit(work.address)
        page.locator('[data-node="pattern"]').click()
        expect(page.locator(".viewer canvas[data-at]")).to_be_visible()
        page.get_by_label("Rings of a calibrant").select_option("LaB6")
        expect(page.locator(".viewer polyline.ring").nth(2)).to_be_attached()
        expect(page.locator(".viewer polyline.pointed")).to_have_count(0)
        page.locator("#panel .u-over").hover()
        expect(page.locator(".viewer polyline.pointed")).to_have_count(1)
        page.get_by_label("Rings of a calibrant").select_option("")
        expect(page.locator(".viewer polyline.ring:not(.pointed)")).to_have_count(0)
        server = work.server.address
        for path in ("where.out/rings?of=salt", "where.out/rings?value=much", "pattern.x/rings?of=LaB6"):
            assert page.request.get(f"{server}/api/look/0/{path}").status in (400, 404)
