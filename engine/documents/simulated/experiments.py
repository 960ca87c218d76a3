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
    node_type
        The node type that does most of the work.
    tries
        Parameters worth changing, as ``node.parameter=value``.
    """

    simulate: Callable[[], Iterator[tuple[str, dict[str, Any]]]]
    graph: str
    story: str
    detector: str
    node_type: str
    tries: tuple[str, ...]


_GRID = "a grid scan over a crystal rod: 9 x 13 points, 3 frames each"
_DEXELA = "dexela, 256 x 256 pixels"
_ALL = (
    Experiment(
        simulate_crystal_rod,
        "crystal_mapping",
        _GRID,
        _DEXELA,
        "locate",
        ("peaks.minmass=4000", "tracks.memory=0"),
    ),
    Experiment(
        simulate_crystal_rod,
        "crystal_windows",
        _GRID,
        _DEXELA,
        "crystal_windows",
        ("windows.number=6", "windows.half_width=10"),
    ),
    Experiment(
        simulate_powder_ramp,
        "xpd_reduction",
        "nickel powder heated from 300 K to 1000 K: 12 points, 2 frames each",
        "pe1, 512 x 512 pixels",
        "integrate",
        ("clean.scale=0.9", "corrected.factor=0"),
    ),
    Experiment(
        simulate_shots,
        "sacla_shots",
        "400 shots on an iron foil at 30 Hz",
        "mpccd, 128 x 64 pixels",
        "top_shots",
        ("cut.below=3000", "brightest.k=8"),
    ),
    Experiment(
        simulate_pump_probe,
        "sacla_roi",
        "1200 shots, laser on and off, at delays from -2 ps to 3 ps",
        "mpccd, 48 x 64 pixels",
        "binned",
        ("peak.box=[18,27,32,44]", "delay.t0=79.9"),
    ),
    Experiment(
        simulate_edge_scan,
        "point_detectors",
        "2440 shots over the iron K edge, laser on and off",
        "three diodes, no images",
        "binned",
        ("lit.where=i0 > 1", "diodes.bins=60"),
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
