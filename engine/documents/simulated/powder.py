"""Powder diffraction on a flat detector: where each pixel looks, and how much it sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LATTICE", "REFLECTIONS", "PowderCamera", "lattice_at", "ring_positions"]

_Image = npt.NDArray[np.float64]

LATTICE = 3.524
"""Lattice constant of nickel at 300 K, in angstrom."""
_EXPANSION = 1.55e-5  # relative, per kelvin; mean of nickel between 300 K and 1000 K
_DEBYE_WALLER = 4.2e-6  # B / 8 pi**2 grows by so much per kelvin, in angstrom**2
REFLECTIONS = ((3, 8), (4, 6), (8, 12), (11, 24), (12, 8), (16, 6), (19, 24), (20, 24), (24, 24), (27, 32))
"""Reflections of a face-centred cubic lattice: h**2 + k**2 + l**2, and how many equivalent planes there are."""
_RING_WIDTH = 0.035  # standard deviation in 1/angstrom
_POLARISATION = 0.99
_TILT = (0.004, -0.003)
_DEAD, _HOT = 25, 18


def lattice_at(temperature: float) -> float:
    """Give the lattice constant in angstrom at a temperature in kelvin."""
    return LATTICE * (1 + _EXPANSION * (temperature - 300))


def ring_positions(temperature: float) -> npt.NDArray[np.float64]:
    """Give q of the rings, in 1/angstrom, innermost first."""
    return 2 * np.pi / lattice_at(temperature) * np.sqrt([square for square, _ in REFLECTIONS])


@dataclass(frozen=True)
class PowderCamera:
    """A flat area detector behind a capillary of powder, slightly tilted, with a beam stop.

    Parameters
    ----------
    size
        Pixels along each side; the detector is 410 mm wide whatever their number.
    seed
        Decides where dead and hot pixels are, and the noise.
    """

    size: int
    seed: int

    @property
    def geometry(self) -> dict[str, Any]:
        """The geometry as pyFAI names it: metres and radians, wavelength in metres."""
        pixel = 0.4096 / self.size
        rotations = {"rot1": _TILT[0], "rot2": _TILT[1], "rot3": 0.0}
        place = {"dist": 0.6, "poni1": 0.2071, "poni2": 0.2013}
        return {"detector": "Detector", "pixel1": pixel, "pixel2": pixel, **place, **rotations, "wavelength": 1.867e-11}

    def looks(self) -> tuple[_Image, _Image, _Image]:
        """Give, for each pixel, q in 1/angstrom, the polarisation of the beam there, and the solid angle it sees.

        The latter two are relative to a pixel in the beam. The geometry is that of pyFAI: a rotation about each of
        the two axes of the detector (Kieffer and Karkoulis, J. Phys. Conf. Ser. 425 (2013) 202012).
        """
        place, (turn, tip) = self.geometry, _TILT
        along = (np.arange(self.size) + 0.5) * place["pixel1"]
        up, across = np.meshgrid(along - place["poni1"], along - place["poni2"], indexing="ij")
        far = place["dist"]
        y = up * np.cos(tip) + across * np.sin(turn) * np.sin(tip) - far * np.cos(turn) * np.sin(tip)
        x = across * np.cos(turn) + far * np.sin(turn)
        z = up * np.sin(tip) - across * np.cos(tip) * np.sin(turn) + far * np.cos(turn) * np.cos(tip)
        angle, around = np.arctan2(np.hypot(x, y), z), np.arctan2(y, x)
        q = 4 * np.pi * np.sin(angle / 2) / (place["wavelength"] * 1e10)
        square = np.cos(angle) ** 2
        polarisation = 0.5 * (1 + square - _POLARISATION * np.cos(2 * around) * (1 - square))
        solid = (far / np.sqrt(up**2 + across**2 + far**2)) ** 3
        return q, polarisation, solid

    def dark(self, minutes: float) -> _Image:
        """Give the counts without beam, which creep up as the panel gets warm."""
        axis = np.linspace(-0.5, 0.5, self.size)
        pattern = 6 * np.sin(14 * axis)[:, None] + 4 * np.cos(22 * axis)[None, :]
        counts: _Image = 180 + pattern + 0.4 * minutes
        counts[self._spots(_HOT, 1)] += np.random.default_rng([self.seed, 3]).uniform(4000, 12000, _HOT)
        return counts

    def shaded(self) -> npt.NDArray[np.bool_]:
        """Tell the pixels behind the beam stop: a disc, and the arm that holds it."""
        q, _, _ = self.looks()
        row, column = np.unravel_index(np.argmin(q), q.shape)
        rows, columns = np.indices(q.shape)
        disc = q < 0.7
        arm = (abs(columns - column) <= self.size * 0.007) & (rows > row)
        return disc | arm

    def background(self) -> _Image:
        """Give the counts of the empty capillary: a glass halo, and air about the beam."""
        q, polarisation, solid = self.looks()
        halo = 90 * np.exp(-(((q - 1.6) / 0.55) ** 2)) + 35 * np.exp(-(((q - 4.4) / 1.3) ** 2))
        return self._behind_the_stop((halo + 220 * np.exp(-q / 0.6) + 12) * polarisation * solid)

    def sample(self, temperature: float) -> _Image:
        """Give the counts of the powder alone, at a temperature in kelvin."""
        q, polarisation, solid = self.looks()
        total = np.full(q.shape, 15.0)
        for place, (_, planes) in zip(ring_positions(temperature), REFLECTIONS, strict=True):
            damped = np.exp(-(place**2) * _DEBYE_WALLER * temperature) / place**2
            total += 620 * planes * damped * np.exp(-(((q - place) / _RING_WIDTH) ** 2) / 2)
        return self._behind_the_stop(total * polarisation * solid)

    def expose(self, expected: _Image, frames: int, number: int) -> npt.NDArray[np.uint16]:
        """Give frames of counts with their noise, shape (frames, size, size); dead pixels count nothing."""
        rng = np.random.default_rng([self.seed, 4, number])
        mean = expected.astype(np.float32) + np.float32(0.5)
        counts = mean + np.sqrt(mean) * rng.standard_normal((frames, *expected.shape), dtype=np.float32)
        counts[(slice(None), *self._spots(_DEAD, 2))] = 0
        read: npt.NDArray[np.uint16] = np.clip(counts, 0, 65535).astype(np.uint16)
        return read

    def _spots(self, count: int, kind: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows, columns = np.random.default_rng([self.seed, kind]).integers(0, self.size, (2, count))
        return rows, columns

    def _behind_the_stop(self, counts: _Image) -> _Image:
        counts[self.shaded()] *= 0.002
        return counts
