"""The journal: what is written comes back, whatever happens to the files."""

from __future__ import annotations

import json
import os
import resource
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zmq
from event_model import compose_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.engine.documents.address import open_run, open_source
from headrace.engine.documents.journal import Journal
from headrace.engine.documents.journal_bounds import Bounds, Kept, to_drop
from headrace.engine.documents.journal_record import FILE_HEAD
from headrace.engine.documents.journal_store import JournalStore
from headrace.engine.documents.packing import packb
from headrace.engine.documents.raw_parts import pack_parts
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.documents.wire_message import read_message
from headrace.engine.model.errors import NotReachableError, UsageError

Pair = tuple[str, Mapping[str, Any]]
Write = Callable[..., None]


def taken(events: int = 5, side: int = 8, **metadata: Any) -> list[Pair]:
    """Compose a run with in-line images."""
    run = compose_run(metadata=metadata)
    keys: Any = {"image": {"dtype": "array", "shape": [side, side], "source": "sim", "dtype_numpy": "<u2"}}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    documents: list[Pair] = [("start", run.start_doc), ("descriptor", stream.descriptor_doc)]
    for number in range(events):
        image = np.full((side, side), number, "<u2")
        documents.append(("event", stream.compose_event(data={"image": image}, timestamps={"image": 0.0}, time=1.0)))
    return [*documents, ("stop", run.compose_stop())]


def uid_of(documents: list[Pair]) -> str:
    return str(documents[0][1]["uid"])


def write(journal: Journal, documents: list[Pair]) -> None:
    for name, doc in documents:
        journal.append(b"raw", name, [packb(doc)], doc)


def named(documents: Any) -> list[tuple[str, str]]:
    return [(name, str(doc["uid"])) for name, doc in documents]


def interleaved(*runs: list[Pair]) -> list[Pair]:
    return [run[place] for place in range(max(map(len, runs))) for run in runs if place < len(run)]


def test_runs_that_were_interleaved_come_back_apart_and_unchanged(tmp_path: Path) -> None:
    one, other = taken(4), taken(6)
    with Journal(tmp_path) as journal:
        write(journal, interleaved(one, other))
        assert named(journal.documents(uid_of(one))) == named(one)
        assert named(journal.documents(uid_of(other))) == named(other)
        assert named(journal.documents(uid_of(one), uid_of(other))) == named(interleaved(one, other))
        events = [doc for name, doc in journal.documents(uid_of(one)) if name == "event"]
        for event, (_, expected) in zip(events, one[2:-1], strict=True):
            np.testing.assert_array_equal(event["data"]["image"], expected["data"]["image"], strict=True)


def test_a_message_in_several_parts_comes_back_as_one_document(tmp_path: Path) -> None:
    documents = taken(2, side=256)
    with Journal(tmp_path) as journal:
        for name, doc in documents:
            body, arrays = pack_parts(doc)
            journal.append(b"raw", name, [body, *(array.data.cast("B") for array in arrays)], doc)
        back = list(journal.documents(uid_of(documents)))
    assert named(back) == named(documents)
    np.testing.assert_array_equal(back[3][1]["data"]["image"], documents[3][1]["data"]["image"], strict=True)


@pytest.mark.parametrize("raw", [False, True])
def test_a_message_is_kept_as_it_came_from_the_wire(tmp_path: Path, raw: bool) -> None:
    documents = taken(2, side=256)
    with Journal(tmp_path) as journal:
        for name, doc in documents:
            body, arrays = pack_parts(doc) if raw else (packb(doc), [])
            frames = [zmq.Frame(b"raw " + name.encode() + b" " + body), *map(zmq.Frame, arrays)]
            message = read_message(frames)
            assert message is not None
            journal.receive(message, frames)
            assert journal.place_of(message.doc) is not None
        back = list(journal.documents(uid_of(documents)))
    assert named(back) == named(documents)
    np.testing.assert_array_equal(back[3][1]["data"]["image"], documents[3][1]["data"]["image"], strict=True)


