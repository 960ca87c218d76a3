"""The ready graph for crystal mapping: sound, the same in YAML and Python, and right on the simulated scan."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace.graphs
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.simulated.rod import CrystalRod
from headrace.engine.model.check import check
from headrace.engine.model.graph import Graph
from headrace.engine.view import render, to_text
from headrace.graphs.crystal_mapping import graph as written_in_python

SHAPE, SIZE, SEED = (9, 13), 256, 2026


@pytest.fixture(scope="module")
def path() -> Path:
    return Path(str(files(headrace.graphs).joinpath("crystal_mapping.yaml")))


def test_the_check_finds_no_fault(path: Path) -> None:
    assert check(path) == []
    assert check(written_in_python) == []


def test_yaml_and_python_are_the_same_graph(path: Path) -> None:
    graph = Graph.read(path)
    assert graph == written_in_python
    assert graph.digest() == written_in_python.digest()


def test_the_example_in_its_comment_is_a_sound_graph(path: Path, tmp_path: Path) -> None:
    comment = [
        line.removeprefix("#").removeprefix("     ")
        for line in path.read_text().splitlines()
        if line.startswith("#     ")
    ]
    mine = tmp_path / "mine.yaml"
    mine.write_text("\n".join(comment))
    assert check(mine) == []
    assert Graph.read(mine).nodes["peaks"].parameters["diameter"] == 15


def test_every_line_to_change_is_marked(path: Path) -> None:
    assert path.read_text().count("CHANGE:") == 7


def test_it_can_be_shown(path: Path) -> None:
    assert "✗" not in to_text(render(Graph.read(path)))


def true_spots() -> list[list[tuple[float, float]]]:
    """Give where the spots of each event are, in pixels, in the order of the scan."""
    rod, columns = CrystalRod.grown(SEED), np.linspace(0, 1, SHAPE[1])
    rows = enumerate(np.linspace(0, 1, SHAPE[0]))
    points = [(float(v), float(u)) for row, v in rows for u in (columns[::-1] if row % 2 else columns)]
    return [[(spot.y * SIZE, spot.x * SIZE) for spot in rod.spots_at(v, u)] for v, u in points]


def test_it_finds_the_spots_of_the_simulated_rod_and_one_particle_for_each(path: Path) -> None:
    from headrace import run

    result: Any = run(path, simulate_crystal_rod(SHAPE, size=SIZE, seed=SEED))
    peaks, tracks, truth = result["peaks"], result["tracks"], true_spots()
    expected = sum(map(len, truth))
    near = [
        min(np.hypot(peak.y - y, peak.x - x) for y, x in truth[peak.frame - 1]) < 0.7
        for peak in peaks.itertuples()
        if truth[peak.frame - 1]
    ]
    assert len(near) == len(peaks)
    assert all(near)
    assert len(peaks) > 0.97 * expected
    particles = sum(len(spots) for spots in CrystalRod.grown(SEED).spots)
    assert tracks["particle"].nunique() == particles
    assert result["maps"].shape == (1, particles, *SHAPE)
    assert (result["maps"] > 0).sum() == len(peaks)
    assert result["brightest"].shape == (1, SIZE, SIZE)
