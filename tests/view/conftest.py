"""Graphs and results to be drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.engine.documents.result import Result
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.run import open_run, run
from headrace.engine.model.graph import Graph, Node

FAILING = """\
headrace: 1
graph: failing
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  lit:    {type: filter, in: mean, where: "1 / (seq_num % 2) < 10"}
  some:   {type: sample, in: mean, every: 2}
  spots:  {type: locate, in: some, diameter: 9, minmass: 100}
  total:  {type: accumulate, in: lit, how: mean}
  bright: {type: roi, in: mean}
  keep:   {type: sink, in: {mean: some, total: total, spots: spots, bright: bright}}
"""


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with a dark run and a scan of 2 x 3 points."""
    store = tmp_path_factory.mktemp("view") / "raw"
    with FolderStoreWriter(store) as write:
        for name, doc in simulate_crystal_rod((2, 3), size=64, frames=2):
            write(name, doc)
    return store


@pytest.fixture(scope="session")
def failed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Give the stored result of a graph in which every second event fails at one node."""
    store = tmp_path_factory.mktemp("results")
    run(Graph.from_yaml(FAILING), f"{raw}/-1", to=store)
    return open_run(f"{store}/-1")


@pytest.fixture(scope="session")
def lanes() -> Graph:
    """Give a graph of 302 nodes: the same five steps for each of sixty regions."""
    nodes = [Node("frames", "source", {}, {"field": "image"})]
    for number in range(60):
        nodes += [
            Node(f"roi_{number}", "crop", {"frame": "frames"}, {"box": [0, 9, 0, 9 + number]}),
            Node(f"mean_{number}", "average", {"frames": f"roi_{number}"}),
            Node(f"peaks_{number}", "locate", {"frame": f"mean_{number}"}, {"diameter": 11}),
            Node(f"tracks_{number}", "link", {"peaks": f"peaks_{number}"}, {"search_range": 4}),
            Node(f"maps_{number}", "crystal_map", {"tracks": f"tracks_{number}"}),
        ]
    nodes.append(Node("keep", "sink", {f"m{number}": f"maps_{number}" for number in range(60)}))
    return Graph("lanes", {node.name: node for node in nodes}, "Sixty regions of one detector")
