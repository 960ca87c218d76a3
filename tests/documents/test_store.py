"""Finding runs in a folder, by uid, by its beginning, by their order, by address."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import event_model
import pytest

from headrace.engine.documents.store import FolderStore
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.records import Event, RecordedRun, RunContext

NUMBER = {"dtype": "number", "shape": []}
Compose = Callable[..., list[tuple[str, dict[str, Any]]]]


def put(folder: Path, documents: list[tuple[str, Any]]) -> None:
    with FolderStoreWriter(folder) as write:
        for name, doc in documents:
            write(name, doc)


@pytest.fixture
def three(compose: Compose, tmp_path: Path) -> Path:
    """A store of three runs with readable uids, put in out of order; one is a loose file."""
    for uid, time in (("aab-2", 2.0), ("aac-3", 3.0)):
        put(tmp_path, compose({"x": (NUMBER, [time])}, uid=uid, time=time, plan_name="count"))
    loose = compose({"x": (NUMBER, [1.0])}, uid="bbb-1", time=1.0)
    (tmp_path / "loose.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in loose))
    return tmp_path


def test_runs_are_listed_by_their_time_whatever_wrote_them(three: Path) -> None:
    (three / "notes.txt").write_text("not a run")
    (three / "readings.jsonl").write_text('{"temperature": 3}\n')
    store = FolderStore(three)
    assert [run.uid for run in store] == ["bbb-1", "aab-2", "aac-3"]
    assert store.notes == {"not a document file: readings.jsonl": 1}


def test_listing_reads_no_more_than_the_start_documents(three: Path) -> None:
    for path in (three / "aab-2" / "documents.jsonl", three / "loose.jsonl"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text(lines[0] + "damaged\n")
    assert len(FolderStore(three)) == 3


@pytest.mark.parametrize(
    ("which", "uid"),
    [("aab-2", "aab-2"), ("aab", "aab-2"), ("b", "bbb-1"), ("-1", "aac-3"), (-1, "aac-3"), (-3, "bbb-1")],
)
def test_a_run_is_found_by_uid_by_its_beginning_or_by_its_place(which: str | int, uid: str, three: Path) -> None:
    assert FolderStore(three).find(which).uid == uid


def test_a_beginning_that_fits_several_runs_names_them(three: Path) -> None:
    with pytest.raises(UsageError, match=r"2 runs in .* begin with 'aa'(.|\n)*aab-2  1970(.|\n)*count"):
        FolderStore(three).find("aa")


def test_a_run_that_is_not_there_is_answered_with_the_nearest(three: Path) -> None:
    with pytest.raises(NotReachableError, match=r"no run 'aab-3'(.|\n)*3 runs(.|\n)*Nearest(.|\n)*aab-2"):
        FolderStore(three).find("aab-3")
    with pytest.raises(NotReachableError, match=r"no run 'zzz'(.|\n)*newest are:(.|\n)*aac-3"):
        FolderStore(three).find("zzz")
    with pytest.raises(NotReachableError, match=r"no run -4 in .*it has 3 runs"):
        FolderStore(three).find(-4)
    with pytest.raises(NotReachableError, match="no folder"):
        FolderStore(three / "nowhere")


def test_runs_that_come_later_are_seen(three: Path, compose: Compose) -> None:
    store = FolderStore(three)
    assert store.find(-1).uid == "aac-3"
    put(three, compose({"x": (NUMBER, [4.0])}, uid="ccc-4", time=4.0))
    assert store.find(-1).uid == "ccc-4"


def test_a_run_knows_the_other_runs_of_its_store(three: Path) -> None:
    run: RecordedRun = FolderStore(three).find(-1)
    context = next(iter(FolderStore(three).find(-1).records()))
    assert isinstance(context, RunContext)
    dark = context.find_run("bbb-1")
    assert dark is not None
    assert [event.data["x"] for event in dark.events("primary")] == [1.0]
    assert context.find_run("bbb") is None  # only the whole uid: a dark must not be guessed
    assert list(run.events("no such stream")) == []


def test_the_same_run_can_be_read_again_and_reading_can_be_broken_off(three: Path) -> None:
    run = FolderStore(three).find("aab-2")
    next(iter(run.records()))
    assert [event.key.seq_num for event in run.events("primary")] == [1]
    assert [event.key.seq_num for event in run.events("primary")] == [1]
    assert run.stop is not None
    assert run.stop["exit_status"] == "success"


def test_events_of_streams_that_are_stored_in_pages_come_by_their_time(tmp_path: Path) -> None:
    run = event_model.compose_run(uid="u1")
    documents: list[tuple[str, Any]] = [("start", run.start_doc)]
    for stream, times in (("primary", [1.0, 3.0, 5.0]), ("monitor", [0.0, 2.0, 3.0, 9.0])):
        made = run.compose_descriptor(name=stream, data_keys={"x": {"source": "s", **NUMBER}})
        events = [made.compose_event(data={"x": t}, timestamps={"x": t}, time=t) for t in times]
        documents += [("descriptor", made.descriptor_doc), ("event_page", event_model.pack_event_page(*events))]
    documents.append(("stop", run.compose_stop()))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in documents))
    records = list(FolderStore(tmp_path).find(-1).records())
    order = [(r.time, r.key.stream) for r in records if isinstance(r, Event)]
    monitor, primary = "monitor", "primary"
    assert order == [
        *((0.0, monitor), (1.0, primary), (2.0, monitor), (3.0, primary)),
        *((3.0, monitor), (5.0, primary), (9.0, monitor)),
    ]
