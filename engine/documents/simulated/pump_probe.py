"""A simulated pump-probe run: a laser excites the sample, and X-rays look at it a little later, shot by shot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

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

__all__ = ["PS_PER_MICROMETRE", "TIME_ZERO", "change_at", "simulate_pump_probe"]

Document = tuple[str, dict[str, Any]]

_IMAGE = "mpccd"
_SHAPE = (48, 64)
_PHOTON = 10_000.0  # eV
PS_PER_MICROMETRE = 6.671281904e-3
"""A stage that moves by so much makes the path of the light longer by twice that."""
TIME_ZERO = 80.0
"""Where the pulses overlap, in ps on the scale of the stage."""
_DIP, _RISE, _LIFE, _STAYS = 0.32, 0.18, 1.4, 0.5
_SHOTS_AT_ONE_DELAY = 30


class _Shots(NamedTuple):
    delays: npt.NDArray[np.floating[Any]]
    laser: npt.NDArray[np.int64]
    beam: npt.NDArray[np.int64]
    i0: npt.NDArray[np.floating[Any]]


def change_at(delay: Any) -> Any:
    """Give the relative change of the Bragg peak at delays in ps: it falls, and recovers in part."""
    delay = np.asarray(delay, dtype=float)
    after = np.clip(delay, 0, None)
    started = 0.5 * (1 + np.tanh(1.2 * delay / _RISE))
    return -_DIP * started * (_STAYS + (1 - _STAYS) * np.exp(-after / _LIFE))


def simulate_pump_probe(
    shots: int = 1200,
    *,
    dark_shots: int = 30,
    seed: int = 2026,
    began: float = 1_772_697_600.0,
    fresh: bool = False,
) -> Iterator[Document]:
    """Follow a Bragg peak after a laser pulse, and give the documents one by one.

    Two runs come: shots without light (``dark_frame: True``), and the run, which names them under
    ``sc_dk_field_uid``. Each event of the run is a shot at 30 Hz: the reading of a detector tile (ADU, uint16),
    the delay stage in micrometres, whether the laser shone (``laser_on``, two shots of three), whether there were
    X-rays (``beam_on``), and the pulse energy ``i0`` in microjoules. Delays of -2 ps to 3 ps are visited in steps of
    0.125 ps. A shot without X-rays has an ``i0`` near 0.

    Parameters
    ----------
    shots
        Shots of the run, 30 at each delay; after the last delay the stage starts anew.
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
        If there would be no shot.

    Examples
    --------
    >>> names = [name for name, doc in simulate_pump_probe(20, dark_shots=3)]
    >>> names.count("start"), names.count("event")
    (2, 23)
    """
    if min(shots, dark_shots) < 1:
        problem = f"expected at least 1 shot, got {shots=}, {dark_shots=}"
        raise UsageError(problem)
    return _documents(shots, dark_shots, seed, began, fresh)


def _documents(shots: int, dark_shots: int, seed: int, began: float, fresh: bool) -> Iterator[Document]:
    from headrace.engine.documents.simulated.composing import Recorder
    from headrace.engine.documents.simulated.keys import image_key, integer_key, number_key

    origin = None if fresh else repr(("pump-probe", shots, dark_shots, seed, began))
    recorder, tile = Recorder(began, origin), Tile(_SHAPE, seed, _PHOTON)
    image = {_IMAGE: {**image_key("MPCCD-1N0-M02-006", _SHAPE, "ADU"), "object_name": _IMAGE}}

    about = {"dark_frame": True, "sample_name": "dark"}
    dark, (_, start) = recorder.open(run_start(604117, dark_shots, [_IMAGE], **about))
    yield from dark_run(recorder, tile, image, dark_shots, start)

    about = {"sc_dk_field_uid": dark, "sample_name": "Bi film"}
    yield recorder.open(run_start(604118, shots, [_IMAGE], **about))[1]
    keys = {
        "tag": integer_key("tag"),
        "delay_stage": number_key("xfel_bl_3_st_1_motor_73/position", "um", 3),
        "laser_on": integer_key("xfel_bl_3_lh1_shutter_1_open_valid/status"),
        "beam_on": integer_key("xfel_mon_bpm_bl3_0_3_beamstatus/summary"),
        "i0": number_key("xfel_bl_3_st_4_pd_user_fitting_peak/voltage", "uJ", 3),
    }
    objects = {name: [name] for name in keys} | {_IMAGE: [_IMAGE]}
    described = {name: {**key, "object_name": name} for name, key in keys.items()}
    yield recorder.describe({**described, **image}, objects, configuration())
    drawn = _drawn(shots, seed)
    for number in range(shots):
        yield recorder.record(_shot(drawn, number, tile), busy=1 / RATE)
    yield recorder.close()


def _drawn(count: int, seed: int) -> _Shots:
    rng = np.random.default_rng([seed, 31])
    steps = np.arange(count) // _SHOTS_AT_ONE_DELAY % 40
    delays = -1.9375 + 0.125 * steps
    laser = (np.arange(count) % 3 != 2).astype(np.int64)
    beam = (rng.random(count) > 0.03).astype(np.int64)
    i0 = np.where(beam, 350 * rng.gamma(8, 1 / 8, count), rng.normal(0, 0.002, count))
    return _Shots(delays, laser, beam, np.round(i0, 3))


def _shot(drawn: _Shots, number: int, tile: Tile) -> dict[str, Any]:
    delay, laser = float(drawn.delays[number]), int(drawn.laser[number])
    height = 1 + (float(change_at(delay)) if laser else 0.0)
    light = float(drawn.beam[number]) * max(float(drawn.i0[number]), 0.0) / 350
    return {
        "tag": 168_910_000 + 2 * number,
        "delay_stage": round((delay + TIME_ZERO) / PS_PER_MICROMETRE, 3),
        "laser_on": laser,
        "beam_on": int(drawn.beam[number]),
        "i0": float(drawn.i0[number]),
        _IMAGE: tile.read(light * _pattern(height), number),
    }


def _pattern(height: float) -> npt.NDArray[np.float64]:
    """Give the photons per pixel: a Bragg peak of some height, and diffuse light."""
    rows, columns = np.indices(_SHAPE)
    peak = 6.0 * np.exp(-(((rows - 22.3) / 2.6) ** 2 + ((columns - 37.6) / 3.4) ** 2) / 2)
    total: npt.NDArray[np.float64] = height * peak + 0.02
    return total
