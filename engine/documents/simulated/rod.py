"""The sample: a rod grown from a few crystal grains, and where each of them throws its Bragg peaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["CrystalRod", "Spot"]

_Array = npt.NDArray[np.float64]

_GRAINS = 7
_BEAM = np.array([0.5, 0.5])  # where the direct beam would hit the detector, as a fraction (y, x) of its size


class Spot(NamedTuple):
    """One Bragg peak on the detector: its centre and width as fractions of the detector, its height in counts."""

    y: float
    x: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class CrystalRod:
    """Grains side by side in a rod that lies along the fast axis of the scan.

    Places on the sample are ``(v, u)``: fractions of the scanned area, along its slow and its fast axis.

    Attributes
    ----------
    centres
        Centres of the grains on the sample, shape (grains, 2).
    spots
        For each grain, its spots as (y, x, width, height), shape (n, 4).
    bends
        For each grain, how far its lattice turns about the beam along v and u, in radians, shape (grains, 2).
    strains
        For each grain, how much its lattice is stretched along v and u, shape (grains, 2).
    wave
        Phase of the rod's wavy edge, in radians.
    """

    centres: _Array
    spots: tuple[_Array, ...]
    bends: _Array
    strains: _Array
    wave: float

    @classmethod
    def grown(cls, seed: int) -> CrystalRod:
        """Grow a rod; the same seed gives the same rod."""
        rng = np.random.default_rng([seed, 0])
        centres = _spread(rng, _GRAINS, low=(0.15, 0.08), high=(0.85, 0.92), apart=0.2)
        counts = [1 + number % 3 for number in range(_GRAINS)]
        places = _spread(rng, sum(counts), low=(0.09, 0.09), high=(0.91, 0.91), apart=0.13, around=0.12)
        widths = rng.uniform(0.007, 0.010, len(places))
        heights = 350 * 8 ** rng.permutation(np.linspace(0, 1, len(places)))
        table = np.column_stack([places, widths, heights])
        spots = tuple(np.split(table, np.cumsum(counts)[:-1]))
        bends = rng.choice([-1.0, 1.0], (_GRAINS, 2)) * rng.uniform(0.08, 0.2, (_GRAINS, 2))
        strains = rng.uniform(-0.02, 0.02, (_GRAINS, 2))
        return cls(centres, spots, bends, strains, float(rng.uniform(0, 2 * np.pi)))

    def spots_at(self, v: float, u: float) -> Iterator[Spot]:
        """Give the spots that the detector sees when the beam hits the sample at one place; none beside the rod."""
        grain, share = self._grain_at(v, u)
        if share <= 0:
            return
        away = np.array([v, u]) - self.centres[grain]
        turn, stretch = self.bends[grain] @ away, 1 + self.strains[grain] @ away
        matrix = stretch * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        for y, x, width, height in self.spots[grain]:
            moved = _BEAM + matrix @ (np.array([y, x]) - _BEAM)
            yield Spot(float(moved[0]), float(moved[1]), float(width), float(height * share))

    def _grain_at(self, v: float, u: float) -> tuple[int, float]:
        """Give the grain at a place, and which share of it the beam hits: 1 inside, less at its border, 0 outside."""
        distances = np.hypot(*(self.centres - np.array([v, u])).T)
        nearest, second = np.argsort(distances, kind="stable")[:2]
        inside = 3 * float(distances[second] - distances[nearest]) + 0.25
        middle = 0.5 + 0.05 * np.sin(5 * u + self.wave)
        thickness = 1 - (float(v - middle) / 0.47) ** 2
        tip = (u - 0.03) / 0.1
        return int(nearest), float(np.sqrt(np.clip(min(inside, 1.6 * thickness, tip), 0, 1)))


def _spread(rng: np.random.Generator, count: int, *, low: Any, high: Any, apart: float, around: float = 0) -> _Array:
    """Give random places (count, 2) that keep a distance from each other, and from the middle."""
    places: list[_Array] = []
    while len(places) < count:
        place = rng.uniform(low, high)
        others = np.array([*places, place + 1])
        if np.hypot(*(others - place).T).min() >= apart and np.hypot(*(place - _BEAM)) >= around:
            places.append(place)
        apart *= 0.9995  # so that a crowded rod is grown too
    return np.array(places)
