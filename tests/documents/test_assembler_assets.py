"""Events whose values are in files: what points to them may come early, late, or never."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import pytest

from headrace.engine.documents.assembler import Assembler
from headrace.engine.documents.assets import AssetSettings
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, RunEnd

Files = Callable[..., tuple[Path, Any]]
Assemble = Callable[..., list[Any]]
Pairs = list[tuple[str, Any]]
FRAME = {"source": "s", "dtype": "array", "shape": [6, 5], "dtype_numpy": "<u2"}


def now() -> Assembler:
    return Assembler(assets=AssetSettings(patience=0))


def detector_run(path: Path, count: int) -> tuple[Pairs, Pairs, Pairs]:
    """A run of an AD_HDF5 detector: its head and resource, its datums, its events and stop."""
    run = event_model.compose_run()
    made = run.compose_descriptor(name="primary", data_keys={"image": {**FRAME, "external": "FILESTORE:"}})
    resource = run.compose_resource(
        spec="AD_HDF5", root=str(path.parent), resource_path=path.name, resource_kwargs={"frame_per_point": 2}
    )
    datums = [resource.compose_datum(datum_kwargs={"point_number": i}) for i in range(count)]
    events = [
        made.compose_event(data={"image": datum["datum_id"]}, timestamps={"image": 0.0}, filled={"image": False})
        for datum in datums
    ]
    head: Pairs = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
    head.append(("resource", resource.resource_doc))
    tail: Pairs = [*(("event", event) for event in events), ("stop", run.compose_stop())]
    return head, [("datum", datum) for datum in datums], tail


def stream_run(
    path: Path, ranges: list[tuple[str, int, int]], events: int = 0, data: dict[str, Any] | None = None
) -> Pairs:
    """A run whose frames and sums are announced by stream_datum documents: (key, first, stop) of rows."""
    run = event_model.compose_run()
    keys: dict[str, Any] = {
        "image": {**FRAME, "shape": [1, 6, 5], "external": "STREAM:"},
        "sum": {"source": "s", "dtype": "number", "shape": [], "external": "STREAM:"},
    }
    keys.update((name, {"source": "s", "dtype": "number", "shape": []}) for name in data or {})
    made = run.compose_descriptor(name="primary", data_keys=keys)
    documents: Pairs = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
    compose_datum = {}
    for key, dataset in (("image", "/entry/data/data"), ("sum", "/sum")):
        made_resource = run.compose_stream_resource(
            mimetype="application/x-hdf5",
            uri=f"file://localhost{path}",
            data_key=key,
            parameters={"dataset": dataset, "chunk_shape": (1, 6, 5)},
        )
        compose_datum[key] = made_resource.compose_stream_datum
        documents.append(("stream_resource", made_resource.stream_resource_doc))
    for key, first, stop in ranges:
        rows = event_model.StreamRange(start=first, stop=stop)
        numbers = event_model.StreamRange(start=first + 1, stop=stop + 1)
        doc = compose_datum[key](indices=rows, seq_nums=numbers, descriptor=made.descriptor_doc)
        documents.append(("stream_datum", doc))
    for i in range(events):
        event = made.compose_event(data=data or {}, timestamps=dict.fromkeys(data or {}, 0.0))
        documents.append(("event", {**event, "time": 100.0 + i}))
    return [*documents, ("stop", run.compose_stop())]


@pytest.fixture
def stream_file(frames_file: Files) -> tuple[Path, Any]:
    import h5py

    path, frames = frames_file(6)
    with h5py.File(path, "a") as file:
        file["/sum"] = frames.sum(axis=(1, 2))
    return path, frames


@pytest.mark.parametrize("order", ["before", "between", "after"])
def test_datums_may_come_before_or_after_their_events(order: str, frames_file: Files, assemble: Assemble) -> None:
    path, frames = frames_file(6)
    head, datums, tail = detector_run(path, 3)
    mixed = [pair for pairs in zip(tail, datums, strict=False) for pair in pairs]
    orders = {
        "before": [*head, *datums, *tail],
        "between": [*head, *mixed, tail[-1]],
        "after": [*head[:2], *tail[:-1], *datums, head[2], tail[-1]],
    }
    records = assemble(orders[order], now())
    assert [type(record) for record in records[1:]] == [Event, Event, Event, RunEnd]
    for i, event in enumerate(records[1:-1]):
        assert event.key.seq_num == i + 1
        np.testing.assert_array_equal(event.data["image"], frames[2 * i : 2 * i + 2])


def test_an_event_is_held_only_until_its_datum_comes(frames_file: Files, assemble: Assemble) -> None:
    head, datums, tail = detector_run(frames_file(6)[0], 3)
    assembler = now()
    assemble(head, assembler)
    assert assembler.feed(*tail[0]) == []
    assert [record.key.seq_num for record in assembler.feed(*datums[0])] == [1]  # type: ignore[union-attr]


def test_a_datum_that_never_comes_is_named_when_the_field_is_read(frames_file: Files, assemble: Assemble) -> None:
    path, frames = frames_file(6)
    head, datums, tail = detector_run(path, 3)
    records = assemble([*head, datums[0], datums[2], *tail], now())
    assert len(records) == 5
    with pytest.raises(DocumentError, match=r"datum document for datum .*/1' never came"):
        records[2].data["image"]
    np.testing.assert_array_equal(records[3].data["image"], frames[4:6])
    assert "image" in records[2].data
    assert list(records[2].data) == ["image"]


def test_a_lost_datum_does_not_hold_a_long_run_up(frames_file: Files, assemble: Assemble) -> None:
    head, datums, tail = detector_run(frames_file(2)[0], 30)
    records = assemble([*head, *datums[1:], *tail[:-1]], now())
    assert [record.key.seq_num for record in records[1:]] == list(range(1, 31))


def test_no_file_is_opened_before_a_field_in_it_is_read(tmp_path: Path, assemble: Assemble) -> None:
    head, datums, tail = detector_run(tmp_path / "not written.h5", 1)
    [_, event, _] = assemble([*head, *datums, *tail], now())
    assert dict.fromkeys(event.data) == {"image": None}


def test_rows_of_a_fly_scan_become_events_joined_by_number(stream_file: tuple[Path, Any], assemble: Assemble) -> None:
    path, frames = stream_file
    ranges = [("image", 0, 2), ("sum", 0, 3), ("image", 2, 6), ("sum", 3, 6)]
    records = assemble(stream_run(path, ranges), now())
    events = records[1:-1]
    assert [event.key.seq_num for event in events] == [1, 2, 3, 4, 5, 6]
    for event, frame in zip(events, frames, strict=True):
        np.testing.assert_array_equal(event.data["image"], frame[None])
        assert event.data["sum"] == int(frame.sum())
        assert event.time == event.descriptor["time"]
    assert records[-1].lost == {}


def test_rows_of_a_fly_scan_come_out_while_it_runs(stream_file: tuple[Path, Any], assemble: Assemble) -> None:
    ranges = [("image", 0, 2), ("sum", 0, 2), ("image", 2, 4), ("sum", 2, 4)]
    records = assemble(stream_run(stream_file[0], ranges)[:-1], now())
    assert [record.key.seq_num for record in records[1:]] == [1, 2, 3, 4]


def test_rows_that_one_key_never_announced_are_events_that_lack_it(
    stream_file: tuple[Path, Any], assemble: Assemble
) -> None:
    ranges = [("image", 0, 2), ("sum", 0, 2), ("image", 2, 3), ("image", 3, 4), ("sum", 3, 4)]
    events = assemble(stream_run(stream_file[0], ranges), now())[1:-1]
    assert [event.key.seq_num for event in events] == [1, 2, 3, 4]
    with pytest.raises(DocumentError, match="field 'sum': no stream_datum"):
        events[2].data["sum"]
    assert events[3].data["sum"] > 0


def test_rows_that_nothing_announced_are_lost(stream_file: tuple[Path, Any], assemble: Assemble) -> None:
    ranges = [("image", 0, 1), ("sum", 0, 1), ("image", 3, 5), ("sum", 3, 5)]
    assert assemble(stream_run(stream_file[0], ranges), now())[-1].lost == {"primary": 2}


@pytest.mark.parametrize("data", [None, {"x": 0.5}])
@pytest.mark.parametrize("late", [False, True])
def test_a_step_scan_takes_values_from_events_and_from_rows(
    data: dict[str, Any] | None, late: bool, stream_file: tuple[Path, Any], assemble: Assemble
) -> None:
    path, frames = stream_file
    documents = stream_run(path, [("image", 0, 3), ("sum", 0, 3)], events=3, data=data)
    if late:  # as they come from a server that stores events and rows apart
        rows = [pair for pair in documents if pair[0] == "stream_datum"]
        documents = [*(p for p in documents if p not in rows and p[0] != "stop"), *rows, documents[-1]]
    events = assemble(documents, now())[1:-1]
    assert [event.time for event in events] == [100.0, 101.0, 102.0]
    for event, frame in zip(events, frames[:3], strict=True):
        np.testing.assert_array_equal(event.data["image"], frame[None])
        assert {key: event.data[key] for key in data or {}} == (data or {})


def test_a_stream_datum_may_come_before_its_resource(stream_file: tuple[Path, Any], assemble: Assemble) -> None:
    documents = stream_run(stream_file[0], [("image", 0, 2), ("sum", 0, 2)])
    kinds = ("start", "descriptor", "stream_datum", "stream_resource", "stop")
    assert len(assemble(sorted(documents, key=lambda pair: kinds.index(pair[0])), now())) == 4


def test_files_are_closed_when_the_run_ends(frames_file: Files, assemble: Assemble) -> None:
    path, frames = frames_file(4)
    head, datums, tail = detector_run(path, 2)
    assembler = now()
    events = assemble([*head, *datums, *tail[:-1]], assembler)[1:]
    assert events[0].data["image"].shape == (2, 6, 5)
    assert is_open(path)
    assembler.feed(*tail[-1])
    assert not is_open(path)
    np.testing.assert_array_equal(events[1].data["image"], frames[2:4])  # who comes late is served


def is_open(path: Path) -> bool:
    links = (link for link in Path("/proc/self/fd").iterdir() if link.exists())
    return any(link.resolve() == path for link in links)


def test_a_real_simulated_detector_that_saves_files_is_read(engine: Any, tmp_path: Path) -> None:
    from bluesky.plans import count
    from ophyd.sim import SynSignalWithRegistry

    shown: list[Any] = []

    def frame() -> Any:
        shown.append(np.random.default_rng(len(shown)).random((4, 3)))
        return shown[-1]

    camera = SynSignalWithRegistry(name="camera", func=frame, save_path=str(tmp_path))
    assembler, records = now(), []
    engine.subscribe(lambda name, doc: records.extend(assembler.feed(name, doc)))
    engine(count([camera], num=3))
    events = [record for record in records if isinstance(record, Event)]
    assert len(events) == 3
    for event, expected in zip(events, shown[-3:], strict=True):
        np.testing.assert_array_equal(event.data["camera"], expected)
    assert not assembler.notes


def test_a_document_that_announces_an_impossible_number_of_events_is_refused(
    stream_file: tuple[Path, Any], assemble: Assemble
) -> None:
    documents = stream_run(stream_file[0], [("image", 0, 2), ("sum", 0, 2)])
    assembler = now()
    assemble(documents[:-1], assembler)
    for first, stop in ((3, 10**12), (5, 4)):
        row = {**documents[4][1], "uid": "x", "seq_nums": {"start": first, "stop": stop}}
        with pytest.raises(DocumentError, match=f"announces events {first} up to {stop}"):
            assembler.feed("stream_datum", row)
    assert len(assembler.feed(*documents[-1])) == 3