def test_a_journal_is_read_as_a_store_of_runs(tmp_path: Path, same_events: Callable[..., None]) -> None:
    dark = taken(1, dark_frame=True)
    light = taken(3, sc_dk_field_uid=uid_of(dark))
    with FolderStoreWriter(tmp_path / "store") as keep:
        for name, doc in [*dark, *light]:
            keep(name, doc)
    with Journal(tmp_path / "journal") as journal:
        write(journal, [*dark, *light])
        found = journal.find_run(uid_of(dark))
    assert found is not None
    assert found.uid == uid_of(dark)
    assert {run.uid for run in open_source(tmp_path / "journal")} == {uid_of(dark), uid_of(light)}
    run = open_run(tmp_path / "journal" / uid_of(light)[:8])
    assert run.uid == open_run(f"{tmp_path}/journal/-1").uid == uid_of(light)
    assert run.stop == open_run(tmp_path / "store" / uid_of(light)).stop
    same_events(run.records(), open_run(tmp_path / "store" / uid_of(light)).records())
    context = next(iter(run.records()))
    assert context.find_run(uid_of(dark)) is not None  # type: ignore[union-attr]


def test_a_run_under_way_is_listed_but_not_found_by_those_that_refer_to_it(tmp_path: Path) -> None:
    run = taken(3)
    with Journal(tmp_path) as journal:
        write(journal, run[:-1])
        store = JournalStore(tmp_path)
        assert [one.uid for one in store.runs()] == [uid_of(run)]
        assert store.find(uid_of(run)).stop is None
        assert store.find_run(uid_of(run)) is None
        assert journal.find_run(uid_of(run)) is None
        write(journal, run[-1:])
        assert store.find_run(uid_of(run)) is not None
        assert named(store.find(-1).documents()) == named(run)


def test_what_comes_again_after_a_run_has_ended_is_not_read_again(tmp_path: Path) -> None:
    run = taken(3)
    with Journal(tmp_path) as journal:
        write(journal, [*run, *run])
    assert named(open_run(tmp_path / uid_of(run)).documents()) == named(run)


def test_a_folder_that_is_no_journal_stays_what_it_was(tmp_path: Path) -> None:
    with pytest.raises(NotReachableError, match="there is no run"):
        open_source(tmp_path)


def test_events_after_a_restart_belong_to_the_run_that_began_before_it(tmp_path: Path) -> None:
    run = taken(6)
    for part in (run[:3], run[3:5], run[5:]):
        with Journal(tmp_path) as journal:
            write(journal, part)
    with Journal(tmp_path) as journal:
        assert named(journal.documents(uid_of(run))) == named(run)
        assert journal.first_segment == 4
        assert named(journal.documents(uid_of(run), before=2)) == named(run[:3])


def test_two_programs_do_not_write_the_same_journal(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(UsageError, match="another program"):
        Journal(tmp_path)


def test_a_place_that_can_not_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotReachableError, match="can't write a journal"):
        Journal(tmp_path / "file")


# Damage


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Pair], list[int]]:
    """Give the file of a journal, what is in it, and where each record ends."""
    folder = tmp_path_factory.mktemp("journal")
    documents = interleaved(taken(3, side=4), taken(3, side=4))
    ends = []
    with Journal(folder) as journal:
        for name, doc in documents:
            journal.append(b"raw", name, [packb(doc)], doc)
            ends.append((folder / "00000001.journal").stat().st_size)
    return (folder / "00000001.journal").read_bytes(), documents, ends


def read_all(folder: Path) -> list[tuple[str, str]]:
    with Journal(folder) as journal:
        runs = list(journal.runs())
        return named(journal.documents(*runs))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
