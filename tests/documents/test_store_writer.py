"""What is put into a folder store comes out again, the same, or not at all."""

from __future__ import annotations

import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace.engine.documents.assembler import Assembler
from headrace.engine.documents.original import original_documents
from headrace.engine.documents.store import FolderStore
from headrace.engine.documents.store_folder import part_folder
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.model.errors import DocumentError, NotReachableError, UsageError
from headrace.engine.model.records import Event, RunEnd

NUMBER = {"dtype": "number", "shape": []}
FRAME = {"dtype": "array", "shape": [9, 10], "dtype_numpy": "<u2"}
Compose = Callable[..., list[tuple[str, dict[str, Any]]]]
Assemble = Callable[..., list[Any]]
SameEvents = Callable[..., None]


def store(folder: Path, documents: list[tuple[str, Any]]) -> FolderStore:
    with FolderStoreWriter(folder) as write:
        for name, doc in documents:
            write(name, doc)
        assert not write.notes
    return FolderStore(folder)


def frames(count: int, dtype: str = "<u2") -> list[Any]:
    return list(np.random.default_rng(0).integers(0, 4096, (count, 9, 10)).astype(dtype))


def test_a_real_scan_reads_back_as_it_was_live(engine: Any, tmp_path: Path, same_events: SameEvents) -> None:
    from bluesky.plans import scan
    from ophyd.sim import SynSignal, SynSignalWithRegistry, det, motor

    numbers = np.random.default_rng(0)
    devices = [
        det,
        SynSignal(name="frame", func=lambda: numbers.integers(0, 9999, (16, 12)).astype("<u2")),
        SynSignal(name="profile", func=lambda: numbers.random(7).astype("<f4")),
        SynSignalWithRegistry(name="camera", func=lambda: numbers.random((4, 4)), save_path=str(tmp_path)),
    ]
    assembler = Assembler()
    live: list[Any] = []
    engine.subscribe(lambda name, doc: live.extend(assembler.feed(name, doc)))
    with FolderStoreWriter(tmp_path / "store") as write:
        engine.subscribe(write)
        engine(scan(devices, motor, -1, 1, 5))
    run = FolderStore(tmp_path / "store").find(-1)
    same_events(run.records(), live)
    assert run.stop == live[-1].stop
    assert run.start["scan_id"] == live[0].start["scan_id"]
    assert not run.notes


