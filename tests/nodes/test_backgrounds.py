"""Backgrounds: found with their own dark, and subtracted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from event_model import compose_run
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import headrace
from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.registry import installed
from headrace.engine.model.skip import SKIP
from headrace.nodes import background, background_subtract, source

make = installed()["background"].target
_IMAGES = hnp.arrays(np.uint16, (3, 4))


@given(hnp.arrays(np.uint16, (2, 3, 4)), _IMAGES, _IMAGES, _IMAGES, st.floats(0, 10), st.none() | st.floats(-9, 9))
def test_the_subtraction_is_its_formula(
    frame: Any, empty: Any, dark: Any, empty_dark: Any, scale: float, clip: float | None
) -> None:
    expected = (frame.astype(float) - dark) - (empty.astype(float) - empty_dark) * scale
    expected = expected if clip is None else np.maximum(expected, clip)
    found = background_subtract(frame, empty, dark, empty_dark, scale=scale, clip=clip)
    np.testing.assert_array_equal(found, expected)


def test_what_is_not_connected_is_not_subtracted_and_nothing_is_clipped_or_changed() -> None:
    frame, empty = np.array([[1, 9]], dtype="uint8"), np.array([[5.0, 5.0]])
    empty.flags.writeable = False
    assert background_subtract(frame, empty).tolist() == [[-4.0, 4.0]]
    assert background_subtract(frame, empty, np.array([[1]])).tolist() == [[-5.0, 3.0]]
    assert background_subtract(frame, np.zeros((1, 1)), background_dark=np.ones((1, 2))).tolist() == [[2.0, 10.0]]


def test_a_background_of_another_shape_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"\(2, 2\) and background has shape \(2, 3\)"):
        background_subtract(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(UsageError, match="background_dark has shape"):
        background_subtract(np.ones((2, 2)), np.ones((2, 2)), None, np.ones((3, 3)))


class _Run:
    """A recorded run in memory."""

    def __init__(self, streams: Mapping[str, list[Any]], **start: Any) -> None:
        self.start: Mapping[str, Any] = start
        self._streams = streams

    def events(self, stream: str) -> Iterator[Event]:
        for number, image in enumerate(self._streams.get(stream, []), 1):
            yield Event(EventKey(self.start["uid"], stream, number), 0.0, {"image": image})


EMPTY = np.full((2, 2, 2), 30, dtype="uint16")
DARK = np.array([[[10, 20], [10, 20]]], dtype="uint16")


def _context(streams: Mapping[str, list[Any]], **empty_start: Any) -> RunContext:
    runs = {
        "empty": _Run(streams, uid="empty", **empty_start),
        "empty-dark": _Run({"primary": [DARK, DARK + 2]}, uid="empty-dark"),
    }
    return RunContext({"uid": "light", "background_uid": "empty", "sc_dk_field_uid": "other"}, runs.get)


def test_the_background_is_averaged_and_its_own_dark_is_subtracted() -> None:
    run = _context({"primary": [EMPTY, EMPTY + 2]}, sc_dk_field_uid="empty-dark")
    for origin in ({"key": "background_uid"}, {"uid": "empty"}):
        assert make(field="image", run=run, **origin).begin().tolist() == [[20.0, 10.0], [20.0, 10.0]]
    assert make(field="image", uid="empty", index=1, run=run).begin().tolist() == [[21.0, 11.0], [21.0, 11.0]]


def test_the_newest_dark_of_the_background_run_itself_comes_before_the_one_it_names() -> None:
    run = _context({"primary": [EMPTY], "dark": [DARK, DARK + 5]}, sc_dk_field_uid="empty-dark")
    held = make(field="image", uid="empty", dark_stream="dark", run=run)
    assert held.begin().tolist() == [[15.0, 5.0], [15.0, 5.0]]
    without = _context({"primary": [EMPTY]}, sc_dk_field_uid="empty-dark")
    held = make(field="image", uid="empty", dark_stream="dark", run=without)
    assert held.begin().tolist() == [[19.0, 9.0], [19.0, 9.0]]


def test_no_dark_is_subtracted_where_none_shall_be() -> None:
    run = _context({"primary": [EMPTY]}, sc_dk_field_uid="empty-dark")
    assert make(field="image", uid="empty", dark_key=None, run=run).begin().tolist() == [[30.0, 30.0], [30.0, 30.0]]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"uid": "nowhere"}, "background run 'nowhere' is not known"),
        ({"key": "bg"}, "the start document names no background run under 'bg'"),
        ({"uid": "empty", "run_stream": "second"}, "has no event in stream 'second'"),
    ],
)
def test_a_background_that_is_not_there_is_an_error_a_gap_or_zero_as_declared(
    parameters: dict[str, Any], words: str
) -> None:
    run = _context({"primary": [EMPTY]}, sc_dk_field_uid="empty-dark")
    with pytest.raises(DocumentError, match=words):
        make(field="image", run=run, **parameters).begin()
    skipping = make(field="image", run=run, missing="skip", **parameters)
    assert (skipping.begin(), skipping.missing(), skipping.update()) == (SKIP, SKIP, SKIP)
    assert make(field="image", run=run, missing="zero", **parameters).begin().tolist() == [[0.0]]


@pytest.mark.parametrize("parameters", [{}, {"dark_stream": "dark"}, {"dark_stream": "dark", "dark_key": None}])
def test_a_background_without_its_dark_follows_the_declaration_too(parameters: dict[str, Any]) -> None:
    run = _context({"primary": [EMPTY]})
    with pytest.raises(DocumentError, match=r"background run 'empty' has no dark.*set 'missing'"):
        make(field="image", uid="empty", run=run, **parameters).begin()
    assert make(field="image", uid="empty", run=run, missing="skip", **parameters).begin() is SKIP
    held = make(field="image", uid="empty", run=run, missing="zero", **parameters)
    assert held.begin().tolist() == [[30.0, 30.0], [30.0, 30.0]]


def test_a_dark_of_another_shape_is_an_error_whatever_is_declared() -> None:
    run = _context({"primary": [np.zeros((3, 3))]}, sc_dk_field_uid="empty-dark")
    with pytest.raises(UsageError, match=r"\(3, 3\) and its dark has shape \(2, 2\)"):
        make(field="image", uid="empty", missing="zero", run=run).begin()


def test_a_misspelt_field_is_an_error_whatever_is_declared() -> None:
    run = _context({"primary": [EMPTY]}, sc_dk_field_uid="empty-dark")
    with pytest.raises(DocumentError, match="did you mean 'image'"):
        make(field="imag", uid="empty", missing="zero", run=run).begin()


def test_a_background_from_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    np.save(tmp_path / "empty.npy", EMPTY)
    assert make(file=str(tmp_path / "empty.npy")).begin().tolist() == [[30.0, 30.0], [30.0, 30.0]]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"field": "image"}, "background: where does it come from"),
        ({"uid": "u", "key": "k", "field": "image"}, "background: key and uid both say"),
        ({"uid": "u"}, "give 'field', the field that holds the background frames"),
    ],
)
def test_an_origin_that_is_missing_or_ambiguous_is_refused(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make(**parameters)


def _documents(image: Any, **start: Any) -> list[tuple[str, Mapping[str, Any]]]:
    run = compose_run(metadata=start)
    key = {"dtype": "array", "shape": list(image.shape), "source": "sim", "dtype_numpy": image.dtype.str}
    stream = run.compose_descriptor(name="primary", data_keys={"image": key})
    event = stream.compose_event(data={"image": image}, timestamps={"image": 0.0})
    documents = [("start", run.start_doc), ("descriptor", stream.descriptor_doc), ("event", event)]
    return [*documents, ("stop", run.compose_stop())]


def test_a_graph_finds_background_and_dark_among_the_runs_that_came_before() -> None:
    dark = _documents(DARK[0], dark_frame=True)
    empty = _documents(EMPTY[0], sc_dk_field_uid=dark[0][1]["uid"])
    light = _documents(EMPTY[0] * 2, background_uid=empty[0][1]["uid"])
    clean = background_subtract(
        source(field="image"), background(key="background_uid", field="image", missing="skip"), scale=0.5
    )
    results = list(headrace.run_each(headrace.Graph("g").keep(clean=clean), [*dark, *empty, *light]))
    assert results[-1]["clean"].tolist() == [[[50.0, 55.0], [50.0, 55.0]]]
    assert len(results) == 1  # runs that others refer to are none to be analysed
