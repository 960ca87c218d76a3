"""A simulated run at a free-electron laser: a foil is moved through the beam, and each pulse is an event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.documents.simulated.free_electron_laser import (
    RATE,
    Tile,
    configuration,
    dark_run,
    run_start,
)
from headrace.engine.model.errors import UsageError

__all__ = ["simulate_shots"]

Document = tuple[str, dict[str, Any]]

_IMAGE = "mpccd"
_STEP = 5e-6  # metres between two shots on the way forward
_FORWARD, _BACK = 60, 15  # shots
_PHOTON = 6400.0  # eV: the iron K alpha line
_CENTRE = (64.0, 32.0)


@dataclass(frozen=True)
class _Pulses:
    """What is known of each shot, one value per shot."""

    shutter: npt.NDArray[np.int64]
    stage: npt.NDArray[np.float64]
    forward: npt.NDArray[np.bool_]
    i0: npt.NDArray[np.float64]
    shine: npt.NDArray[np.float64]

    @classmethod
    def drawn(cls, count: int, seed: int) -> _Pulses:
        rng = np.random.default_rng([seed, 21])
        phase = np.arange(count) % (_FORWARD + _BACK)
        forward = phase <= _FORWARD
        place = np.where(forward, phase * _STEP, (_FORWARD + _BACK - phase) * _FORWARD / _BACK * _STEP)
        stage = place + rng.normal(0, 0.03 * _STEP, count)
        shutter = np.ones(count, dtype=np.int64)
        for first in range(30, count, 97):
            shutter[first : first + 8] = 0
        i0 = 420e-6 * rng.gamma(12, 1 / 12, count)
        # Where the foil was hit before there is a hole; now and then a grain in it shines much brighter.
        shine = np.where(forward, rng.lognormal(0, 0.15, count), 0.15) * np.where(rng.random(count) < 0.02, 3.0, 1.0)
        return cls(shutter, np.round(stage, 9), forward, i0, shine)


def simulate_shots(
    shots: int = 400,
    *,
    shape: tuple[int, int] = (128, 64),
    dark_shots: int = 40,
    seed: int = 2026,
    began: float = 1_772_697_600.0,
    fresh: bool = False,
) -> Iterator[Document]:
    """Record single shots on an iron foil, and give the documents one by one.

    Two runs come: shots without light (``dark_frame: True``), and the run, which names them under
    ``sc_dk_field_uid``. Each event of the run is a shot at 30 Hz: the reading of a detector tile in ADU (uint16),
    in-line, with its tag, the state of the shutter, the stage (metres) and the pulse energy (joules). The stage
    goes 60 steps forward, a fresh spot of the foil for every shot, and then back over used ones; the shutter
    closes now and then. The tile stands behind a bent crystal: it sees the two iron K alpha lines, each photon
    6.4 keV, and a ring of scattered light.

    Parameters
    ----------
    shots
        Shots of the run.
    shape
        Pixels of the tile, (ny, nx).
    dark_shots
        Shots of the dark run.
    seed
        Decides on everything that is random.
    began
        When the dark run starts, in seconds since 1970.
    fresh
        Whether every call gives new uids. Otherwise the same call gives the same documents.

    Yields
    ------
    name, doc
        Name of the document, and the document.

    Raises
    ------
    UsageError
        If there would be no shot, or too small a tile.

    Examples
    --------
    >>> names = [name for name, doc in simulate_shots(20, dark_shots=3)]
    >>> names.count("start"), names.count("event")
    (2, 23)
    """
    if min(shots, dark_shots) < 1 or min(shape) < 16:
        problem = f"expected at least 1 shot and 16 pixels, got {shots=}, {dark_shots=}, {shape=}"
        raise UsageError(problem)
    return _documents(shots, shape, dark_shots, seed, began, fresh)


def _documents(
    shots: int, shape: tuple[int, int], dark_shots: int, seed: int, began: float, fresh: bool
) -> Iterator[Document]:
    from headrace.engine.documents.simulated.composing import Recorder
    from headrace.engine.documents.simulated.keys import image_key, integer_key, number_key

    origin = None if fresh else repr(("shots", shots, tuple(shape), dark_shots, seed, began))
    recorder, tile = Recorder(began, origin), Tile(shape, seed, _PHOTON)
    image = {_IMAGE: {**image_key("MPCCD-1N0-M06-001", shape, "ADU"), "object_name": _IMAGE}}

    about = {"dark_frame": True, "sample_name": "dark"}
    dark, (_, start) = recorder.open(run_start(781203, dark_shots, [_IMAGE], **about))
    yield from dark_run(recorder, tile, image, dark_shots, start)

    about = {"sc_dk_field_uid": dark, "sample_name": "iron foil"}
    yield recorder.open(run_start(781204, shots, [_IMAGE], **about))[1]
    keys = {
        "tag": integer_key("tag"),
        "shutter_open": integer_key("xfel_bl_3_shutter_1_open_valid/status"),
        "stage_x": number_key("xfel_bl_3_st_4_motor_22/position", "m", 9),
        "i0": number_key("xfel_bl_3_tc_bm_2_pd/charge", "J", 9),
    }
    objects = {name: [name] for name in keys} | {_IMAGE: [_IMAGE]}
    described = {name: {**key, "object_name": name} for name, key in keys.items()}
    yield recorder.describe({**described, **image}, objects, configuration())
    pulses, pattern = _Pulses.drawn(shots, seed), _pattern(shape)
    for number in range(shots):
        yield recorder.record(_shot(pulses, number, tile, pattern), busy=1 / RATE)
    yield recorder.close()


def _shot(pulses: _Pulses, number: int, tile: Tile, pattern: npt.NDArray[np.float64]) -> dict[str, Any]:
    light = float(pulses.shutter[number] * pulses.shine[number] * pulses.i0[number] / 420e-6)
    return {
        "tag": 168_204_000 + 2 * number,
        "shutter_open": int(pulses.shutter[number]),
        "stage_x": float(pulses.stage[number]),
        "i0": float(pulses.i0[number]),
        _IMAGE: tile.read(light * pattern, number),
    }


def _pattern(shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Give the photons per pixel of a shot of mean brightness: two lines along the rows, and a broad ring."""
    rows, columns = np.indices(shape)
    energy = rows * 128 / shape[0]
    lines = 0.9 / (1 + ((energy - 78) / 1.6) ** 2) + 0.45 / (1 + ((energy - 90) / 1.6) ** 2)
    away = np.hypot(energy - _CENTRE[0], columns * 64 / shape[1] - _CENTRE[1])
    ring = 0.25 * np.exp(-(((away - 22) / 5) ** 2)) + 0.1 * np.exp(-away / 12)
    total: npt.NDArray[np.float64] = lines + ring + 0.01
    return total
