"""Documents that make no sense harm no run beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from event_model import compose_run

import headrace
from headrace import Graph, Job, Result
from headrace.engine.documents.memory_run import MemoryRun
from headrace.nodes import accumulate, source

Pair = tuple[str, Mapping[str, Any]]

ODD_STARTS: list[dict[str, Any]] = [
    {"hints": "text"},
    {"hints": {"dimensions": "x"}},
    {"hints": {"dimensions": [[1, 2, 3], "x", [["motor"], 5]]}},
    {"motors": 5},
    {"motors": [1, None, "i0"]},
    {"num_points": "many"},
    {"headrace": "mine"},
    {"scan_id": "seven"},
    {"sample": {"deep": [float("nan")] * 3}},
]


def good_run() -> list[Pair]:
    run = compose_run()
    keys = {"i0": {"dtype": "number", "shape": [], "source": "sim"}}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    events = [stream.compose_event(data={"i0": float(n)}, timestamps={"i0": 0.0}) for n in range(1, 4)]
    return [
        ("start", run.start_doc),
        ("descriptor", stream.descriptor_doc),
        *(("event", event) for event in events),
        ("stop", run.compose_stop()),
    ]


def results(documents: list[Pair]) -> list[Result]:
    """Run a graph on documents as they pass by; give its results."""
    given: dict[str, list[Pair]] = {}
    run_of: dict[str, str] = {}

    def take(name: str, doc: Mapping[str, Any]) -> None:
        uid = doc["uid"] if name == "start" else doc.get("run_start") or run_of[doc["descriptor"]]
        if name == "descriptor":
            run_of[doc["uid"]] = uid
        given.setdefault(uid, []).append((name, doc))

    graph = Graph("g").keep(total=accumulate(source(field="i0"), how="sum"), i0=source(field="i0"))
    with Job(graph, to=[take]) as job:
        job.run_documents(documents)
    return [Result(MemoryRun(documents)) for documents in given.values()]


@pytest.mark.parametrize("odd", ODD_STARTS, ids=str)
def test_odd_metadata_are_carried_along_and_break_nothing(odd: dict[str, Any]) -> None:
    run = good_run()
    run[0] = ("start", {**run[0][1], **odd})
    [result] = results(run)
    assert result.stop is not None
    assert result.stop["exit_status"] == "success"
    assert result["total"]["total"].tolist() == [6.0]


@pytest.mark.parametrize(
    "nonsense",
    [
        ("start", {}),
        ("start", {"uid": 5, "time": 0.0}),
        ("descriptor", {"uid": "d"}),
        ("event", {"descriptor": "never heard of", "seq_num": 1, "data": {}}),
        ("event", {"descriptor": "d", "seq_num": "one", "data": {}}),
        ("event_page", {"descriptor": "d"}),
        ("resource", {"uid": "r"}),
        ("stream_datum", {"uid": "s"}),
        ("stop", {"run_start": "never began"}),
        ("nonsense", {"uid": "x"}),
    ],
    ids=str,
)
def test_a_document_that_makes_no_sense_is_passed_over(nonsense: Pair) -> None:
    run = good_run()
    [result] = results([*run[:3], nonsense, *run[3:]])
    assert result["total"]["total"].tolist() == [6.0]
    assert result.stop is not None
    assert result.stop["exit_status"] == "success"


def test_interleaved_runs_come_out_as_if_they_were_alone() -> None:
    one, other = good_run(), good_run()
    mixed = [pair for both in zip(one, other, strict=True) for pair in both]
    assert [result["total"]["total"].tolist() for result in results(mixed)] == [[6.0], [6.0]]


def test_a_run_that_never_stops_ends_as_aborted_when_the_documents_end() -> None:
    [result] = results(good_run()[:-1])
    assert result.stop is not None
    assert result.stop["exit_status"] == "abort"
    assert result["total"]["total"].tolist() == [6.0]


def test_lost_events_are_counted_from_gaps() -> None:
    run = good_run()
    del run[3]
    [result] = results(run)
    assert result.stop is not None
    assert result.stop["exit_status"] == "fail"
    assert result.stop["headrace"]["lost"] == [["primary", 1]]


def test_a_stream_that_the_run_does_not_have_is_no_success() -> None:
    graph = Graph("g").keep(i0=source(field="i0", stream="primry"))
    with Job(graph) as job:
        job.run_documents(good_run())
        [one] = job.finished
    status, reason = one.summary.verdict
    assert status == "fail"
    assert reason == "the graph reads stream 'primry', of which the run had no event; it had 'primary'"


def test_events_that_came_twice_are_counted_and_the_first_one_holds() -> None:
    run = good_run()
    again = {**run[4][1], "uid": "again", "seq_num": 2, "data": {"i0": 99.0}}
    [result] = results([*run[:4], ("event", again), *run[4:]])
    assert result.stop is not None
    assert result.stop["headrace"]["repeated"] == [["primary", 1]]
    assert result["total"]["total"].tolist() == [6.0]


def test_a_document_that_makes_no_sense_in_a_store_is_passed_over_too(tmp_path: Path) -> None:
    import json

    run = good_run()
    lines = [*run[:3], ("event", {"x": 1}), *run[3:]]
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps({"name": name, "doc": doc}) + "\n" for name, doc in lines))
    graph = Graph("g").keep(total=accumulate(source(field="i0"), how="sum"))
    result = headrace.run(graph, path)
    assert result["total"]["total"].tolist() == [6.0]


def test_a_dark_run_that_has_not_ended_is_none() -> None:
    from headrace.engine.documents.recent_runs import RecentRuns

    recent, run = RecentRuns(), good_run()
    run[0] = ("start", {**run[0][1], "dark_frame": True})
    for name, doc in run[:-1]:
        recent.observe(name, doc)
    uid = str(run[0][1]["uid"])
    assert recent.find_run(uid) is None
    recent.observe(*run[-1])
    assert recent.find_run(uid) is not None


def test_a_copied_store_reads_its_own_arrays(tmp_path: Path) -> None:
    import shutil

    import h5py
    import numpy as np

    from headrace.engine.documents.store_writer import FolderStoreWriter

    composed = compose_run()
    keys = {"image": {"dtype": "array", "shape": [16, 16], "source": "sim", "dtype_numpy": "<f8"}}
    stream = composed.compose_descriptor(name="primary", data_keys=keys)
    event = stream.compose_event(data={"image": np.ones((16, 16))}, timestamps={"image": 0.0})
    with FolderStoreWriter(tmp_path / "one") as write:
        write("start", composed.start_doc)
        write("descriptor", stream.descriptor_doc)
        write("event", event)
        write("stop", composed.compose_stop())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    with h5py.File(next((tmp_path / "two").rglob("arrays.h5")), "r+") as file:
        file.visititems(
            lambda name, item: item.write_direct(np.full(item.shape, 7.0)) if hasattr(item, "shape") else None
        )
    graph = Graph("g").keep(image=source(field="image"))
    assert np.unique(headrace.run(graph, tmp_path / "one" / "-1")["image"]).tolist() == [1.0]
    assert np.unique(headrace.run(graph, tmp_path / "two" / "-1")["image"]).tolist() == [7.0]


@pytest.mark.parametrize(
    "odd",
    [
        ("descriptor", {"uid": "x", "run_start": "RUN", "name": "primary", "data_keys": {"i0": 5}}),
        ("descriptor", {"uid": ["x"], "run_start": ["RUN"], "data_keys": {}}),
        ("start", {"uid": "worse", "dark_frame": np.zeros(3), "hints": np.zeros(2)}),
        ("event", {"descriptor": "r", "seq_num": 1, "data": {}}),
        ("stop", {"run_start": "RUN", "num_events": "many"}),
        ("stop", {"run_start": "RUN", "num_events": {"primary": "many"}}),
    ],
    ids=str,
)
def test_a_document_that_is_worse_than_senseless_ends_nothing(odd: Pair) -> None:
    run, after = good_run(), good_run()
    doc = {
        key: run[0][1]["uid"] if isinstance(value, str) and value == "RUN" else value for key, value in odd[1].items()
    }
    found = results([*run[:4], (odd[0], doc), *run[4:], *after])
    assert any(
        result.stop is not None
        and result.stop["exit_status"] == "success"
        and result.start["raw_uid"] == after[0][1]["uid"]
        and result["total"]["total"].tolist() == [6.0]
        for result in found
    )
