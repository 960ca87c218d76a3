"""Crystal mapping, written in Python: the same graph as in ``crystal_mapping.yaml``, where it is explained.

Run it like the file, or change it first::

    from headrace.graphs.crystal_mapping import graph
    mine = graph.set({"frames.field": "eiger_image", "dark.field": "eiger_image", "peaks.diameter": 15})
"""

from __future__ import annotations

from headrace.engine.model.graph import Graph
from headrace.engine.model.wiring import named
from headrace.nodes import accumulate, average, crystal_map, dark, dark_subtract, link, locate, source

__all__ = ["graph"]

frames = named("frames", source(stream="primary", field="dexela_image"))
empty = named("dark", dark(key="sc_dk_field_uid", field="dexela_image", missing="error"))
mean = named("mean", average(frames))
clean = named("clean", dark_subtract(mean, empty, clip=0))

peaks = locate(clean, diameter=11, separation=20, minmass=1500, percentile=0)
tracks = link(peaks, search_range=6, memory=26)  # two rows of the scan
maps = crystal_map(tracks)
brightest = accumulate(clean, how="max")

graph = Graph(
    "crystal-mapping",
    description="Bragg peaks of a grid scan, linked from point to point and mapped onto the grid.",
).keep(peaks=peaks, tracks=tracks, maps=maps, grains=maps.grains, brightest=brightest)
