"""What becomes of documents, whatever order and form they come in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import event_model
import numpy as np
import pytest

from headrace.engine.documents.assembler import Assembler
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd

NUMBER = {"dtype": "number", "shape": []}
Compose = Callable[..., list[tuple[str, dict[str, Any]]]]
Assemble = Callable[..., list[Any]]


def test_a_run_becomes_its_context_its_events_and_its_end(compose: Compose, assemble: Assemble) -> None:
    documents = compose({"x": (NUMBER, [1.5, 2.5])})
    context, first, second, end = assemble(documents)
    run = documents[0][1]["uid"]
    assert isinstance(context, RunContext)
    assert context.start == documents[0][1]
    assert first.key == EventKey(run, "primary", 1)
    assert (second.key.seq_num, second.data["x"], second.descriptor) == (2, 2.5, documents[1][1])
    assert isinstance(end, RunEnd)
    assert (end.run, end.stop, end.lost) == (run, documents[-1][1], {})


def test_a_real_run_engine_is_understood_and_its_documents_are_not_changed(engine: Any) -> None:
    from bluesky.plans import grid_scan
    from ophyd.sim import det, motor1, motor2

    assembler, records, copies = Assembler(), [], []

    def take(name: str, doc: dict[str, Any]) -> None:
        before = copy.deepcopy(doc)
        records.extend(assembler.feed(name, doc))
        copies.append((before, doc))

    engine.subscribe(take)
    engine(grid_scan([det], motor1, 0, 1, 2, motor2, 0, 1, 3, True))
    events = [record for record in records if isinstance(record, Event)]
    assert [event.key.seq_num for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event.data["motor2"] for event in events] == [0, 0.5, 1, 1, 0.5, 0]
    assert not assembler.notes
    assert not assembler.open_runs
    assert all(before == after for before, after in copies)


def test_the_kind_may_be_text_or_a_document_name(compose: Compose) -> None:
    documents = compose({"x": (NUMBER, [1.0])})
    assembler = Assembler()
    records = [r for name, doc in documents for r in assembler.feed(event_model.DocumentNames[name], doc)]
    assert len(records) == 3


def test_pages_and_bulk_events_give_the_same_events_as_single_ones(
    compose: Compose, assemble: Assemble, same_events: Callable[..., None]
) -> None:
    documents = compose({"x": (NUMBER, [1.0, 2.0, 3.0])})
    events = [doc for name, doc in documents if name == "event"]
    page = event_model.pack_event_page(*events)
    bulk = {events[0]["descriptor"]: events}
    expected = assemble(documents)
    same_events(assemble([*documents[:2], ("event_page", page), documents[-1]]), expected)
    same_events(assemble([*documents[:2], ("bulk_events", bulk), documents[-1]]), expected)


def test_interleaved_runs_stay_apart(compose: Compose, assemble: Assemble) -> None:
    one, two = compose({"x": (NUMBER, [1.0, 2.0])}), compose({"x": (NUMBER, [3.0, 4.0])})
    mixed = [pair for pairs in zip(one, two, strict=True) for pair in pairs]
    records = assemble(mixed)
    runs = {doc[0][1]["uid"]: values for doc, values in ((one, [1.0, 2.0]), (two, [3.0, 4.0]))}
    for run, values in runs.items():
        assert [r.data["x"] for r in records if isinstance(r, Event) and r.key.run == run] == values


def test_an_event_before_its_run_was_seen_is_counted_and_the_next_run_is_whole(
    compose: Compose, assemble: Assemble
) -> None:
    missed, whole = compose({"x": (NUMBER, [1.0])}), compose({"x": (NUMBER, [1.0])})
    assembler = Assembler()
    assert len(assemble([*missed[1:], *whole], assembler)) == 3
    assert assembler.notes == {
        "descriptor of an unknown run": 1,
        "event of an unknown run": 1,
        "stop of an unknown run": 1,
    }


def test_a_document_that_comes_twice_counts_once(compose: Compose, assemble: Assemble) -> None:
    documents = compose({"x": (NUMBER, [1.0, 2.0])})
    assembler = Assembler()
    records = assemble([pair for pair in documents for _ in range(2)], assembler)
    assert len(records) == 4
    assert records[-1].lost == {}
    assert assembler.notes["event repeated or out of order"] == 2
    assert assembler.notes["start repeated"] == assembler.notes["descriptor repeated"] == 1


def test_events_that_are_missing_are_counted_from_gaps_and_from_the_stop_document(
    compose: Compose, assemble: Assemble
) -> None:
    documents = compose({"x": (NUMBER, [float(i) for i in range(10)])})
    kept = [pair for pair in documents if pair[0] != "event" or pair[1]["seq_num"] not in (1, 4, 5, 9, 10)]
    assert assemble(kept)[-1].lost == {"primary": 5}


def test_a_stream_whose_descriptor_was_lost_is_lost_in_whole(compose: Compose, assemble: Assemble) -> None:
    documents = compose({"x": (NUMBER, [1.0, 2.0])})
    assert assemble([documents[0], *documents[2:]])[-1].lost == {"primary": 2}


def test_two_descriptors_of_one_name_are_one_stream(assemble: Assemble) -> None:
    run = event_model.compose_run()
    documents: list[tuple[str, Any]] = [("start", run.start_doc)]
    for value in (1.0, 2.0):
        made = run.compose_descriptor(name="primary", data_keys={"x": {"source": "s", **NUMBER}})
        documents.append(("descriptor", made.descriptor_doc))
        documents.append(("event", made.compose_event(data={"x": value}, timestamps={"x": 0.0})))
    records = assemble([*documents, ("stop", run.compose_stop())])
    assert [r.key.seq_num for r in records[1:3]] == [1, 2]
    assert records[1].descriptor["uid"] != records[2].descriptor["uid"]
    assert records[3].lost == {}


def test_a_run_that_never_stops_can_be_ended(compose: Compose, assemble: Assemble) -> None:
    assembler = Assembler()
    assemble(compose({"x": (NUMBER, [1.0])})[:-1], assembler)
    [end] = assembler.finish()
    assert isinstance(end, RunEnd)
    assert end.stop is None
    assert assembler.finish() == []


@pytest.mark.parametrize(
    ("name", "doc", "expected"),
    [
        ("start", {"time": 0.0}, "'uid' is missing"),
        ("event", {"uid": "e", "descriptor": "d", "seq_num": "one", "data": {}}, "'seq_num' is 'one'"),
        ("event_page", {"descriptor": "d", "seq_num": [1]}, "taken apart"),
        ("stream_datum", {"descriptor": "d", "stream_resource": "r"}, "stream_datum.indices"),
        ("stop", [], "expected a mapping"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_words_and_the_next_one_is_taken(
    name: str, doc: Any, expected: str, compose: Compose, assemble: Assemble
) -> None:
    assembler = Assembler()
    with pytest.raises(DocumentError, match=expected):
        assembler.feed(name, doc)
    assert len(assemble(compose({"x": (NUMBER, [1.0])}), assembler)) == 3


def test_a_kind_of_document_nobody_knows_is_counted() -> None:
    assembler = Assembler()
    assert assembler.feed("telegram", {}) == []
    assert assembler.notes == {"unknown kind of document: telegram": 1}


@pytest.mark.parametrize("dtype", ["<u2", "<f4", ">i4", "<f8", "|b1"])
def test_a_live_array_and_its_json_list_give_the_same_values(
    dtype: str, compose: Compose, assemble: Assemble, same_events: Callable[..., None]
) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    key = {"dtype": "array", "shape": [3, 4], "dtype_numpy": dtype}
    documents = compose({"image": (key, [array])})
    listed = copy.deepcopy(documents)
    listed[2][1]["data"]["image"] = array.tolist()
    same_events(assemble(documents), assemble(listed))


def test_a_list_that_would_lose_something_as_the_declared_type_is_not_forced_into_it(
    compose: Compose, assemble: Assemble
) -> None:
    key = {"dtype": "array", "shape": [2], "dtype_numpy": "<i8"}
    [_, event, _] = assemble(compose({"x": (key, [[1.5, 2.5]])}))
    assert event.data["x"].tolist() == [1.5, 2.5]


def test_numpy_scalars_become_plain_numbers_and_ragged_lists_stay(compose: Compose, assemble: Assemble) -> None:
    ragged = ({"dtype": "array", "shape": [None]}, [[[1, 2], [3]]])
    [_, event, _] = assemble(compose({"x": (NUMBER, [np.float32(0.1)]), "ragged": ragged}))
    assert type(event.data["x"]) is float
    assert event.data["ragged"] == [[1, 2], [3]]
