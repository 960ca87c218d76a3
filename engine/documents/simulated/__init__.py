"""Simulated experiments as real bluesky documents: for the demo, for tests, and to try a graph before beamtime."""

from __future__ import annotations

from headrace.engine.documents.simulated.edge_scan import simulate_edge_scan
from headrace.engine.documents.simulated.experiments import Experiment, experiments
from headrace.engine.documents.simulated.grid_scan import simulate_crystal_rod
from headrace.engine.documents.simulated.pump_probe import simulate_pump_probe
from headrace.engine.documents.simulated.shots import simulate_shots
from headrace.engine.documents.simulated.temperature_ramp import simulate_powder_ramp

__all__ = [
    "Experiment",
    "experiments",
    "simulate_crystal_rod",
    "simulate_edge_scan",
    "simulate_powder_ramp",
    "simulate_pump_probe",
    "simulate_shots",
]
