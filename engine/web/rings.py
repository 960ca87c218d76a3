"""Where on an image a scattering angle is: a ring, or an ellipse where the detector is tilted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["CALIBRANTS", "calibrant_rings", "ring", "two_theta"]

CALIBRANTS = ("LaB6", "CeO2", "Si", "Ni", "AgBh")
"""Those that the page offers, of the many that pyFAI knows."""
_MOST = 24
_POINTS = 145
_PLAIN = (0, 3)  # orientations of a detector whose image is not turned


def two_theta(value: float, unit: str, geometry: Mapping[str, Any]) -> float:
    """Give the scattering angle, in radians, of a value on the axis of an integrated curve.

    Parameters
    ----------
    value
        The value.
    unit
        As the node `integrate` has it: ``q_A^-1``, ``q_nm^-1``, ``2th_deg``, ``2th_rad``, ``r_mm``, ``r_m``,
        ``d*2_A^-2``, ``d*2_nm^-2``.
    geometry
        What the node `geometry` gives. q needs its wavelength (metres).

    Returns
    -------
    The angle; NaN where there is none, or it can't be known.

    Examples
    --------
    >>> round(two_theta(45.0, "2th_deg", {}), 4)
    0.7854
    """
    if unit in ("2th_deg", "2th_rad"):
        return math.radians(value) if unit == "2th_deg" else value
    if unit in ("r_mm", "r_m"):
        tilted = geometry.get("rot1") or geometry.get("rot2")
        radius = value * 1e-3 if unit == "r_mm" else value
        return math.nan if tilted else math.atan2(radius, float(geometry.get("dist", math.nan)))
    to_q = 2 * math.pi * math.sqrt(abs(value))
    in_metres = {"q_A^-1": 1e10 * value, "q_nm^-1": 1e9 * value, "d*2_A^-2": 1e10 * to_q, "d*2_nm^-2": 1e9 * to_q}
    sine = in_metres.get(unit, math.nan) * float(geometry.get("wavelength") or math.nan) / (4 * math.pi)
    return 2 * math.asin(sine) if abs(sine) <= 1 else math.nan


def ring(geometry: Mapping[str, Any], angle: float) -> list[list[float]]:
    """Give the places ``[y, x]`` of a scattering angle on the image, in pixels, in order around the beam.

    Each direction of the cone is turned back by pyFAI's rotations, rot3 · rot2 · rot1, and followed to the detector.

    Parameters
    ----------
    geometry
        What the node `geometry` gives.
    angle
        2 theta, in radians.

    Returns
    -------
    The places; none where the ring misses the detector's plane, or the size of the pixels is not known.
    """
    pixels = _pixels(geometry)
    if pixels is None or not 0 < angle < math.pi:
        return []
    around = np.linspace(0, 2 * np.pi, _POINTS)
    cone = [np.sin(angle) * np.cos(around), np.sin(angle) * np.sin(around), np.full_like(around, np.cos(angle))]
    first, second, along = _turned(geometry).T @ np.stack(cone)
    if np.any(along <= 1e-3):
        return []
    far = float(geometry["dist"]) / along
    y = (far * first + float(geometry["poni1"])) / pixels[0] - 0.5
    x = (far * second + float(geometry["poni2"])) / pixels[1] - 0.5
    return [[round(float(one), 2), round(float(other), 2)] for one, other in zip(y, x, strict=True)]


def calibrant_rings(name: str, geometry: Mapping[str, Any]) -> Sequence[tuple[str, float]]:
    """Give the rings of a calibrant as label and 2 theta, from the smallest; none without wavelength or pyFAI.

    Parameters
    ----------
    name
        One of `CALIBRANTS`.
    geometry
        What the node `geometry` gives.
    """
    try:
        from pyFAI.calibrant import get_calibrant
    except ImportError:
        return []
    spacings = get_calibrant(name).dspacing[:_MOST]
    angles = [(f"{one:.4g} Å", two_theta(2 * math.pi / one, "q_A^-1", geometry)) for one in spacings]
    return [one for one in angles if math.isfinite(one[1])]


def _pixels(geometry: Mapping[str, Any]) -> tuple[float, float] | None:
    found = geometry.get("detector_config")
    config = found if isinstance(found, Mapping) and found else geometry
    if config.get("orientation", 3) not in _PLAIN:
        return None
    if config.get("pixel1") and config.get("pixel2"):
        return float(config["pixel1"]), float(config["pixel2"])
    try:
        from pyFAI.detectors import ALL_DETECTORS
    except ImportError:
        return None
    known = ALL_DETECTORS.get(str(geometry.get("detector", "")).lower())  # by name only: a geometry may not name a file
    detector = known() if known is not None else None
    if detector is None or not detector.pixel1 or not detector.pixel2:
        return None
    return float(detector.pixel1), float(detector.pixel2)


def _turned(geometry: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """Give pyFAI's rotation of the detector: about its first axis, then the second, then the beam."""
    one, two, three = (float(geometry.get(name) or 0.0) for name in ("rot1", "rot2", "rot3"))
    about_first = [[1, 0, 0], [0, math.cos(one), math.sin(one)], [0, -math.sin(one), math.cos(one)]]
    about_second = [[math.cos(two), 0, -math.sin(two)], [0, 1, 0], [math.sin(two), 0, math.cos(two)]]
    about_beam = [[math.cos(three), -math.sin(three), 0], [math.sin(three), math.cos(three), 0], [0, 0, 1]]
    turned: npt.NDArray[np.float64] = np.array(about_beam) @ np.array(about_second) @ np.array(about_first)
    return turned
