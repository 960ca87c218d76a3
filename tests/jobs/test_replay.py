"""Replays give what whole runs give, bit for bit, and compute only what has to be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headrace
from headrace import Graph, Result
from headrace.engine.cli.settings import read_settings
from headrace.engine.documents.simulated import experiments
from headrace.engine.documents.simulated.grid_scan import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.replay import Replayed, replay
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.records import EventKey
from headrace.engine.runtime.cache_memory import MemoryStore

GRAPH = "crystal_mapping"
SMALL = {"peaks.diameter": 7, "peaks.minmass": 300}


def content(result: Result) -> Iterator[tuple[Any, ...]]:
    """All that a result holds, but for what is new each time: uids and times of writing."""
    for stream in result.streams:
        for event in result.events(stream):
            fields = {
                name: (
                    type(value).__name__,
                    getattr(value, "dtype", None),
                    np.shape(value),
                    np.asarray(value).tobytes(),
                )
                for name, value in event.data.items()
                if name != "text"
            }
            configuration = event.descriptor["configuration"].get(stream, {}).get("data")
            yield (stream, event.key.seq_num, event.time, fields, configuration)
    stop = result.stop or {}
    yield (stop["exit_status"], stop["reason"], stop["headrace"]["hashes"], stop["headrace"]["events"])


def same(one: Result, other: Result) -> bool:
    return list(content(one)) == list(content(other))


def computed(replayed: Replayed) -> set[str]:
    return {node.node for node in replayed.reuse.nodes if node.computed}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a dark run and a scan of 3 x 4 points."""
    folder = tmp_path_factory.mktemp("data") / "raw"
    with FolderStoreWriter(folder) as write:
        for name, doc in simulate_crystal_rod((3, 4), size=96, frames=2):
            write(name, doc)
    return folder


@pytest.mark.parametrize("name", sorted(experiments()))
def test_every_ready_graph_is_replayed_bit_for_bit(name: str) -> None:
    if name == "xpd_reduction":
        pytest.importorskip("pyFAI")
    experiment = experiments()[name]
    documents = list(experiment.simulate())
    cache = MemoryStore()
    whole = headrace.run(name, documents, cache=cache)
    nothing = replay(documents, name, cache=cache)
    assert same(nothing.result, whole)
    for text in experiment.tries:
        changes = read_settings([text])
        changed = replay(documents, name, changes, cache=cache)
        assert same(changed.result, headrace.run(name, documents, set=changes))


def test_only_what_is_downstream_of_a_change_is_computed(store: Path) -> None:
    cache = MemoryStore()
    headrace.run(GRAPH, store, set=SMALL, cache=cache)
    again = replay(store, GRAPH, SMALL, cache=cache)
    assert computed(again) == set()
    linked = replay(store, GRAPH, {**SMALL, "tracks.search_range": 9}, cache=cache)
    assert computed(linked) == {"tracks", "maps"}
    counts = (linked.result.stop or {})["headrace"]["nodes"]
    assert (counts["peaks"]["reused"], counts["peaks"]["in"]) == (12, 0)
    assert counts["tracks"] == {"in": 12, "out": 12, "filtered": 0, "failed": 0}


def test_no_data_file_is_opened_for_what_is_found(store: Path, tmp_path: Path) -> None:
    with FolderStoreWriter(tmp_path / "raw") as write:
        for name, doc in simulate_crystal_rod((2, 3), size=96, frames=2, seed=5):
            write(name, doc)
    cache = MemoryStore()
    whole = headrace.run(GRAPH, tmp_path / "raw", set={**SMALL, "tracks.search_range": 9}, cache=cache)
    headrace.run(GRAPH, tmp_path / "raw", set=SMALL, cache=cache)
    for arrays in (tmp_path / "raw").glob("*/arrays.h5"):
        stat = arrays.stat()
        arrays.write_bytes(b"\0" * stat.st_size)
        os.utime(arrays, ns=(stat.st_mtime_ns, stat.st_mtime_ns))  # so that it looks as it did
    replayed = replay(tmp_path / "raw/-1", GRAPH, {**SMALL, "tracks.search_range": 9}, cache=cache)
    assert same(replayed.result, whole)


