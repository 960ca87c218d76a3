"""A simulated absorption edge, seen by point detectors only, shot by shot, with and without a laser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from headrace.engine.documents.simulated.free_electron_laser import RATE, run_start
from headrace.engine.model.errors import UsageError

__all__ = ["EDGE", "absorption_at", "simulate_edge_scan"]

Document = tuple[str, dict[str, Any]]

EDGE = 7.112
"""The iron K edge, in keV."""
_SHIFT = 0.0012  # keV: so far does the laser move the edge
_ENERGIES = 61
_SHOTS_AT_ONE_ENERGY = 40


class _Shots(NamedTuple):
    energies: npt.NDArray[np.float64]
    laser: npt.NDArray[np.int64]
    beam: npt.NDArray[np.int64]
    pulse: npt.NDArray[np.float64]
    readings: npt.NDArray[np.float64]


def absorption_at(energy: Any, *, excited: bool = False) -> Any:
    """Give what the fluorescence diode sees per pulse energy, at photon energies in keV: an edge with its features."""
    e = 1e3 * (np.asarray(energy, dtype=float) - EDGE - (_SHIFT if excited else 0.0))
    edge = 0.5 + np.arctan((e - 9) / 1.8) / np.pi
    before = 0.07 * np.exp(-(((e - 1.5) / 1.2) ** 2)) * (0.4 if excited else 1.0)
    white = 0.45 * np.exp(-(((e - 13.5) / 3.2) ** 2))
    waves = 0.10 * np.sin((e - 13.5) / 4.2) * np.exp(-np.clip(e - 13.5, 0, None) / 18) * (e > 13.5)
    return 0.05 + edge + before + white + waves


def simulate_edge_scan(
    shots: int = _ENERGIES * _SHOTS_AT_ONE_ENERGY,
    *,
    seed: int = 2026,
    began: float = 1_772_697_600.0,
    fresh: bool = False,
) -> Iterator[Document]:
    """Scan the iron K edge by point detectors, and give the documents one by one.

    One run comes; each event is a shot at 30 Hz, without any image: the photon energy of the monochromator (keV),
    the charge in the two diodes above and below the beam that measure its strength (``i0_upper``, ``i0_lower``, nC)
    and in the diode that sees the fluorescence (``pd``, nC), whether the laser shone (every other shot), and whether
    there were X-rays. The laser moves the edge to higher energies and weakens the peak before it.

    Parameters
    ----------
    shots
        Shots of the run: 40 at each of 61 energies.
    seed
        Decides on everything that is random.
    began
        When the run starts, in seconds since 1970.
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
    >>> names = [name for name, doc in simulate_edge_scan(80)]
    >>> names.count("start"), names.count("event")
    (1, 80)
    """
    if shots < 1:
        problem = f"expected at least 1 shot, got {shots=}"
        raise UsageError(problem)
    return _documents(shots, seed, began, fresh)


def _documents(shots: int, seed: int, began: float, fresh: bool) -> Iterator[Document]:
    from headrace.engine.documents.simulated.composing import Recorder
    from headrace.engine.documents.simulated.keys import integer_key, number_key

    recorder = Recorder(began, None if fresh else repr(("edge", shots, seed, began)))
    yield recorder.open(run_start(731550, shots, ["pd"], sample_name="iron complex in water"))[1]
    keys = {
        "tag": integer_key("tag"),
        "mono": number_key("xfel_bl_3_tc_mono_1/energy", "keV", 5),
        "laser_on": integer_key("xfel_bl_3_lh1_shutter_1_open_valid/status"),
        "beam_on": integer_key("xfel_mon_bpm_bl3_0_3_beamstatus/summary"),
        "i0_upper": number_key("xfel_bl_3_st_3_pd_user_7_fitting_peak/charge", "nC", 5),
        "i0_lower": number_key("xfel_bl_3_st_3_pd_user_8_fitting_peak/charge", "nC", 5),
        "pd": number_key("xfel_bl_3_st_3_pd_user_9_fitting_peak/charge", "nC", 5),
    }
    described = {name: {**key, "object_name": name} for name, key in keys.items()}
    yield recorder.describe(described, {name: [name] for name in keys}, {})
    drawn = _drawn(shots, seed)
    for number in range(shots):
        yield recorder.record(_shot(drawn, number), busy=1 / RATE)
    yield recorder.close()


def _drawn(count: int, seed: int) -> _Shots:
    rng = np.random.default_rng([seed, 41])
    steps = np.arange(count) // _SHOTS_AT_ONE_ENERGY % _ENERGIES
    energies = np.round(7.1 + 0.001 * steps, 6)
    laser = (np.arange(count) % 2).astype(np.int64)
    beam = (rng.random(count) > 0.04).astype(np.int64)
    pulse = beam * rng.gamma(4, 1 / 4, count)  # a monochromator lets a few of many spikes through: it flickers
    absorbed = np.where(laser, absorption_at(energies, excited=True), absorption_at(energies))
    tilt = rng.normal(0, 0.05, count)  # the beam moves up and down: the two diodes see that against each other
    true = np.column_stack([2.0 * pulse * (1 + tilt), 2.2 * pulse * (1 - tilt), 1.5 * pulse * absorbed])
    noise = rng.normal(0, [0.01, 0.01, 0.012], true.shape) * (1 + np.sqrt(true))
    return _Shots(energies, laser, beam, pulse, np.round(true + noise, 6))


def _shot(drawn: _Shots, number: int) -> dict[str, Any]:
    upper, lower, fluorescence = drawn.readings[number].tolist()
    return {
        "tag": 170_118_000 + 2 * number,
        "mono": float(drawn.energies[number]),
        "laser_on": int(drawn.laser[number]),
        "beam_on": int(drawn.beam[number]),
        "i0_upper": upper,
        "i0_lower": lower,
        "pd": fluorescence,
    }