def test_large_arrays_go_to_the_array_file_and_the_documents_stay_valid(
    compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    documents = compose({"image": (FRAME, frames(3)), "x": (NUMBER, [1.0, 2.0, 3.0])})
    run = store(tmp_path, documents).find(-1)
    stored = list(run.documents())
    assert [name for name, _ in stored].count("stream_datum") == 3
    assert "image" not in stored[-2][1]["data"]
    for name, doc in stored:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(doc)
    same_events(run.records(), assemble(documents))
    assert len(run.path.read_bytes()) < 5000


def test_the_array_file_is_read_in_the_right_shape_by_tiled(compose: Compose, tmp_path: Path) -> None:
    consolidators = importlib.import_module("bluesky_tiled_plugins.writing.consolidators")
    images = frames(4)
    stored = list(store(tmp_path, compose({"image": (FRAME, images)})).find(-1).documents())
    [descriptor] = [doc for name, doc in stored if name == "descriptor"]
    [resource] = [doc for name, doc in stored if name == "stream_resource"]
    consolidator = consolidators.consolidator_factory(resource, descriptor)
    for name, doc in stored:
        if name == "stream_datum":
            consolidator.consume_stream_datum(doc)
    np.testing.assert_array_equal(consolidator.init_adapter().read(), np.stack(images))


@pytest.mark.parametrize("change", ["shape", "dtype", "size"])
def test_an_event_of_another_form_than_the_first_is_not_lost(
    change: str, compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    images = frames(4)
    images[2] = {
        "shape": images[2].reshape(10, 9),
        "dtype": images[2].astype("<f4") / 3,
        "size": np.zeros((0, 10), "<u2"),
    }[change]
    documents = compose({"image": (FRAME, images)})
    same_events(store(tmp_path, documents).find(-1).records(), assemble(documents))


def test_ragged_tables_and_lists_read_back(
    compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    key = {"dtype": "array", "shape": [None, 2], "dtype_numpy": "<f4"}
    tables = [np.random.default_rng(n).random((n, 2)).astype("<f4") for n in (50, 0, 3)]
    names = ({"dtype": "array", "shape": [2], "dtype_numpy": "<U3"}, [["a", "b"]] * 3)
    documents = compose({"table": (key, tables), "names": names})
    run = store(tmp_path, documents).find(-1)
    same_events(run.records(), assemble(documents))
    assert "base64" not in run.path.read_text()  # plain lists that others can read
    assert not (run.path.parent / "arrays.h5").exists()


def test_a_new_descriptor_with_arrays_of_another_form_gets_its_own_dataset(
    tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    run = event_model.compose_run()
    documents: list[tuple[str, Any]] = [("start", run.start_doc)]
    for image in (np.ones((9, 9)), np.ones((9, 9)), np.ones((20, 20))):
        key = {"source": "s", "dtype": "array", "shape": list(image.shape)}
        made = run.compose_descriptor(name="primary", data_keys={"image": key})
        event = made.compose_event(data={"image": image}, timestamps={"image": 0.0})
        documents += [("descriptor", made.descriptor_doc), ("event", event)]
    documents.append(("stop", run.compose_stop()))
    stored = store(tmp_path, documents).find(-1)
    same_events(stored.records(), assemble(documents))
    assert [name for name, _ in stored.documents()].count("stream_resource") == 2


arrays = hnp.arrays(
    dtype=st.one_of(
        hnp.integer_dtypes(endianness="?"),
        hnp.unsigned_integer_dtypes(endianness="?"),
        hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
        hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
        hnp.boolean_dtypes(),
    ),
    shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6),
)
scalars = st.one_of(
    st.floats(), st.integers(), st.booleans(), st.text(), st.floats(width=32).map(np.float32), st.none()
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(arrays, min_size=1, max_size=4),
    scalar=scalars,
    declare=st.sampled_from(["right", "wrong", "nothing"]),
)
def test_any_array_and_any_scalar_reads_back_bit_for_bit(
    values: list[Any],
    scalar: Any,
    declare: str,
    compose: Compose,
    tmp_path: Path,
    assemble: Assemble,
    same_events: SameEvents,
) -> None:
    key: dict[str, Any] = {"dtype": "array", "shape": list(values[0].shape)}
    if declare != "nothing":
        key["dtype_numpy"] = values[0].dtype.str if declare == "right" else "<i2"
    documents = compose({"value": (key, values), "scalar": (NUMBER, [scalar] * len(values))})
    stored = store(tmp_path, documents).find(documents[0][1]["uid"])
    same_events(stored.records(), assemble(documents))


def test_nothing_is_seen_of_a_run_before_it_is_whole(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"image": (FRAME, frames(2))})
    with FolderStoreWriter(tmp_path) as write:
        for name, doc in documents[:-1]:
            write(name, doc)
            assert FolderStore(tmp_path).runs() == []
        write(*documents[-1])
        assert [run.uid for run in FolderStore(tmp_path)] == [documents[0][1]["uid"]]


def test_interleaved_runs_are_stored_apart(
    compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    one, two = compose({"image": (FRAME, frames(3))}), compose({"image": (FRAME, frames(3, "<i4"))})
    stored = store(tmp_path, [pair for pairs in zip(one, two, strict=True) for pair in pairs])
    for documents in (one, two):
        same_events(stored.find(documents[0][1]["uid"]).records(), assemble(documents))


def test_a_run_without_a_stop_stays_hidden_and_can_be_read_by_name(
    compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    from headrace.engine.documents.address import open_run

    documents = compose({"image": (FRAME, frames(3))})
    write = FolderStoreWriter(tmp_path)
    for name, doc in documents[:-1]:
        write(name, doc)
    write.close()
    assert write.notes == {"run without stop document": 1}
    assert FolderStore(tmp_path).runs() == []
    left = open_run(part_folder(tmp_path, documents[0][1]["uid"]) / "documents.jsonl")
    records = list(left.records())
    same_events(records, assemble(documents))
    assert isinstance(records[-1], RunEnd)
    assert records[-1].stop is None


KILLED = """
import json, os, sys
import numpy as np
from headrace.engine.documents.store_writer import FolderStoreWriter
write = FolderStoreWriter(sys.argv[1])
for name, doc in json.loads(sys.stdin.read()):
    if name == "event":
        doc["data"]["image"] = np.array(doc["data"]["image"], "<u2")
    write(name, doc)
os._exit(9)
"""


def test_what_a_killed_writer_left_is_moved_aside_and_the_run_can_be_stored_again(
    compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    documents = compose({"image": (FRAME, frames(3))})
    uid = documents[0][1]["uid"]
    text = json.dumps(documents[:-2], default=lambda array: array.tolist())
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], input=text, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 9
    assert part_folder(tmp_path, uid).is_dir()
    same_events(store(tmp_path, documents).find(uid).records(), assemble(documents))
    left = FolderStore(tmp_path).open(part_folder(tmp_path, uid, 1) / "documents.jsonl", documents[0][1])
    same_events(left.records(), assemble(documents[:-2]))


def test_a_second_writer_of_a_run_is_refused_and_a_stored_run_is_left_alone(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"x": (NUMBER, [1.0])})
    first, second = FolderStoreWriter(tmp_path), FolderStoreWriter(tmp_path)
    first(*documents[0])
    with pytest.raises(UsageError, match="by another writer"):
        second(*documents[0])
    for name, doc in documents[1:]:
        first(name, doc)
    before = FolderStore(tmp_path).find(-1).path.read_bytes()
    for name, doc in documents:
        second(name, doc)
    assert second.notes["run stored already"] == 1
    assert FolderStore(tmp_path).find(-1).path.read_bytes() == before


def test_a_run_that_was_put_in_place_meanwhile_is_not_written_over(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"x": (NUMBER, [1.0])})
    write = FolderStoreWriter(tmp_path)
    for name, doc in documents[:-1]:
        write(name, doc)
    write.folder_of(documents[0][1]["uid"]).mkdir()
    (write.folder_of(documents[0][1]["uid"]) / "precious").touch()
    with pytest.raises(UsageError, match="is in the store already"):
        write(*documents[-1])
    assert (write.folder_of(documents[0][1]["uid"]) / "precious").exists()


def test_a_store_that_was_moved_still_has_its_arrays(
    compose: Compose, tmp_path: Path, assemble: Assemble, same_events: SameEvents
) -> None:
    documents = compose({"image": (FRAME, frames(3))})
    store(tmp_path / "here", documents)
    shutil.move(tmp_path / "here", tmp_path / "there")
    same_events(FolderStore(tmp_path / "there").find(-1).records(), assemble(documents))


def test_files_of_a_detector_stay_where_they_are(frames_file: Callable[..., tuple[Path, Any]], tmp_path: Path) -> None:
    path, images = frames_file(2)
    run = event_model.compose_run()
    key = {"source": "s", "dtype": "array", "shape": [1, 6, 5], "external": "STREAM:"}
    made = run.compose_descriptor(name="primary", data_keys={"image": key})
    resource = run.compose_stream_resource(
        mimetype="application/x-hdf5",
        uri=f"file://localhost{path}",
        data_key="image",
        parameters={"dataset": "/entry/data/data"},
    )
    rows = event_model.StreamRange(start=0, stop=2)
    datum = resource.compose_stream_datum(
        indices=rows, seq_nums=event_model.StreamRange(start=1, stop=3), descriptor=made.descriptor_doc
    )
    documents = [
        ("start", run.start_doc),
        ("descriptor", made.descriptor_doc),
        ("stream_resource", resource.stream_resource_doc),
        ("stream_datum", datum),
        ("stop", run.compose_stop()),
    ]
    stored = store(tmp_path / "store", documents).find(-1)
    assert dict(stored.documents()) == dict(documents)
    events = [record for record in stored.records() if isinstance(record, Event)]
    np.testing.assert_array_equal(np.concatenate([event.data["image"] for event in events]), images)


def test_a_uid_cannot_lead_out_of_the_store(tmp_path: Path) -> None:
    for uid in ("../outside", "/etc/x", ".hidden", "..", "a" * 300):
        start = {"uid": uid, "time": 0.0}
        stop = {"uid": "s", "run_start": uid, "time": 1.0, "exit_status": "success"}
        stored = store(tmp_path / "store", [("start", start), ("stop", stop)])
        assert stored.find(uid).start == start
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_document_that_json_cannot_hold_is_refused_and_the_run_goes_on(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"x": (NUMBER, [1.0, object(), 3.0])})
    with FolderStoreWriter(tmp_path) as write:
        for name, doc in documents:
            if name == "event" and doc["seq_num"] == 2:
                with pytest.raises(DocumentError, match=r"event document .* can't be stored: a object"):
                    write(name, doc)
            else:
                write(name, doc)
    records = list(FolderStore(tmp_path).find(-1).records())
    assert [r.data["x"] for r in records if isinstance(r, Event)] == [1.0, 3.0]
    assert records[-1].lost == {"primary": 1}  # type: ignore[union-attr]


FULL = """
import gc
import resource
import sys

import numpy as np
from event_model import compose_run

from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.model.errors import NotReachableError

resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
key = {"dtype": "array", "source": "s"}
for events in (7, 8, 40):
    run = compose_run()
    made = run.compose_descriptor(name="primary", data_keys={n: {**key, "shape": [0]} for n in ("image", "line")})
    with FolderStoreWriter("store") as write:
        write("start", run.start_doc)
        write("descriptor", made.descriptor_doc)
        try:
            for number in range(events):
                data = {"image": np.full((3, 256, 256), number, "<u2"), "line": np.full(100, 1.0)}
                write("event", made.compose_event(data=data, timestamps={"image": 0.0, "line": 1.0}, validate=False))
            write("stop", run.compose_stop())
        except NotReachableError as error:
            print(error)
    gc.collect()
print("lives")
"""


def test_a_disk_that_is_full_costs_the_run_and_not_the_process(tmp_path: Path) -> None:
    """HDF5 itself can't bear it: it ends the process when it closes a file that it can't write to."""
    command = [sys.executable, "-c", FULL]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    *told, last = done.stdout.splitlines()
    assert last == "lives"
    assert len(told) in (2, 3)
    assert all("can't write run" in line and "File too large" in line for line in told)


def test_a_run_whose_start_cannot_be_stored_leaves_no_file_open(tmp_path: Path) -> None:
    """An open file would be a warning, and warnings are errors; and nobody else could write the run."""
    with FolderStoreWriter(tmp_path) as write:
        with pytest.raises(DocumentError, match="start document"):
            write("start", {"uid": "a", "time": 0.0, "sample": object()})
        gc.collect()
        write("start", {"uid": "a", "time": 0.0})
        write("stop", {"uid": "b", "run_start": "a", "time": 1.0})
    assert FolderStore(tmp_path).find("a").uid == "a"


def test_each_value_keeps_its_own_time_stamp_in_large_arrays_too(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"frame": (FRAME, frames(4)), "dwell": (NUMBER, [0.1] * 4)})
    events = [doc for name, doc in documents if name == "event"]
    stamps = [events[0]["time"], 17.25, events[2]["time"], 1.7e9 + 1e-6]
    for event, stamp in zip(events, stamps, strict=True):
        event["timestamps"] = {"frame": stamp, "dwell": stamp - 1}
    run = store(tmp_path, documents).find(-1)
    again = [doc for name, doc in original_documents(run) if name == "event"]
    assert [doc["timestamps"] for doc in again] == [doc["timestamps"] for doc in events]


def test_a_store_that_cannot_be_written_is_an_error_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotReachableError, match=r"can't write into .*file"):
        FolderStoreWriter(tmp_path / "file")("start", {"uid": "u", "time": 0.0})


def test_numpy_values_in_metadata_are_written_plainly_and_nothing_given_is_changed(
    compose: Compose, tmp_path: Path
) -> None:
    documents = compose({"image": (FRAME, frames(2))}, shape=np.array([2, 1]), gain=np.float64(0.5))
    before = [json.dumps(doc, default=repr, sort_keys=True) for _, doc in documents]
    start = store(tmp_path, documents).find(-1).start
    assert (start["shape"], start["gain"]) == ([2, 1], 0.5)
    assert [json.dumps(doc, default=repr, sort_keys=True) for _, doc in documents] == before
