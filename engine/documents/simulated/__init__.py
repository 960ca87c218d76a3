"""Simulated experiments as real bluesky documents: for the demo, for tests, and to try a graph before beamtime."""

from __future__ import annotations

from headrace.engine.documents.simulated.grid_scan import simulate_crystal_rod

__all__ = ["simulate_crystal_rod"]
