"""What a user may write to name stored runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.documents.address import open_run, open_source
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.records import Event

NUMBER = {"dtype": "number", "shape": []}
Compose = Callable[..., list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def store(compose: Compose, tmp_path: Path) -> Path:
    with FolderStoreWriter(tmp_path / "store") as write:
        for uid, time in (("aa-1", 1.0), ("ab-2", 2.0)):
            for name, doc in compose({"x": (NUMBER, [time])}, uid=uid, time=time):
                write(name, doc)
    return tmp_path / "store"


@pytest.mark.parametrize(
    ("tail", "uids"),
    [
        ("", ["aa-1", "ab-2"]),
        ("/", ["aa-1", "ab-2"]),
        ("/aa-1", ["aa-1"]),
        ("/aa", ["aa-1"]),
        (":ab", ["ab-2"]),
        ("/-1", ["ab-2"]),
        (":-2", ["aa-1"]),
        ("/aa-1/documents.jsonl", ["aa-1"]),
    ],
)
def test_every_form_of_address_names_its_runs(tail: str, uids: list[str], store: Path) -> None:
    assert [run.uid for run in open_source(f"{store}{tail}")] == uids


def test_a_path_with_a_colon_that_is_there_wins(store: Path, tmp_path: Path) -> None:
    (tmp_path / "store:aa-1").mkdir()
    (tmp_path / "store:aa-1" / "documents.jsonl").write_text('["start", {"uid": "other", "time": 0}]\n')
    assert open_run(f"{store}:aa-1").uid == "other"


def test_a_file_of_several_runs_gives_each_with_its_own_events(compose: Compose, tmp_path: Path) -> None:
    one, two = compose({"x": (NUMBER, [1.0])}), compose({"x": (NUMBER, [2.0])})
    mixed = [pair for pairs in zip(one, two, strict=True) for pair in pairs]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in mixed))
    runs = open_source(tmp_path / "a.jsonl")
    assert [run.uid for run in runs] == [one[0][1]["uid"], two[0][1]["uid"]]
    for run, value in zip(runs, (1.0, 2.0), strict=True):
        assert [record.data["x"] for record in run.records() if isinstance(record, Event)] == [value]
        assert run.stop is not None
        assert run.stop["run_start"] == run.uid


def test_a_file_that_is_gone_or_misspelt_is_answered_with_the_nearest_name(store: Path) -> None:
    with pytest.raises(NotReachableError, match=r"there is no .*stroe' \(did you mean .*store'\?\); expected a"):
        open_source(store.parent / "stroe")
    with pytest.raises(NotReachableError, match=r"there is no .*document.jsonl.*did you mean .*documents.jsonl"):
        open_source(store / "aa-1" / "document.jsonl")
    with pytest.raises(NotReachableError, match="there is no run 'zz'"):
        open_source(f"{store}/zz")
    with pytest.raises(NotReachableError, match="there is no 'no/such/place'; expected a folder"):
        open_source("no/such/place")


def test_an_empty_folder_and_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReachableError, match="no run in"):
        open_source(tmp_path)
    (tmp_path / "a.csv").touch()
    with pytest.raises(UsageError, match="no document file"):
        open_source(tmp_path / "a.csv")
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(NotReachableError, match="no start document"):
        open_source(tmp_path / "a.jsonl")


def test_one_run_is_wanted_where_there_are_several(store: Path) -> None:
    with pytest.raises(UsageError, match=r"2 runs in .*store/-1 for the newest(.|\n)*ab-2"):
        open_run(store)
    with pytest.raises(UsageError, match="begin with 'a'"):
        open_run(f"{store}/a")
