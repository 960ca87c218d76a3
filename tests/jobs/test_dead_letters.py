"""Dead letters keep what is needed to try again, in bounded room, and say what they left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from event_model import compose_run
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headrace import (
    DocumentError,
    Event,
    Graph,
    Job,
    NotReachableError,
    RunContext,
    Scalar,
    UsageError,
    Value,
    named,
    node,
    node_class,
)
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.dead_letters import dead_letters, find_letter
from headrace.engine.jobs.letter import INDEX, KeptLetter
from headrace.engine.jobs.letter_box import LETTERS, LetterBox
from headrace.engine.jobs.letter_look import look, looks
from headrace.engine.jobs.letter_retry import Retried, retry_event, retry_node
from headrace.engine.model.registry import Registry
from headrace.engine.runtime.dead_letters import DeadLetter, Given
from headrace.nodes import sink, source

Pair = tuple[str, Mapping[str, Any]]


@node
def below(value: Value, *, limit: float = 3.0) -> Value:
    """Refuse what is not below the limit."""
    if np.max(value) >= limit:
        msg = f"{np.max(value)} is too much"
        raise ValueError(msg)
    return value


@node
def rows_of(value: Value) -> Value:
    """Give a table."""
    return pd.DataFrame({"x": np.arange(3.0) + value, "name": ["a", "b", "c"]})


@node
def told(value: Value, *, event: Event | None = None, run: RunContext | None = None) -> Value:
    """Refuse always, with what event and run say."""
    assert event is not None
    assert run is not None
    msg = f"{event.key.seq_num} {event.data['x']} {run.start['sample']}"
    raise ValueError(msg)


class Climb:
    """Give the largest so far; refuse to go down."""

    def __init__(self, *, slack: float = 0.0) -> None:
        self._most = -np.inf
        self._slack = slack

    def update(self, value: Value) -> None:
        """Take one more."""
        if value < self._most - self._slack:
            msg = "down"
            raise ValueError(msg)
        self._most = max(self._most, value)

    def value(self) -> Scalar:
        """Give the largest."""
        return self._most


climb = node_class(Climb)
KINDS = Registry([one.node_type for one in (below, rows_of, told, climb, source, sink)])


def documents(*xs: Any, **metadata: Any) -> Iterator[Pair]:
    run = compose_run(time=metadata.pop("time", None), metadata=metadata)
    yield "start", run.start_doc
    key: dict[str, Any] = {"dtype": "number", "shape": [], "source": "sim"}
    if isinstance(xs[0], np.ndarray):
        key = {"dtype": "array", "shape": list(xs[0].shape), "source": "sim", "dtype_numpy": xs[0].dtype.str}
    stream = run.compose_descriptor(name="primary", data_keys={"x": key})
    yield "descriptor", stream.descriptor_doc
    for x in xs:
        yield "event", stream.compose_event(data={"x": x}, timestamps={"x": 0.0})
    yield "stop", run.compose_stop()


def failed(graph: Graph, to: Path, *pairs: Pair) -> list[KeptLetter]:
    with Job(graph, to=[to]) as job:
        job.run_documents(pairs)
        recent = [one.id for one in job.letters.recent]
    kept = [one for one in dead_letters(to) if one.id in recent]
    assert [one.id for one in kept] == recent
    return kept


LIMITED = Graph("g").keep(y=named("limited", below(source(field="x"))))


def test_a_letter_has_node_event_revision_parameters_traceback_and_the_inputs_themselves(tmp_path: Path) -> None:
    frames = [np.full((4, 5), value, "uint16") for value in (1, 7, 2, 9)]
    one, other = failed(LIMITED, tmp_path, *documents(*frames))
    assert (one.node, one.node_type, one.event, one.phase) == ("limited", "below", ("primary", 2), "event")
    assert (one.revision, dict(one.parameters), one.number, other.number) == (1, {"limit": 3.0}, 1, 2)
    assert one.error == "ValueError: 7 is too much"
    assert "raise ValueError" in one.trace
    kept = one.values()["inputs"]["value"]
    assert kept.dtype == np.dtype("uint16")
    np.testing.assert_array_equal(kept, frames[1])
    assert looks(other)["value"]["most"] == 9


def test_the_node_is_run_again_with_the_parameters_that_were_in_force_or_others(tmp_path: Path) -> None:
    letter, _ = failed(LIMITED, tmp_path, *documents(1.0, 7.0, 2.0, 9.0))
    again = retry_node(letter, KINDS)
    assert (again.success, again.error) == (False, "ValueError: 7.0 is too much")
    for changes in ({"limited.limit": 8}, {"limit": 8.0}):
        now = retry_node(letter, KINDS, changes=changes)
        assert (now.success, dict(now.outputs), now.parameters["limit"]) == (True, {"out": "7.0"}, 8.0)
    assert retry_node(letter, KINDS, parameters={"limit": 7.5}).success


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limited.limt": 1}, "no parameter 'limt'"),
        ({"other.limit": 1}, "of node 'limited'"),
        ({"limit": "x"}, "limited.limit"),
    ],
)
def test_changes_that_make_no_sense_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    letter, _ = failed(LIMITED, tmp_path, *documents(1.0, 7.0, 9.0))
    with pytest.raises(UsageError, match=said):
        retry_node(letter, KINDS, changes=changes)


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    graph = Graph("g").keep(y=named("limited", climb(rows_of(source(field="x")))))
    [letter] = failed(graph, tmp_path, *documents(5.0))
    pd.testing.assert_frame_equal(
        letter.values()["inputs"]["value"], pd.DataFrame({"x": [5.0, 6.0, 7.0], "name": ["a", "b", "c"]})
    )
    assert looks(letter)["value"]["columns"]["x"]["most"] == 7.0


def test_a_node_that_asks_for_event_and_run_gets_them_again(tmp_path: Path) -> None:
    graph = Graph("g").keep(y=named("told", told(source(field="x"))))
    [letter] = failed(graph, tmp_path, *documents(5.0, sample="rod"))
    assert letter.error == "ValueError: 1 5.0 rod"
    assert retry_node(letter, KINDS).error == letter.error


def test_a_node_with_state_begins_anew_and_that_is_said(tmp_path: Path) -> None:
    graph = Graph("g").keep(y=named("climb", climb(source(field="x"))))
    [letter] = failed(graph, tmp_path, *documents(5.0, 4.0))
    again = retry_node(letter, KINDS)
    assert (again.success, dict(again.outputs)) == (True, {"running": "4.0"})
    assert "began anew" in again.remarks[0]


@node
def ragged(value: Value) -> Value:
    """Give what no result can hold."""
    return {1, value}  # a set


def test_a_sink_that_could_not_keep_a_value_is_tried_again_too(tmp_path: Path) -> None:
    graph = Graph("g").keep(x=named("read", source(field="x")), y=named("ragged", ragged(source(field="x"))))
    [letter] = failed(graph, tmp_path, *documents(5.0))
    assert letter.node_type == "sink"
    assert "set can't be kept" in letter.left_out["y"]
    with pytest.raises(DocumentError, match="input y was not kept"):
        retry_node(letter, KINDS)


def test_the_whole_event_is_run_again_from_the_store_of_raw_runs(tmp_path: Path) -> None:
    with FolderStoreWriter(tmp_path / "raw") as write:
        pairs = list(documents(1.0, 7.0, 2.0, 9.0))
        for name, doc in pairs:
            write(name, doc)
    letter, _ = failed(LIMITED, tmp_path / "results", *pairs)
    again = retry_event(letter, tmp_path / "raw", LIMITED)
    assert (again.success, again.error) == (False, "ValueError: 7.0 is too much")
    now = retry_event(letter, tmp_path / "raw", LIMITED, {"limited.limit": 8})
    assert (now.success, now.outputs["limited"]) == (True, "7.0")
    with pytest.raises(NotReachableError):
        retry_event(letter, tmp_path / "results", LIMITED)


def test_room_is_bounded_and_one_node_can_not_take_it_all(tmp_path: Path) -> None:
    frame = np.zeros((100, 100))
    box = LetterBox(tmp_path, most_bytes=500_000)
    for number in range(1, 9):
        box.take(_letter("a" if number < 7 else "b", number, frame), "result")
    kept = [bool(one.file) for one in dead_letters(tmp_path / "result")]
    assert kept == [True] * 3 + [False] * 3 + [True] * 2
    left_out = dead_letters(tmp_path / "result")[3]
    assert "0.1 MB" in left_out.left_out["inputs"]
    with pytest.raises(DocumentError, match="were not kept"):
        left_out.values()
    size = sum(path.stat().st_size for path in (tmp_path / "result").glob("*.inputs"))
    assert size < 500_000


def _letter(name: str, number: int, value: Any) -> DeadLetter:
    plan_less = Given({"value": value}, None, None, None, None)
    return DeadLetter("g", name, "below", "run", None, None, "end", 1, {"value": "?"}, "E: x", "", plan_less)


def test_a_letter_pins_no_inputs_once_it_was_handed_over(tmp_path: Path) -> None:
    with Job(LIMITED) as job:
        job.run_documents(documents(np.full((4, 5), 7.0)))
        [finished] = job.finished
    assert finished.summary.first_failure is not None
    assert finished.summary.first_failure.given is not None
    assert not finished.summary.first_failure.given.values
    assert job.letters.recent[0].left_out == {"inputs": "no folder to keep them"}


def test_a_value_that_can_not_be_kept_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    box = LetterBox(tmp_path)
    kept = box.take(_letter("a", 1, object()), "result")
    assert "object can't be kept" in kept.left_out["value"]
    with pytest.raises(DocumentError, match="input value was not kept"):
        retry_node(kept, KINDS)


def test_a_disk_that_can_not_be_written_harms_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / LETTERS).write_text("a file in the way")
    with Job(LIMITED, to=[tmp_path]) as job:
        job.run_documents(documents(1.0, 7.0))
        [finished] = job.finished
        [letter] = job.letters.recent
    assert finished.summary.failures == 1
    assert not letter.file
    assert "can't be kept" in caplog.text


def test_an_index_that_was_cut_off_and_files_that_are_damaged_are_said(tmp_path: Path) -> None:
    first, second = failed(LIMITED, tmp_path, *documents(1.0, 7.0, 9.0))
    assert first.folder is not None
    index = first.folder / INDEX
    index.write_text(index.read_text()[:-20])
    assert [one.number for one in dead_letters(tmp_path)] == [1]
    assert second.folder is not None
    (second.folder / second.file).write_bytes(b"\xff" * 40)
    (first.folder / first.file).unlink()
    for one in (first, second):
        with pytest.raises(DocumentError, match="can't be read"):
            one.values()


def test_letters_are_found_by_result_store_and_place(tmp_path: Path) -> None:
    [one] = failed(LIMITED, tmp_path, *documents(7.0, time=1.0))
    two = failed(LIMITED, tmp_path, *documents(8.0, time=2.0))[-1]
    assert [letter.id for letter in dead_letters(tmp_path)] == [one.id, two.id]
    for address in (tmp_path / two.result, f"{tmp_path}/{two.result[:8]}", f"{tmp_path}/-1"):
        assert [letter.id for letter in dead_letters(address)] == [two.id]
    assert find_letter([one, two], two.id) is two
    with pytest.raises(UsageError, match="several dead letters"):
        find_letter([one, two], "1")
    with pytest.raises(NotReachableError, match="no dead letter '7'"):
        find_letter([one, two], "7")
    with pytest.raises(NotReachableError):
        dead_letters(tmp_path / "nothing" / "at-all")


def test_a_result_without_kept_letters_still_lists_what_its_documents_say(tmp_path: Path) -> None:
    [one] = failed(LIMITED, tmp_path, *documents(7.0))
    assert one.folder is not None
    for path in one.folder.iterdir():
        path.unlink()
    [again] = dead_letters(tmp_path / one.result)
    assert (again.node, again.error, again.event) == (one.node, one.error, one.event)
    with pytest.raises(DocumentError, match="were not kept"):
        again.values()


def test_where_nobody_looks_after_them_old_letters_go(tmp_path: Path) -> None:
    box = LetterBox(tmp_path, swept=True)
    for number in range(205):
        box.take(_letter("a", 1, 1.0), f"result{number:03}")
    folders = sorted(path.name for path in tmp_path.iterdir())
    assert len(folders) == 200
    assert folders[-1] == "result204"


def test_a_uid_from_outside_leads_nowhere(tmp_path: Path) -> None:
    LetterBox(tmp_path / "letters").take(_letter("a", 1, 1.0), "../../outside")
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]
    letter = KeptLetter.from_dict(
        {**json.loads(next((tmp_path / "letters").glob("*/*.jsonl")).read_text()), "file": "../../../secret"},
        tmp_path / "letters",
    )
    (tmp_path / "secret").write_text("x")
    with pytest.raises(DocumentError, match="can't be read"):
        letter.values()


ARRAYS = hnp.arrays(
    st.sampled_from(["u1", "i4", "f4", "f8", "c16", "?"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@settings(max_examples=60, deadline=None)
@given(array=ARRAYS)
def test_any_array_comes_back_bit_for_bit_also_a_window_into_another(
    tmp_path_factory: pytest.TempPathFactory, array: Any
) -> None:
    folder = tmp_path_factory.mktemp("letters")
    for value in (array, array.T, array[::-1] if array.ndim else array):
        kept = LetterBox(folder).take(_letter("a", 1, value), "result")
        back = kept.values()["inputs"]["value"]
        np.testing.assert_array_equal(back, value, strict=True)
        look(back)


def test_what_came_of_it_is_plain_data(tmp_path: Path) -> None:
    letter, _ = failed(LIMITED, tmp_path, *documents(1.0, 7.0, 9.0))
    came: Callable[..., Retried] = retry_node
    assert json.loads(json.dumps(came(letter, KINDS).to_dict()))["success"] is False