def test_what_was_kept_of_passing_documents_is_found_when_the_run_is_stored(store: Path) -> None:
    live = list(simulate_crystal_rod((3, 4), size=96, frames=2))
    cache = MemoryStore()
    with Job(GRAPH, set=SMALL, cache=cache) as job:
        job.run_documents(live)
    assert computed(replay(store, GRAPH, SMALL, cache=cache)) == set()


def runs_in(store: Path) -> list[Any]:
    from headrace.engine.documents.store import FolderStore

    return list(FolderStore(store))


def test_the_graph_and_its_parameters_are_those_of_the_result(store: Path, tmp_path: Path) -> None:
    cache = MemoryStore()
    first = headrace.run(GRAPH, store, tmp_path / "results", {**SMALL, "tracks.memory": 3}, cache=cache)
    replayed = replay(tmp_path / "results/-1", cache=cache)
    assert same(replayed.result, first)
    assert computed(replayed) == set()
    assert replayed.result.start["headrace"]["replay"] == {"of": first.uid}
    changed = replay(tmp_path / "results/-1", set={"tracks.memory": 0}, cache=cache)
    assert same(changed.result, headrace.run(GRAPH, store, set={**SMALL, "tracks.memory": 0}))


def test_changes_made_while_it_ran_are_made_again_at_the_same_events(store: Path, tmp_path: Path) -> None:
    cache = MemoryStore()
    run = next(one for one in runs_in(store) if not one.start.get("dark_frame"))
    with Job(GRAPH, set=SMALL, to=[tmp_path / "results"], cache=cache) as job:
        at = EventKey("", "primary", 5)
        job.pipeline.set({"peaks.minmass": 900.0, "tracks.search_range": 3}, at=at, author="ana")
        job.run_stored(run)
    first = headrace.open_run(tmp_path / "results/-1")
    assert len((first.stop or {})["headrace"]["revisions"]) == 2
    replayed = replay(tmp_path / "results/-1", cache=cache)
    assert same(replayed.result, first)
    assert "peaks" not in computed(replayed)
    changed = replay(tmp_path / "results/-1", set={"peaks.percentile": 5}, cache=cache)
    with Job(GRAPH, set={**SMALL, "peaks.percentile": 5}, to=[tmp_path / "others"]) as job:
        job.pipeline.set({"peaks.minmass": 900.0, "tracks.search_range": 3}, at=at)
        job.run_stored(run)
    assert same(changed.result, headrace.open_run(tmp_path / "others/-1"))
    assert headrace.rerun(tmp_path / "results/-1").same


def test_a_node_that_came_in_while_it_ran_is_replayed_too(store: Path, tmp_path: Path) -> None:
    run = next(one for one in runs_in(store) if not one.start.get("dark_frame"))
    from headrace.engine.jobs.graphs import open_graph

    graph = open_graph(GRAPH)[0].set(SMALL)
    text = json.loads(json.dumps(graph.to_dict()))
    text["nodes"]["sum"] = {"type": "accumulate", "in": {"value": "clean"}, "how": "mean"}
    text["nodes"]["keep"]["in"]["sum"] = "sum"
    cache = MemoryStore()
    with Job(graph, to=[tmp_path / "results"], cache=cache) as job:
        job.pipeline.set(Graph.from_yaml(json.dumps(text)), at=EventKey("", "primary", 4))
        job.run_stored(run)
    first = headrace.open_run(tmp_path / "results/-1")
    replayed = replay(tmp_path / "results/-1", cache=cache)
    assert same(replayed.result, first)


def test_some_events_only(store: Path) -> None:
    cache = MemoryStore()
    headrace.run(GRAPH, store, set=SMALL, cache=cache)
    part = replay(store, GRAPH, SMALL, events="3:7", cache=cache)
    assert [event.data["raw_seq_num"] for event in part.result.events("peaks")] == [3, 4, 5, 6, 7]
    assert "peaks" not in computed(part)
    assert {"tracks", "maps"} <= computed(part)  # what remembers began elsewhere
    with pytest.raises(UsageError, match="10:20"):
        replay(store, GRAPH, events="few")


