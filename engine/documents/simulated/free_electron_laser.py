"""What the simulated runs at a free-electron laser share: how they start, pulses, and a detector tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from headrace.engine.documents.simulated.composing import Recorder

__all__ = ["EV_PER_ADU", "GAIN", "RATE", "Tile", "dark_run", "run_start"]

_Image = npt.NDArray[np.float64]

RATE = 30.0
"""Shots per second."""
GAIN = 17.756
"""Electrons per detector unit (ADU); an electron stands for 3.65 eV."""
EV_PER_ADU = GAIN * 3.65
_NOISE = 3.0  # ADU


@dataclass(frozen=True)
class Tile:
    """A small tile of a charge-coupled detector that integrates over each pulse.

    Parameters
    ----------
    shape
        Pixels, (ny, nx).
    seed
        Decides on its pattern, and on the noise.
    photon
        Energy of a photon, in eV.
    """

    shape: tuple[int, int]
    seed: int
    photon: float

    def dark(self) -> _Image:
        """Give the mean reading without light, in ADU: an offset, a gradient, and some warm pixels."""
        rng = np.random.default_rng([self.seed, 11])
        rows, columns = np.indices(self.shape)
        reading: _Image = 58 + 0.05 * rows + 2 * np.sin(columns / 5.0)
        warm = tuple(rng.integers(0, side, 9) for side in self.shape)
        reading[warm] += rng.uniform(20, 90, 9)
        return reading

    def read(self, photons: _Image, number: int) -> npt.NDArray[np.uint16]:
        """Give a reading in ADU of a pulse that brings so many photons per pixel on average."""
        rng = np.random.default_rng([self.seed, 12, number])
        caught = rng.poisson(photons) if photons.any() else np.zeros(self.shape)
        reading = self.dark() + caught * (self.photon / EV_PER_ADU) + rng.normal(0, _NOISE, self.shape)
        return np.clip(reading + 0.5, 0, 65535).astype(np.uint16)


def run_start(number: int, shots: int, detectors: Sequence[str], **more: Any) -> dict[str, Any]:
    """Give the metadata of a run."""
    return {
        "scan_id": number,
        "plan_name": "collect_shots",
        "plan_type": "generator",
        "beamline": "BL3",
        "hightag": 202601,
        "detectors": list(detectors),
        "motors": [],
        "num_points": shots,
        "hints": {"dimensions": [[["time"], "primary"]]},
        **more,
    }


def dark_run(
    recorder: Recorder, tile: Tile, key: Mapping[str, Any], shots: int, start: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a run of shots without light: the documents after its start, which is `start`."""
    (field,) = key
    yield "start", dict(start)
    yield recorder.describe(key, {"mpccd": [field]}, configuration())
    nothing = np.zeros(tile.shape)
    for number in range(shots):
        yield recorder.record({field: tile.read(nothing, 1_000_000 + number)}, busy=1 / RATE)
    yield recorder.close()


def configuration() -> dict[str, tuple[Any, str, str]]:
    """Give the settings of the detector."""
    return {"mpccd_absgain": (GAIN, "number", "electron/ADU")}
