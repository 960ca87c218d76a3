"""Stored runs on the wire: what is sent is what the beamline sent, with the changes that were asked for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import pytest

from headrace.engine.documents.assembler import Assembler
from headrace.engine.documents.edits import Edits
from headrace.engine.documents.fresh_uids import FreshUids
from headrace.engine.documents.original import original_documents
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.pace import Pace, read_rate
from headrace.engine.jobs.publishing import Publishing, publish
from headrace.engine.jobs.sources import stored_runs
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.records import Event

Pair = tuple[str, Mapping[str, Any]]


def composed(uid: str = "", images: int = 3, **start: Any) -> Iterator[Pair]:
    """A run of two streams, events mixed, with small and large arrays."""
    run = event_model.compose_run(metadata=start, uid=uid or None, time=100.0, validate=False)
    yield "start", run.start_doc
    random = np.random.default_rng(4)
    keys = {
        "image": {"source": "t", "dtype": "array", "shape": [20, 30], "dtype_numpy": "<u2"},
        "spot": {"source": "t", "dtype": "array", "shape": [2], "dtype_numpy": "<f8"},
        "x": {"source": "t", "dtype": "number", "shape": []},
    }
    primary = run.compose_descriptor(name="primary", data_keys=keys, validate=False)
    beam = run.compose_descriptor(name="beam", data_keys={"i0": keys["x"]}, validate=False)
    yield "descriptor", primary.descriptor_doc
    yield "descriptor", beam.descriptor_doc
    for number in range(images):
        data = {"image": random.integers(0, 999, (20, 30)).astype("<u2"), "spot": random.random(2), "x": 0.1 * number}
        for made, values in ((primary, data), (beam, {"i0": number}), (beam, {"i0": -number})):
            event = made.compose_event(data=values, timestamps=dict.fromkeys(values, 100.0), validate=False)
            yield "event", {**event, "time": 100.0 + number}
    yield "stop", {**run.compose_stop(validate=False), "time": 110.0}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with FolderStoreWriter(tmp_path / "store") as write:
        for name, doc in [*composed("dark", 1, dark_frame=True), *composed("light", sc_dk_field_uid="dark")]:
            write(name, doc)
    return tmp_path / "store"


def sent(source: Any, **options: Any) -> list[Pair]:
    given: list[Pair] = []
    Publishing(lambda name, doc: given.append((name, doc)), **{"rate": float("inf"), **options}).run(
        stored_runs(source)
    )
    return given


def test_what_is_sent_is_what_the_beamline_sent(store: Path) -> None:
    original, again = list(composed("light", sc_dk_field_uid="dark")), sent(store / "light")

    assert [name for name, _ in again] == ["start", *["descriptor", "event"] * 2, *["event"] * 7, "stop"]
    assert again[0] == original[0]
    events = [[doc for name, doc in documents if name == "event"] for documents in (original, again)]
    for before, after in zip(*events, strict=True):
        assert list(before["data"]) == list(after["data"])
        assert (before["seq_num"], before["time"]) == (after["seq_num"], after["time"])
        for field, value in before["data"].items():
            np.testing.assert_array_equal(after["data"][field], value, strict=isinstance(value, np.ndarray))
    keys = [doc["data_keys"] for name, doc in again if name == "descriptor"]
    assert "external" not in keys[0]["image"]
    json.dumps(keys)


def test_what_is_sent_validates_and_assembles_to_the_same_events(store: Path) -> None:
    for name, doc in sent(store):
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)
    (run,) = stored_runs(store / "light")
    assembler = Assembler()
    live = [record for name, doc in sent(store / "light") for record in assembler.feed(name, doc)]
    left, right = ([one for one in records if isinstance(one, Event)] for records in (live, run.records()))

    assert [event.key for event in left] == [event.key for event in right]
    for one, other in zip(left, right, strict=True):
        assert all(np.array_equal(one.data[field], other.data[field]) for field in other.data)


def test_a_whole_store_is_sent_oldest_first(store: Path) -> None:
    assert [doc["uid"] for name, doc in sent(store) if name == "start"] == ["dark", "light"]


def test_files_of_a_detector_stay_files(tmp_path: Path) -> None:
    documents = [
        ("start", {"uid": "a", "time": 1.0}),
        ("stream_resource", {"uid": "r", "run_start": "a", "data_key": "image", "uri": "file://localhost/data/x.h5"}),
        ("stop", {"uid": "s", "run_start": "a", "time": 2.0}),
    ]
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps({"name": name, "doc": doc}) + "\n" for name, doc in documents))

    assert sent(path) == documents


def test_pages_are_sent_as_events_by_time_and_other_runs_of_the_file_left_out(tmp_path: Path) -> None:
    page = {"timestamps": {"x": [0, 0]}, "filled": {}, "uid": ["e1", "e2"], "seq_num": [1, 2]}
    documents = [
        ("start", {"uid": "a", "time": 1.0}),
        ("start", {"uid": "b", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "a", "data_keys": {}, "name": "primary"}),
        ("descriptor", {"uid": "e", "run_start": "a", "data_keys": {}, "name": "beam"}),
        ("event_page", {**page, "descriptor": "d", "time": [2.0, 4.0], "data": {"x": [1, 2]}}),
        ("event_page", {**page, "descriptor": "e", "time": [3.0, 5.0], "data": {"x": [3, 4]}}),
        ("stop", {"uid": "t", "run_start": "b"}),
        ("stop", {"uid": "s", "run_start": "a"}),
    ]
    path = tmp_path / "runs.jsonl"
    path.write_text("".join(json.dumps([name, doc]) + "\n" for name, doc in documents))
    first, second = stored_runs(path)
    of_a = list(original_documents(first if first.uid == "a" else second))

    assert [doc["time"] for name, doc in of_a if name == "event"] == [2.0, 3.0, 4.0, 5.0]
    assert {doc.get("run_start", "a") for _, doc in of_a} == {"a"}


def test_arrays_that_are_missing_are_told(store: Path) -> None:
    (store / "light" / "arrays.h5").unlink()

    with pytest.raises(NotReachableError, match="can't read row 0 of /primary/image"):
        sent(store / "light")


def test_edits_change_what_is_sent_and_nothing_else(store: Path) -> None:
    edits = {
        "start.sample.name": "rod",
        "start.sc_dk_field_uid": "other",
        "event.data.x": 7,
        "descriptor.data_keys.image.units": "counts",
        "stop.exit_status": "abort",
    }
    again = sent(store / "light", edits=edits)
    start, stop = again[0][1], again[-1][1]
    events = [doc["data"] for name, doc in again if name == "event"]

    assert (start["sample"], start["sc_dk_field_uid"], stop["exit_status"]) == ({"name": "rod"}, "other", "abort")
    assert [data["x"] for data in events if "x" in data] == [7, 7, 7]
    assert all("x" not in data for data in events if "i0" in data)
    assert all("units" not in key for name, doc in again if name == "descriptor" for key in doc["data_keys"].values())


def test_an_edit_that_fits_nothing_is_told_and_one_in_nested_keys_copies(store: Path) -> None:
    job = Publishing(lambda name, doc: None, rate=float("inf"), edits={"event.data.y": 1, "descriptor.name": "z"})
    doc = {"uid": "a", "sample": {"name": "a", "parts": {"n": 1}}}

    assert job.run(stored_runs(store)).unmatched == ["event.data.y"]
    assert Edits({"start.sample.parts.n": 2})("start", doc)["sample"] == {"name": "a", "parts": {"n": 2}}
    assert doc["sample"] == {"name": "a", "parts": {"n": 1}}
    assert Edits({"start.uid.deeper": 2})("start", doc) is doc


@pytest.mark.parametrize("path", ["start", "start.", "begin.x", "event_page.x", "start.a..b"])
def test_an_edit_that_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match=r"names nothing in a document: expected KIND\.KEY"):
        Edits({path: 1})


@pytest.mark.parametrize("path", ["start.uid", "event.descriptor", "stop.run_start"])
def test_an_edit_that_would_tear_documents_apart_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="holds documents together"):
        Edits({path: 1})


def test_new_uids_hold_together_also_between_runs(store: Path) -> None:
    old, new = sent(store), sent(store, new_uids=True)
    uids = [{doc["uid"] for _, doc in documents} for documents in (old, new)]
    starts = [doc for name, doc in new if name == "start"]
    assembler = Assembler()
    records = [record for name, doc in new for record in assembler.feed(name, doc)]

    assert not uids[0] & uids[1]
    assert len(uids[0]) == len(uids[1])
    assert starts[1]["sc_dk_field_uid"] == starts[0]["uid"]
    assert sum(isinstance(record, Event) for record in records) == 12
    assert not assembler.notes


def test_new_uids_of_assets_are_those_the_events_point_to() -> None:
    fresh = FreshUids()
    documents: list[Pair] = [
        ("start", {"uid": "a", "also": ["a", {"b": "x"}]}),
        ("resource", {"uid": "r", "run_start": "a"}),
        ("datum", {"resource": "r", "datum_id": "r/0", "datum_kwargs": {}}),
        ("descriptor", {"uid": "d", "run_start": "a", "data_keys": {}}),
        ("stream_resource", {"uid": "q", "run_start": "a", "data_key": "k"}),
        ("stream_datum", {"uid": "q/0", "stream_resource": "q", "descriptor": "d"}),
        ("event", {"uid": "e", "descriptor": "d", "seq_num": 1, "data": {"image": "r/0", "text": "a"}}),
        ("stop", {"uid": "s", "run_start": "a"}),
    ]
    start, resource, datum, descriptor, stream, row, event, stop = (fresh(*pair) for pair in documents)

    assert start["also"] == [start["uid"], {"b": "x"}]
    assert {resource["run_start"], descriptor["run_start"], stream["run_start"], stop["run_start"]} == {start["uid"]}
    assert (datum["resource"], event["data"]["image"]) == (resource["uid"], datum["datum_id"])
    assert (row["stream_resource"], row["descriptor"]) == (stream["uid"], descriptor["uid"])
    assert (event["descriptor"], event["data"]["text"]) == (descriptor["uid"], "a")


def test_documents_are_as_far_apart_as_they_were_or_closer() -> None:
    pace = Pace(20.0, threading.Event())
    began = time.monotonic()
    waits = [pace.wait({"time": when}) for when in (100.0, 103.0, 101.0, 104.0)]
    pace.wait({})

    assert waits == [True] * 4
    assert time.monotonic() - began >= 4.0 / 20


@pytest.mark.parametrize("rate", ["fast", "0", "-1x", "nanx", 0, "x"])
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(UsageError, match="expected 'real', 'max', or how many times as fast"):
        read_rate(rate)


def test_a_run_that_is_broken_off_gets_a_stop_document_that_says_so(store: Path) -> None:
    given: list[Pair] = []

    def take(name: str, doc: Mapping[str, Any]) -> None:
        given.append((name, doc))
        if len(given) == 6:
            job.stop()

    job = Publishing(take, rate=float("inf"))
    done = job.run(stored_runs(store / "light"))

    assert done.interrupted
    assert [name for name, _ in given][-2:] == ["event", "stop"]
    assert given[-1][1]["run_start"] == "light"
    assert given[-1][1]["exit_status"] == "abort"
    event_model.schema_validators[event_model.DocumentNames.stop].validate(given[-1][1])


def test_waiting_for_the_next_document_can_be_broken_off(store: Path) -> None:
    job = Publishing(lambda name, doc: None, rate=0.001)
    threading.Timer(0.2, job.stop).start()
    began = time.monotonic()

    assert job.run(stored_runs(store)).interrupted
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"edits": {"begin.x": 1}}, "names nothing"), ({"rate": "slow"}, "rate 'slow'"), ({"to": "results"}, "zmq://")],
)
def test_wrong_use_is_refused_before_anything_is_sent(
    store: Path, options: dict[str, Any], reason: str, recwarn: Callable[..., Any]
) -> None:
    with pytest.raises(UsageError, match=reason):
        publish(store, **{"to": "zmq://127.0.0.1:9/raw", **options})