def test_files_that_were_changed_in_their_place_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    with FolderStoreWriter(folder) as write:
        for name, doc in simulate_crystal_rod((2, 3), size=96, frames=2):
            write(name, doc)
    cache = MemoryStore()
    replay(folder, GRAPH, SMALL, cache=cache)
    assert computed(replay(folder, GRAPH, SMALL, cache=cache)) == set()
    (light,) = [run for run in runs_in(folder) if not run.start.get("dark_frame")]
    import h5py

    with h5py.File(light.path.with_name("arrays.h5"), "r+") as file:
        images = file["primary/dexela_image"]
        images[...] = images[...] + 100
    changed = replay(folder, GRAPH, SMALL, cache=cache)
    assert same(changed.result, headrace.run(GRAPH, folder, set=SMALL))
    assert {"frames", "peaks", "tracks"} <= computed(changed)


def test_failures_are_told_again(store: Path) -> None:
    graph = Graph.from_yaml(
        """
headrace: 1
graph: failing
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  lit:    {type: filter, in: mean, where: "1 / (seq_num % 5) < 10"}
  total:  {type: accumulate, in: lit, how: mean}
  keep:   {type: sink, in: [mean, total]}
"""
    )
    cache = MemoryStore()
    whole = headrace.run(graph, store, cache=cache)
    letters: list[Any] = []
    replayed = replay(store, graph, cache=cache, on_letter=letters.append)
    assert same(replayed.result, whole)
    assert len(letters) == 2


def test_a_raw_run_needs_a_graph_and_a_result_its_raw_run(store: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which graph"):
        replay(store)
    moved = tmp_path / "elsewhere"
    with FolderStoreWriter(tmp_path / "raw") as write:
        for name, doc in simulate_crystal_rod((1, 2), size=64, frames=1, seed=3):
            write(name, doc)
    headrace.run(GRAPH, tmp_path / "raw", tmp_path / "results", SMALL)
    (tmp_path / "raw").rename(moved)
    with pytest.raises(NotReachableError, match="--raw"):
        replay(tmp_path / "results/-1", cache=None)
    assert replay(tmp_path / "results/-1", raw=moved, cache=None).result.stop


def test_a_result_is_made_again_from_its_provenance_alone(store: Path, tmp_path: Path) -> None:
    headrace.run(GRAPH, store, tmp_path / "results", SMALL)
    again = headrace.rerun(tmp_path / "results/-1")
    assert again.same
    assert again.compared > 20
    assert again.reasons == ()


def changed_provenance(folder: Path, change: Mapping[str, Any], field: str | None = None) -> None:
    """Make a result say that it was made otherwise."""
    (path,) = folder.glob("*/documents.jsonl")
    lines = []
    for line in path.read_text().splitlines():
        pair = json.loads(line)
        if pair["name"] == "start":
            for key, values in change.items():
                pair["doc"]["headrace"][key].update(values)
        if pair["name"] == "stop" and field is not None:
            for entry in pair["doc"]["headrace"]["hashes"]:
                entry[2] = "0" * 32 if entry[1] == field else entry[2]
        lines.append(json.dumps(pair))
    path.write_text("\n".join(lines) + "\n")


def test_a_difference_is_named_and_explained(store: Path, tmp_path: Path) -> None:
    headrace.run(GRAPH, store, tmp_path / "results", SMALL)
    changed_provenance(tmp_path / "results", {"versions": {"numpy": "1.0"}, "code": {"locate": "of old"}}, "peaks_mass")
    again = headrace.rerun(tmp_path / "results/-1")
    assert not again.same
    assert [(one.stream, one.field, one.what) for one in again.differences] == [("peaks", "peaks_mass", "other data")]
    assert any("numpy was 1.0" in reason for reason in again.reasons)
    assert "the code of locate is another one" in again.reasons


def test_what_is_no_result_is_not_made_again(store: Path) -> None:
    with pytest.raises(UsageError, match="no result"):
        headrace.rerun(f"{store}/-1")
