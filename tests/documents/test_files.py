"""Document files of every writer, whole and damaged."""

from __future__ import annotations

import importlib
import json
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.engine.documents.files import last_document, read_documents, read_starts
from headrace.engine.model.errors import DocumentError, NotReachableError

ARRAY = {"dtype": "array", "shape": [3, 2], "dtype_numpy": "<f4"}
NUMBER = {"dtype": "number", "shape": []}
Compose = Callable[..., list[tuple[str, dict[str, Any]]]]


def write_lines(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("as_mapping", [True, False])
def test_lines_of_either_form_are_read(as_mapping: bool, compose: Compose, tmp_path: Path) -> None:
    documents = compose({"x": (NUMBER, [1.0, 2.0])})
    lines: list[Any] = [{"name": name, "doc": doc} if as_mapping else [name, doc] for name, doc in documents]
    path = write_lines(tmp_path / "a.jsonl", lines)
    assert list(read_documents(path)) == documents
    assert list(read_starts(path)) == [documents[0][1]]
    assert last_document(path) == documents[-1]


def test_files_of_both_suitcases_give_the_events_that_were_put_in(
    compose: Compose,
    assemble: Callable[..., list[Any]],
    same_events: Callable[..., None],
    tmp_path: Path,
) -> None:
    import suitcase.jsonl
    import suitcase.msgpack

    frames = [np.random.default_rng(i).random((3, 2)).astype("<f4") for i in range(3)]
    documents = compose({"image": (ARRAY, frames), "x": (NUMBER, [1.0, float("nan"), 3.0])})
    expected = assemble(documents)
    for suitcase_kind, suffix in ((suitcase.jsonl, "jsonl"), (suitcase.msgpack, "msgpack")):
        suitcase_kind.export(iter(documents), str(tmp_path))
        path = tmp_path / f"{documents[0][1]['uid']}.{suffix}"
        same_events(assemble(read_documents(path)), expected)
        assert next(read_starts(path)) == documents[0][1]
        assert last_document(path) == documents[-1]


def test_a_damaged_line_is_named_by_its_number(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"x": (NUMBER, [1.0, 2.0])})
    path = write_lines(tmp_path / "a.jsonl", [list(pair) for pair in documents])
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2][:30] + "\n", *lines[3:]]))
    with pytest.raises(DocumentError, match=r"a.jsonl:3: not JSON .*expected a line with a name"):
        list(read_documents(path))
    write_lines(path, [["start", {"uid": "u"}], {"temperature": 3}])
    with pytest.raises(DocumentError, match=r"a.jsonl:2: not a document; expected"):
        list(read_documents(path))


def test_a_last_line_that_was_cut_short_is_left_out_and_counted(compose: Compose, tmp_path: Path) -> None:
    documents = compose({"x": (NUMBER, [1.0, 2.0])})
    path = write_lines(tmp_path / "a.jsonl", [list(pair) for pair in documents])
    path.write_bytes(path.read_bytes()[:-9])
    notes: Counter[str] = Counter()
    assert list(read_documents(path, notes)) == documents[:-1]
    assert notes == {"last line incomplete": 1}
    assert last_document(path) is None


def test_a_msgpack_file_that_was_cut_short_gives_what_is_whole(compose: Compose, tmp_path: Path) -> None:
    import msgpack

    documents = compose({"x": (NUMBER, [1.0])})
    path = tmp_path / "a.msgpack"
    path.write_bytes(b"".join(msgpack.packb(list(pair)) for pair in documents)[:-5])
    notes: Counter[str] = Counter()
    assert list(read_documents(path, notes)) == documents[:-1]
    assert notes == {"last document incomplete": 1}


def test_pickled_objects_in_a_msgpack_file_are_refused_and_not_run(tmp_path: Path) -> None:
    import msgpack

    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    packed = {b"nd": True, b"kind": b"O", b"type": "|O8", b"shape": [1], b"data": pickle.dumps(Trap())}
    path = tmp_path / "a.msgpack"
    path.write_bytes(msgpack.packb(["start", {"uid": "u", "trap": packed}]))
    with pytest.raises(DocumentError, match="could run code"):
        list(read_documents(path))
    path.write_bytes(msgpack.packb(["start", {"uid": "u", "trap": {**packed, b"kind": b""}}]))
    with pytest.raises(DocumentError, match="Python objects"):
        list(read_documents(path))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "content", [b"\xc1 not msgpack", b"\x01\x02", b"\x92\xa5start\xa5hello", b"\x92\xa5start\x81\xc4\x02nd\xc3"]
)
def test_something_else_in_a_msgpack_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.msgpack").write_bytes(content)
    with pytest.raises(DocumentError, match=r"a.msgpack, byte 0"):
        list(read_documents(tmp_path / "a.msgpack"))


def test_numpy_scalars_structured_arrays_and_complex_numbers_come_back_from_msgpack(tmp_path: Path) -> None:
    import msgpack

    table = np.array([(1, 2.5)], dtype=[("n", "<i4"), ("x", "<f8")])
    doc = {"uid": "u", "scalar": np.float32(1.5), "table": table, "complex": 1 + 2j}
    (tmp_path / "a.msgpack").write_bytes(
        msgpack.packb(["start", doc], default=importlib.import_module("msgpack_numpy").encode)
    )
    [(_, back)] = read_documents(tmp_path / "a.msgpack")
    assert (back["scalar"], back["complex"]) == (np.float32(1.5), 1 + 2j)
    assert back["table"].dtype == table.dtype
    assert back["table"].tobytes() == table.tobytes()


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.msgpack"):
        with pytest.raises(NotReachableError, match=rf"can't read .*{name}: No such file"):
            list(read_documents(tmp_path / name))
    with pytest.raises(DocumentError, match=r"no document file; expected a name that ends in .jsonl"):
        list(read_documents(tmp_path / "a.csv"))


def test_start_documents_are_found_without_reading_the_rest(compose: Compose, tmp_path: Path) -> None:
    one, two = compose({"x": (NUMBER, [1.0])}), compose({"x": (NUMBER, [2.0])})
    path = write_lines(tmp_path / "a.jsonl", [list(pair) for pair in [*one, *two]])
    path.write_text(path.read_text() + '["event", damaged]\n\n{"doc": {"uid": "odd"}, "name": "start"}\n["st')
    assert [start["uid"] for start in read_starts(path)] == [one[0][1]["uid"], two[0][1]["uid"], "odd"]
