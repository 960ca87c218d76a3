"""The detector: from spots to frames of counts, with dark current, hot pixels, air scatter and noise."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from headrace.engine.documents.simulated.rod import Spot

__all__ = ["Detector"]

_PEDESTAL = 90.0
_AIR = 70.0
_HOT_PIXELS = 14


class Detector:
    """A square area detector with 16-bit pixels.

    Parameters
    ----------
    size
        Pixels along each side.
    seed
        Decides where its hot pixels are, and its noise.
    """

    def __init__(self, size: int, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        axis = np.linspace(-0.5, 0.5, size, dtype=np.float32)
        modules = 4 * np.sin(2 * np.pi * 3 * axis)[:, None] + 3 * np.cos(2 * np.pi * 5 * axis)[None, :]
        self._seed = seed
        self.dark: npt.NDArray[np.float32] = (_PEDESTAL + modules).astype(np.float32)
        """Counts without beam: a pedestal, a fixed pattern, and pixels that are always too bright."""
        hot = rng.integers(0, size, (2, _HOT_PIXELS))
        self.dark[hot[0], hot[1]] += rng.uniform(200, 2000, _HOT_PIXELS).astype(np.float32)
        distance = axis[:, None] ** 2 + axis[None, :] ** 2
        self.light = self.dark + np.float32(_AIR) * np.exp(-distance / np.float32(2 * 0.24**2))
        """Counts with beam but no crystal in it: the dark and the glow of the air around the beam."""

    def expose_dark(self, frames: int) -> npt.NDArray[np.uint16]:
        """Give frames with the shutter closed, shape (frames, size, size)."""
        return self._counts(self.dark, frames, point=0)

    def expose(self, spots: Iterable[Spot], frames: int, point: int) -> npt.NDArray[np.uint16]:
        """Give frames of spots, shape (frames, size, size); the noise depends on the seed and the point's number."""
        expected = self.light.copy()
        for spot in spots:
            _add(expected, spot)
        return self._counts(expected, frames, point)

    def _counts(self, expected: npt.NDArray[np.float32], frames: int, point: int) -> npt.NDArray[np.uint16]:
        """Add shot noise: normal with the variance of Poisson's, from which it can't be told above 50 counts.

        It takes a fifth of the time of drawing from Poisson's distribution.
        """
        rng = np.random.default_rng([self._seed, 2, point])
        counts = rng.standard_normal((frames, *expected.shape), dtype=np.float32)
        counts *= np.sqrt(expected)
        counts += expected + np.float32(0.5)
        return np.clip(counts, 0, 65535, out=counts).astype(np.uint16)


def _add(expected: npt.NDArray[np.float32], spot: Spot) -> None:
    """Add a round Gaussian spot, computed only where it counts."""
    size = len(expected)
    y, x, width = spot.y * size, spot.x * size, max(spot.width * size, 1.0)
    reach = int(5 * width) + 1
    rows = np.arange(max(int(y) - reach, 0), min(int(y) + reach + 1, size))
    columns = np.arange(max(int(x) - reach, 0), min(int(x) + reach + 1, size))
    across = np.exp(-((rows - y) ** 2) / (2 * width**2))[:, None] * np.exp(-((columns - x) ** 2) / (2 * width**2))
    expected[rows[:, None], columns] += (spot.height * across).astype(np.float32)
