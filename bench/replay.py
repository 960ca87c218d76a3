"""What a replay saves, and what keeping a cache costs, on a grid scan: each figure as a ratio within one run.

A scan is simulated and stored. It is then analysed point by point in two ways at once, without and with a cache, so
that a busy machine disturbs both alike: the difference in CPU time is the cost of keeping. Then it is replayed with
nothing changed, with another ``search_range`` of the linking, and with another ``percentile`` of the peak search.

Two references: the full run of this engine as it is today, and plain numpy and trackpy on some of the points, scaled
to all of them. All are CPU seconds: a busy machine stretches them less, and reading from the disk counts for nothing.

    python bench/replay.py            # 96 points of 5 frames of 2048 x 2048: takes minutes, and 8 GB of disk
    python bench/replay.py --small    # 24 points of 3 frames of 256 x 256
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from headrace.engine.documents.simulated.grid_scan import simulate_crystal_rod
from headrace.engine.documents.store import FolderStore
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.graphs import open_graph
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.replay import replay
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import Event
from headrace.engine.runtime.cache_disk import open_store

SETTINGS = {
    "peaks.diameter": 15,
    "peaks.separation": 100,
    "peaks.percentile": 80,
    "peaks.minmass": 0,
    "tracks.search_range": 50,
    "tracks.memory": 0,
}
GOALS = {"search_range": 50, "search_range, naive": 500, "nothing": 200, "percentile": 1.4, "cost": 0.03}


def store_scan(folder: Path, shape: tuple[int, int], frames: int, size: int) -> Any:
    with FolderStoreWriter(folder) as write:
        for name, doc in simulate_crystal_rod(shape, frames=frames, size=size, dark_frames=frames):
            write(name, doc)
    return next(run for run in FolderStore(folder) if not run.start.get("dark_frame"))


def crystal_graph(keeps_images: bool) -> Graph:
    graph = open_graph("crystal_mapping")[0].set(SETTINGS)
    if not keeps_images:
        return graph
    return replace(graph, nodes={**graph.nodes, "clean": replace(graph.nodes["clean"], cache="always")})


def nowhere(name: str, doc: Any) -> None:
    """Take documents and forget them: every run below gives its result to one such."""


def analyse(run: Any, graph: Graph, cache: Any) -> dict[str, float]:
    """Run the graph without and with a cache, point by point in turn; give CPU seconds of each."""
    spent = {"plain": 0.0, "keeping": 0.0, "others": 0.0}
    with Job(graph, to=[nowhere]) as plain, Job(graph, to=[nowhere], cache=cache) as keeping:
        for records in zip(run.records(), run.records(), strict=True):
            swap = isinstance(records[0], Event) and records[0].key.seq_num % 2
            for job, record in [(plain, records[0]), (keeping, records[1])][:: -1 if swap else 1]:
                own, whole = time.thread_time(), time.process_time()
                job.feed(record)
                own = time.thread_time() - own
                spent["plain" if job is plain else "keeping"] += own
                spent["others"] += time.process_time() - whole - own
        whole = time.process_time()
        cache.flush()
        spent["others"] += time.process_time() - whole
    return spent


def naive(run: Any, points: int) -> float:
    """Seconds per point of plain numpy and trackpy, with the parameters of the graph."""
    import numpy as np
    import trackpy

    trackpy.quiet()
    warnings.simplefilter("ignore")
    dark_run = FolderStore(run.path.parent.parent).find(str(run.start["sc_dk_field_uid"]))
    dark = np.mean([event.data["dexela_image"].mean(axis=0) for event in dark_run.events("primary")], axis=0)
    found = []
    spread = list(run.events("primary"))[:: int(run.start["num_points"]) // points]
    began = time.process_time()
    for number, event in enumerate(spread):
        clean = np.clip(event.data["dexela_image"].mean(axis=0) - dark, 0, None)
        settings = {name.partition(".")[2]: value for name, value in SETTINGS.items() if name.startswith("peaks.")}
        found.append(trackpy.locate(clean, **settings).assign(frame=number))
    import pandas as pd

    trackpy.link(pd.concat([table for table in found if len(table)]), SETTINGS["tracks.search_range"])
    return (time.process_time() - began) / len(spread)


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Median CPU seconds."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def percentile_only(run: Any, graph: Graph, folder: Path) -> float:
    """Seconds of a replay with another percentile, where the images it is searched in were kept."""
    store = open_store(folder, 8 << 30)
    replay(run, graph, to=nowhere, cache=store)
    store.flush()
    values = iter((70.0, 75.0, 85.0))
    return timed(lambda: replay(run, graph, {"peaks.percentile": next(values)}, nowhere, cache=store), 3)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--naive", type=int, default=12, metavar="POINTS")
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
    shape, frames, size = ((4, 6), 3, 256) if given.small else ((8, 12), 5, 2048)
    points = shape[0] * shape[1]
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        folder = Path(scratch)
        run = store_scan(folder / "raw", shape, frames, size)
        graph = crystal_graph(keeps_images=False)
        replay(run, graph, to=nowhere, events="1:2", cache=None)  # loads what is loaded once per program
        cache = open_store(folder / "cache")
        spent = analyse(run, graph, cache)
        full, by_hand = spent["plain"], naive(run, min(given.naive, points)) * points
        nothing = timed(lambda: replay(run, graph, to=nowhere, cache=cache), 5)
        ranges = iter((40.0, 42.0, 44.0, 46.0, 48.0))
        linked = timed(lambda: replay(run, graph, {"tracks.search_range": next(ranges)}, nowhere, cache=cache), 5)
        reuse = replay(run, graph, {"tracks.search_range": 50.5}, nowhere, cache=cache).reuse
        searched = percentile_only(run, crystal_graph(keeps_images=True), folder / "images")
    cost = (spent["keeping"] - spent["plain"] + spent["others"]) / spent["plain"]
    print(f"{points} points of {frames} x {size}^2: CPU seconds: full run {full:.2f}, numpy and trackpy {by_hand:.2f}")
    ratios = {
        "nothing": (nothing, full / nothing),
        "search_range": (linked, full / linked),
        "search_range, naive": (linked, by_hand / linked),
        "percentile": (searched, full / searched),
    }
    for name, (seconds, ratio) in ratios.items():
        print(f"{name:<22}{seconds * 1e3:>10.1f} ms{ratio:>10.1f} x   (goal {GOALS[name]})")
    own = sum(node.seconds for node in reuse.nodes)
    print(
        f"of the replay with another search_range, {own * 1e3:.1f} ms are the work of link and crystal_map themselves"
    )
    print(f"{'cost of keeping':<22}{cost:>23.2%}   (goal {GOALS['cost']:.0%})")
    reached = all(ratio >= GOALS[name] for name, (_, ratio) in ratios.items()) and cost <= GOALS["cost"]
    sys.exit(0 if reached or given.small else 1)


if __name__ == "__main__":
    main()
