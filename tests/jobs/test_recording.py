"""Recording what passes on 0MQ: the stored runs are those that were published, whatever happened to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import event_model
import numpy as np
import pytest

from headrace.engine.documents.original import original_documents
from headrace.engine.documents.publish import DocumentPublisher
from headrace.engine.documents.recorded import RunRecord
from headrace.engine.documents.wire_address import ZmqAddress
from headrace.engine.documents.wire_proxy import ForwardingProxy
from headrace.engine.jobs.recording import Recorded, Recording, record
from headrace.engine.jobs.sources import stored_runs
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.records import Event, RunEnd

Pair = tuple[str, Mapping[str, Any]]


def composed(uid: str, events: int = 3) -> list[Pair]:
    run = event_model.compose_run(uid=uid, time=100.0, validate=False)
    keys = {"image": {"source": "t", "dtype": "array", "shape": [20, 30], "dtype_numpy": "<u2"}}
    made = run.compose_descriptor(name="primary", data_keys=keys, validate=False)
    documents: list[Pair] = [("start", run.start_doc), ("descriptor", made.descriptor_doc)]
    for number in range(events):
        image = np.full((20, 30), number, "<u2")
        event = made.compose_event(data={"image": image}, timestamps={"image": 100.0}, validate=False)
        documents.append(("event", {**event, "time": 100.0 + number}))
    return [*documents, ("stop", run.compose_stop(validate=False))]


class Wire:
    """A proxy, a recording on it, and a publisher."""

    def __init__(self, proxy: ForwardingProxy, store: Path) -> None:
        inlet, outlet = (endpoint.replace("tcp://", "zmq://") + "/raw" for endpoint in proxy.endpoints)
        self.recording = Recording(outlet, store)
        self.result: Recorded | None = None
        self._inlet = inlet

    def give(
        self, documents: list[Pair], runs: int | None = None, first: Callable[[], object] = lambda: None
    ) -> Recorded:
        """Publish documents while it is recorded; ends after so many runs, or once all has come."""

        def work() -> None:
            self.result = self.recording.run(runs)

        thread = threading.Thread(target=work)
        thread.start()
        with DocumentPublisher(self._inlet) as publish:
            assert publish.wait_heard(10)
            first()
            for name, doc in documents:
                publish(name, doc)
            if runs is None:
                deadline = time.monotonic() + 10
                while self.recording.received < len(documents) and time.monotonic() < deadline:
                    time.sleep(0.01)
                self.recording.stop()
            thread.join(20)
        assert self.result is not None
        return self.result


@contextmanager
def _wire(store: Path) -> Iterator[Wire]:
    anywhere = ZmqAddress("127.0.0.1", 0)
    with ForwardingProxy(anywhere, anywhere) as proxy:
        thread = threading.Thread(target=proxy.run)
        thread.start()
        try:
            yield Wire(proxy, store)
        finally:
            proxy.stop()
            thread.join()


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with _wire(tmp_path / "store") as made:
        yield made


def test_interleaved_runs_are_stored_as_they_were_published(wire: Wire, tmp_path: Path) -> None:
    first, second = composed("a"), composed("b", 5)
    mixed = [pair for pairs in zip(first, second, strict=False) for pair in pairs] + second[len(first) :]
    recorded = wire.give(mixed, runs=2)

    assert [run.uid for run in recorded.runs] == ["a", "b"]
    assert all(run.whole and not run.missing for run in recorded.runs)
    for documents, run in zip((first, second), stored_runs(tmp_path / "store"), strict=True):
        again = list(original_documents(run))
        assert [name for name, _ in again] == [name for name, _ in documents]
        assert (again[0], again[-1]) == (documents[0], documents[-1])
        for (_, before), (_, after) in zip(documents[2:-1], again[2:-1], strict=True):
            np.testing.assert_array_equal(after["data"]["image"], before["data"]["image"], strict=True)
            assert {**after, "data": 0, "timestamps": 0} == {**before, "data": 0, "timestamps": 0}


def test_a_run_whose_stop_never_came_is_kept_and_marked(wire: Wire, tmp_path: Path) -> None:
    recorded = wire.give(composed("a")[:-1])
    (kept,) = recorded.runs
    (run,) = stored_runs(tmp_path / "store")
    records = list(run.records())

    assert not kept.whole
    assert run.stop["exit_status"] == "abort"
    assert "no stop document came" in run.stop["reason"]
    event_model.schema_validators[event_model.DocumentNames.stop].validate(run.stop)
    assert sum(isinstance(one, Event) for one in records) == 3
    assert isinstance(records[-1], RunEnd)
    assert not records[-1].lost


def test_events_that_never_came_are_counted(wire: Wire) -> None:
    documents = composed("a", 5)
    recorded = wire.give([*documents[:3], *documents[5:]], runs=1)

    assert recorded.runs[0].missing == {"primary": 2}


def test_what_is_odd_is_noted_and_passed_over(wire: Wire, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    good = composed("good")
    odd: list[Pair] = [
        ("event", {"descriptor": "unheard of", "seq_num": 1, "data": {}}),
        ("start", {"time": 1.0}),
        ("event", {"descriptor": "d"}),
        ("stop", {"run_start": "unheard of"}),
    ]
    recorded = wire.give([*odd, *good[:3], *odd, *good[3:]], runs=1)

    assert recorded.notes["document passed over"] == 4
    assert recorded.notes["event of a run that is not being stored"] == 2
    assert recorded.runs[0].events == {"primary": 3}
    assert len(stored_runs(tmp_path / "store")) == 1


def test_a_run_is_not_lost_by_a_stop_document_that_can_not_be_stored(wire: Wire, tmp_path: Path) -> None:
    documents = composed("a")
    stop = {**documents[-1][1], "reason": "done", "odd": b"bytes", "more": 1j}
    wire.give([*documents[:-1], ("stop", stop)], runs=1)
    (run,) = stored_runs(tmp_path / "store")

    assert (run.stop["exit_status"], run.stop["reason"]) == ("success", "done")
    assert len(list(run.events("primary"))) == 3


def test_a_run_that_is_in_the_store_already_is_left_as_it_is(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with _wire(store) as wire:
        wire.give(composed("a"), runs=1)
    before = (store / "a" / "documents.jsonl").read_bytes()
    with _wire(store) as wire:
        recorded = wire.give([*composed("a", 1), *composed("b")], runs=1)

    assert [run.uid for run in recorded.runs] == ["b"]
    assert recorded.notes["run stored already"] == 1
    assert (store / "a" / "documents.jsonl").read_bytes() == before


def test_a_store_that_can_not_be_written_to_is_told_and_recording_goes_on(
    wire: Wire, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil() -> None:
        (tmp_path / "store").rmdir()  # it was made when the recording began
        (tmp_path / "store").write_text("a file, not a folder")

    recorded = wire.give([*composed("a"), *composed("b")], first=spoil)

    assert recorded.runs == []
    assert len(recorded.problems) == 2
    assert "can't write into" in recorded.problems[0]


def test_a_store_that_can_not_be_made_is_an_error_before_anything_is_missed(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file, not a folder")
    with pytest.raises(NotReachableError, match="can't write into"):
        record("zmq://127.0.0.1:9/raw", tmp_path / "store")


@pytest.mark.parametrize("source", ["store", "tcp://127.0.0.1:5578", ""])
def test_only_what_passes_on_the_wire_can_be_recorded(source: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected zmq://host:port/prefix"):
        record(source, tmp_path)


def test_a_scan_on_the_fly_counts_the_rows_of_its_files() -> None:
    run = RunRecord("a", Path("a"))
    run.take("descriptor", {"uid": "d", "name": "fly"})
    for start, stop in ((1, 4), (4, 9)):
        run.take("stream_datum", {"descriptor": "d", "seq_nums": {"start": start, "stop": stop}})
    run.take("stop", {"exit_status": "success", "num_events": {"fly": 10}})

    assert (run.events, run.missing) == ({"fly": 8}, {"fly": 2})
