"""Dark frames: where they come from, and what happens where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from headrace.engine.model.errors import DocumentError, HeadraceError, NotReachableError, UsageError
from headrace.engine.model.records import Event, EventKey, RecordedRun, RunContext
from headrace.engine.model.registry import installed
from headrace.engine.model.skip import SKIP

make = installed()["dark"].target
FRAMES = np.array([[[1, 2], [3, 4]], [[3, 2], [5, 4]]], dtype="uint16")


def _event(number: int, image: Any, stream: str = "primary") -> Event:
    return Event(EventKey("dark-uid", stream, number), 0.0, {"image": image, "i0": 1.0})


class _Run:
    """A recorded run in memory."""

    def __init__(self, *images: Any, stream: str = "primary") -> None:
        self.start: Mapping[str, Any] = {"uid": "dark-uid"}
        self._images, self._stream = images, stream

    def events(self, stream: str) -> Iterator[Event]:
        if stream == self._stream:
            yield from (_event(number, image, stream) for number, image in enumerate(self._images, 1))


def _context(run: RecordedRun | None = None, **start: Any) -> RunContext:
    return RunContext({"uid": "light", **start}, lambda uid: run if uid == "dark-uid" else None)


def test_the_dark_run_named_in_the_start_document_is_averaged_over_all_frames_of_all_events() -> None:
    run = _Run(FRAMES, FRAMES[:1] + 4)
    held = make(key="sc_dk_field_uid", field="image", run=_context(run, sc_dk_field_uid="dark-uid"))
    np.testing.assert_array_equal(held.begin(), np.mean([*FRAMES, FRAMES[0] + 4], axis=0))


def test_the_mean_of_one_event_is_numpys_bit_for_bit() -> None:
    frames = np.random.default_rng(1).normal(size=(7, 3, 4))
    held = make(uid="dark-uid", field="image", run=_context(_Run(frames)))
    np.testing.assert_array_equal(held.begin(), frames.mean(axis=0))


def test_a_key_may_be_a_path_into_the_start_document() -> None:
    held = make(key="darks.short", field="image", run=_context(_Run(FRAMES), darks={"short": "dark-uid"}))
    assert held.begin().tolist() == [[2.0, 2.0], [4.0, 4.0]]


@pytest.mark.parametrize(("index", "expected"), [(0, 1.0), (1, 5.0), (-1, 9.0), (None, 5.0)])
def test_an_index_picks_an_event_of_the_dark_run(index: int | None, expected: float) -> None:
    run = _Run(*(np.full((2, 2, 2), value) for value in (1, 5, 9)))
    held = make(uid="dark-uid", field="image", index=index, run=_context(run))
    assert held.begin().tolist() == np.full((2, 2), expected).tolist()


def test_frames_of_the_dark_run_may_be_in_another_stream() -> None:
    run = _context(_Run(FRAMES, stream="dark"))
    assert make(uid="dark-uid", field="image", run_stream="dark", run=run).begin().shape == (2, 2)
    with pytest.raises(DocumentError, match="has no event in stream 'primary'"):
        make(uid="dark-uid", field="image", run=run).begin()


@pytest.mark.parametrize(
    ("parameters", "start", "words"),
    [
        ({"key": "sc_dk_field_uid"}, {}, "names no dark run under 'sc_dk_field_uid'"),
        ({"key": "sc_dk_field_uid"}, {"sc_dk_field_uid": ""}, "names no dark run"),
        ({"key": "k"}, {"k": "other-uid"}, r"dark run 'other-uid' \(named under 'k' .*not known"),
        ({"uid": "other-uid"}, {}, "dark run 'other-uid' is not known"),
        ({"uid": "dark-uid", "index": 3}, {}, "has 1 events, so there is no index 3"),
    ],
)
def test_a_dark_that_is_not_there_is_an_error_a_gap_or_zero_as_declared(
    parameters: dict[str, Any], start: dict[str, Any], words: str
) -> None:
    run = _context(_Run(FRAMES), **start)
    with pytest.raises(DocumentError, match=words) as caught:
        make(field="image", run=run, **parameters).begin()
    assert "set 'missing' to 'skip' or 'zero'" in str(caught.value)
    skipping = make(field="image", run=run, missing="skip", **parameters)
    assert skipping.begin() is SKIP
    assert skipping.missing() is SKIP
    assert make(field="image", run=run, missing="zero", **parameters).begin().tolist() == [[0.0]]


@pytest.mark.parametrize("missing", ["error", "skip", "zero"])
def test_a_misspelt_field_is_an_error_whatever_is_declared(missing: str) -> None:
    held = make(uid="dark-uid", field="imag", missing=missing, run=_context(_Run(FRAMES)))
    with pytest.raises(DocumentError, match="no field 'imag'; it has 'image', 'i0'; did you mean 'image'"):
        held.begin()


def test_a_uid_that_is_no_text_is_an_error() -> None:
    with pytest.raises(DocumentError, match="expected the uid of a dark run"):
        make(key="k", field="image", missing="zero", run=_context(k=7)).begin()


def test_frames_of_different_shapes_in_a_dark_run_are_refused() -> None:
    held = make(uid="dark-uid", field="image", run=_context(_Run(FRAMES, np.zeros((3, 3)))))
    with pytest.raises(HeadraceError, match=r"\(2, 2\) and \(3, 3\); pick one by 'index'"):
        held.begin()


def test_each_event_of_a_dark_stream_replaces_the_dark() -> None:
    held = make(stream="dark", field="image")
    assert held.begin() is SKIP
    with pytest.raises(DocumentError, match="no event of stream 'dark' has come before this one"):
        held.missing()
    assert held.update(event=_event(1, FRAMES, "dark")).tolist() == [[2.0, 2.0], [4.0, 4.0]]
    assert held.update(event=_event(2, FRAMES[0], "dark")).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_an_index_picks_an_event_of_a_dark_stream() -> None:
    held = make(stream="dark", field="image", index=1)
    assert held.update(event=_event(1, FRAMES, "dark")) is SKIP
    assert held.update(event=_event(2, FRAMES[0], "dark")).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert held.update(event=_event(3, FRAMES, "dark")) is SKIP


def test_a_dark_run_holds_until_a_dark_is_taken_in_the_run_itself() -> None:
    run = _context(_Run(FRAMES), k="dark-uid")
    held = make(key="k", stream="dark", field="image", run=run)
    assert held.begin().tolist() == [[2.0, 2.0], [4.0, 4.0]]
    assert held.update(event=_event(1, FRAMES[0], "dark")).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_where_a_dark_stream_may_still_come_an_unknown_dark_run_is_no_error_yet() -> None:
    held = make(key="k", stream="dark", field="image", run=_context())
    assert held.begin() is SKIP
    with pytest.raises(DocumentError, match="names no dark run under 'k'"):
        held.missing()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "where does it come from"),
        ({"field": "image"}, "where does it come from"),
        ({"key": "k", "uid": "u", "field": "image"}, "key and uid both say"),
        ({"uid": "u", "file": "f.npy", "field": "image"}, "uid and file both say"),
        ({"key": "k"}, "give 'field'"),
        ({"file": "f.npy", "stream": "dark"}, "give 'field'"),
        ({"stream": "dark", "field": "image", "index": -2}, "not known while it runs"),
    ],
)
def test_an_origin_that_is_missing_or_ambiguous_is_refused(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make(**parameters)


def _write(folder: Path, name: str) -> None:
    path = folder / name
    if path.suffix == ".npy":
        np.save(path, FRAMES)
    elif path.suffix == ".npz":
        np.savez(path, dark=FRAMES, other=FRAMES * 2)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["entry/dark"] = FRAMES
            file["entry/other"] = FRAMES * 2
    else:
        tifffile.imwrite(path, FRAMES, photometric="minisblack")


@pytest.mark.parametrize("address", ["d.npy", "d.npz:dark", "d.tif", "d.tiff", "d.h5:entry/dark", "d.h5:/entry/dark"])
def test_a_dark_can_come_from_a_file(tmp_path: Path, address: str) -> None:
    _write(tmp_path, address.split(":")[0])
    found = make(file=str(tmp_path / address)).begin()
    assert found.tolist() == [[2.0, 2.0], [4.0, 4.0]]
    assert make(file=str(tmp_path / address), index=-1).begin().tolist() == [[3.0, 2.0], [5.0, 4.0]]


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("none.npy", NotReachableError, "no such file"),
        ("none.h5:entry/dark", NotReachableError, "no such file"),
        ("d.txt", DocumentError, "expected a file of one of the kinds"),
        ("broken.tif", DocumentError, "can't be read"),
        ("broken.npy", DocumentError, "can't be read"),
        ("broken.h5", DocumentError, "can't be read"),
        ("d.h5:entry/drk", DocumentError, "did you mean 'entry/dark'"),
        ("d.npz", DocumentError, "has 2 arrays"),
    ],
)
def test_a_file_that_can_not_be_read_is_an_error_whatever_is_declared(
    tmp_path: Path, address: str, error: type[Exception], words: str
) -> None:
    _write(tmp_path, "d.npz")
    _write(tmp_path, "d.h5")
    for name in ("d.txt", "broken.tif", "broken.npy", "broken.h5"):
        (tmp_path / name).write_bytes(b"no image at all")
    with pytest.raises(error, match=words):
        make(file=str(tmp_path / address), missing="zero").begin()


def test_a_file_that_holds_python_objects_is_refused_and_executes_nothing(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", np.array([{"any": "object"}]), allow_pickle=True)
    with pytest.raises(DocumentError, match="allow_pickle"):
        make(file=str(tmp_path / "d.npy")).begin()


def test_an_index_beyond_a_file_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, "d.npy")
    with pytest.raises(UsageError, match="has 2 frames, so there is no index 2"):
        make(file=str(tmp_path / "d.npy"), index=2).begin()