def test_a_journal_that_ends_anywhere_holds_all_that_was_whole_before(
    share: float, written: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content, documents, ends = written
    length = int(share * len(content))
    folder = tmp_path_factory.mktemp("cut")
    (folder / "00000001.journal").write_bytes(content[:length])
    whole = [pair for pair, end in zip(documents, ends, strict=True) if end <= length]
    assert read_all(folder) == named(whole)
    sound = max([min(length, len(FILE_HEAD)), *(end for end in ends if end <= length)])
    assert (folder / "00000001.journal").stat().st_size == sound
    with Journal(folder) as journal:  # and it goes on from there
        write(journal, documents[len(whole) :])
        assert named(journal.documents(*journal.runs())) == named(documents)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_damaged_byte_costs_one_document_at_most_and_is_counted(
    share: float, flip: int, written: Any, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    content, documents, ends = written
    at = int(share * len(content))
    damaged = bytearray(content)
    damaged[at] ^= flip
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "00000001.journal").write_bytes(damaged)
    hit = next((number for number, end in enumerate(ends) if len(FILE_HEAD) <= at < end), None)
    left = [pair for number, pair in enumerate(documents) if number != hit or at < len(FILE_HEAD)]
    with Journal(folder) as journal:
        back = named(journal.documents(uid_of(documents), str(documents[1][1]["uid"])))
        assert back == named(left)
        assert journal.stats.corrupt >= 1 or "cut off" in caplog.text
    assert caplog.text
    caplog.clear()


def test_a_journal_whose_summaries_are_gone_or_damaged_is_gone_through_anew(tmp_path: Path) -> None:
    run = taken(4)
    with Journal(tmp_path) as journal:
        write(journal, run)
        journal.note("finished", {"run": uid_of(run), "graph": "g"})
    index = tmp_path / "00000001.index"
    for text in (index.read_text(), "{", json.dumps({"form": 1}), "[]", "null"):
        index.write_text(text)
        with Journal(tmp_path) as journal:
            assert named(journal.documents(uid_of(run))) == named(run)
            assert [note.data["graph"] for note in journal.notes(uid_of(run))] == ["g"]
    index.unlink()
    assert len(JournalStore(tmp_path).runs()) == 1


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Let no file grow larger: writing more fails as on a disk that is full, in the middle of a record too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_is_counted_and_said_and_what_follows_is_sound(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = taken(20, side=32)
    with Journal(tmp_path) as journal:
        write(journal, run[:5])
        size = (tmp_path / "00000001.journal").stat().st_size
        with at_most(size + 1000):
            write(journal, run[5:9])
            assert journal.stats.unwritten == 4
            assert journal.stats.problem
            assert journal.place_of(run[8][1]) is None
        assert caplog.text.count("can't be written") == 1
        write(journal, run[9:])
        assert journal.stats.problem == ""
        assert "4 documents are missing" in caplog.text
        assert named(journal.documents(uid_of(run))) == named([*run[:5], *run[9:]])
    assert named(open_run(tmp_path / uid_of(run)).documents()) == named([*run[:5], *run[9:]])


# Bounds

kept = st.builds(Kept, st.integers(1, 99), st.integers(0, 100), st.floats(0, 100), st.booleans())


@given(segments=st.lists(kept, max_size=9), most=st.integers(0, 500), age=st.floats(1, 100))
def test_bounds_hold_and_what_is_under_way_goes_last(segments: list[Kept], most: int, age: float) -> None:
    segments = sorted({one.number: one for one in segments}.values(), key=lambda one: one.number)
    bounds = Bounds(most, age)
    gone = list(to_drop(segments, bounds, now=100.0))
    left = [one for one in segments if one not in gone]
    assert sum(one.bytes for one in left) <= most or not left
    assert all(100.0 - one.newest <= age for one in left)
    young = [one for one in gone if 100.0 - one.newest <= age]
    if any(one.needed for one in young):
        assert all(one.needed for one in left)
    for needed in (False, True):
        numbers = [one.number for one in young if one.needed is needed]
        assert numbers == sorted(numbers)
        assert all(one.number > number for number in numbers for one in left if one.needed is needed)


def test_a_journal_stays_within_its_bytes_and_keeps_the_run_under_way(tmp_path: Path) -> None:
    bounds = Bounds(200_000)
    with Journal(tmp_path, bounds, segment_bytes=20_000) as journal:
        current = taken(60, side=16)
        write(journal, current[:10])
        for _ in range(40):
            over = taken(10, side=16)
            write(journal, over)
            journal.release(uid_of(over))
            assert sum(path.stat().st_size for path in tmp_path.glob("*.journal")) <= bounds.bytes
        stats = journal.stats
        assert stats.bytes <= bounds.bytes
        assert (stats.dropped_segments > 0, stats.dropped_under_way) == (True, 0)
        write(journal, current[10:])
        assert named(journal.documents(uid_of(current))) == named(current)
        assert list(journal.notes()) == []


def test_a_run_that_alone_is_more_than_the_journal_may_hold_loses_its_beginning_which_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Journal(tmp_path, Bounds(100_000), segment_bytes=20_000) as journal:
        run = taken(400, side=16)
        write(journal, run)
        assert journal.stats.bytes <= 100_000
        assert journal.stats.dropped_under_way > 0
        assert f"goes although it holds what is under way: {uid_of(run)}" in caplog.text


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        write(journal, taken(3))
        journal.release(*journal.under_way())
    with Journal(tmp_path, Bounds(age=1e-9)) as journal:
        run = taken(2)
        write(journal, run)
        assert list(journal.runs()) == [uid_of(run)]
        assert journal.stats.dropped_segments == 1


def test_what_each_segment_begins_with_is_known_as_long_as_any_is_left(tmp_path: Path) -> None:
    with Journal(tmp_path, Bounds(50_000), segment_bytes=5_000) as journal:
        journal.heading("service", {"service": "a1"})
        for _ in range(20):
            run = taken(10, side=16)
            write(journal, run)
            journal.release(uid_of(run))
        assert journal.stats.dropped_segments > 0
        first = journal.runs()[uid_of(run)].segment
        assert [note.data for note in journal.notes() if note.segment == first] == [{"service": "a1"}]


def test_notes_come_back_in_order_and_by_run(tmp_path: Path) -> None:
    run = taken(1)
    with Journal(tmp_path) as journal:
        write(journal, run)
        journal.note("revision", {"run": uid_of(run), "number": 1, "first": ["primary", 3]})
        journal.note("other", {"text": "é"})
        journal.note("revision", {"run": uid_of(run), "number": 2, "first": None})
    with Journal(tmp_path) as journal:
        assert [note.data["number"] for note in journal.notes(uid_of(run))] == [1, 2]
        assert [(note.kind, note.data) for note in journal.notes()] == [("other", {"text": "é"})]


@pytest.mark.parametrize("sync", ["never", "second", "always"])
def test_however_it_is_synced_what_is_written_is_there(tmp_path: Path, sync: Any) -> None:
    run = taken(5)
    with Journal(tmp_path, sync=sync) as journal:
        write(journal, run)
        assert named(journal.documents(uid_of(run))) == named(run)


def test_a_run_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    run = taken(300, side=16)
    seen: list[int] = []
    with Journal(tmp_path, segment_bytes=30_000) as journal:
        thread = threading.Thread(target=write, args=(journal, run))
        write(journal, run[:1])
        thread.start()
        while thread.is_alive():
            documents = named(journal.documents(uid_of(run)))
            assert documents[1:] == named(run)[: len(documents) - 1]
            other = named(JournalStore(tmp_path).find(uid_of(run)).documents())
            assert other[1:] == named(run)[: len(other) - 1]
            seen.append(len(documents))
        thread.join()
    assert seen == sorted(seen)


def test_a_journal_counts_what_it_holds(tmp_path: Path) -> None:
    runs = [taken(3), taken(4)]
    with Journal(tmp_path) as journal:
        assert (journal.stats.bytes, journal.stats.oldest) == (0, None)
        for run in runs:
            write(journal, run)
        stats = journal.stats
        assert (stats.records, stats.runs, stats.segments, stats.under_way) == (6 + 7, 2, 1, 2)
        assert stats.bytes == os.path.getsize(tmp_path / "00000001.journal")
