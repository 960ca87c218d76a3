"""The experiments that can be simulated, and the ready graph for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from headrace.engine.documents.simulated.edge_scan import simulate_edge_scan
from headrace.engine.documents.simulated.grid_scan import simulate_crystal_rod
from headrace.engine.documents.simulated.pump_probe import simulate_pump_probe
from headrace.engine.documents.simulated.shots import simulate_shots
from headrace.engine.documents.simulated.temperature_ramp import simulate_powder_ramp

__all__ = ["Experiment", "experiments"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment without a beamline.

    Attributes
    ----------
    simulate
        Gives its documents, run after run; the last run is the one to analyse.
    graph
        Name of the ready graph for it.
    story
        What was recorded, in a few words.
    detector
        What recorded it.
    shows
        What the graph makes of it.
    tries
        Node types worth reading about, then parameters worth changing, as ``node.parameter=value``.
    """

    simulate: Callable[[], Iterator[tuple[str, dict[str, Any]]]]
    graph: str
    story: str
    detector: str
    shows: str
    tries: tuple[str, ...] = ()


_GRID = "a grid scan over a crystal rod: 9 x 13 points, 3 frames each"
_DEXELA = "dexela, 256 x 256 pixels"
_ALL = (
    Experiment(
        simulate_crystal_rod,
        "crystal_mapping",
        _GRID,
        _DEXELA,
        "Bragg peaks, tracks, and a map of each crystal",
        ("locate", "peaks.minmass=4000", "tracks.memory=0"),
    ),
    Experiment(
        simulate_crystal_rod,
        "crystal_windows",
        _GRID,
        _DEXELA,
        "a map of each crystal, measured in windows of the detector",
        ("crystal_windows", "windows.number=6", "windows.half_width=10"),
    ),
    Experiment(
        simulate_powder_ramp,
        "xpd_reduction",
        "nickel powder heated from 300 K to 1000 K: 12 points, 2 frames each",
        "pe1, 512 x 512 pixels",
        "powder patterns without dark and background",
    ),
    Experiment(
        simulate_shots,
        "sacla_shots",
        "400 shots on an iron foil at 30 Hz",
        "mpccd, 128 x 64 pixels",
        "mean and brightest images, histograms, profile and spectrum",
    ),
    Experiment(
        simulate_pump_probe,
        "sacla_roi",
        "1200 shots, laser on and off, at delays from -2 ps to 3 ps",
        "mpccd, 48 x 64 pixels",
        "a Bragg peak over the delay, laser on against off",
    ),
    Experiment(
        simulate_edge_scan,
        "point_detectors",
        "2440 shots over the iron K edge, laser on and off",
        "three diodes, no images",
        "absorption over energy, and what correlates with what",
    ),
)


def experiments() -> Mapping[str, Experiment]:
    """Give the experiments, by the name of the ready graph.

    Examples
    --------
    >>> sorted(experiments())[:2]
    ['crystal_mapping', 'crystal_windows']
    """
    return MappingProxyType({experiment.graph: experiment for experiment in _ALL})
