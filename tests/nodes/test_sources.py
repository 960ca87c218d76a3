"""Reading values from documents."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.ports import Cadence
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.skip import SKIP
from headrace.nodes import latest, source

read = source.node_type.target
DESCRIPTOR = {
    "data_keys": {"image": {"shape": [3, 4], "dtype": "array"}},
    "configuration": {"camera": {"data": {"camera_exposure": 0.5}}, "empty": {}},
}
EVENT = Event(EventKey("run", "primary", 5), 12.5, {"image": [[1]], "i0": 0.25, "text": None}, DESCRIPTOR)
RUN = RunContext({"uid": "run", "sample": {"name": "Ni"}, "extents": [[0, 1], [2, 3]], "a.b": 7})


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"field": "i0"}, 0.25),
        ({"field": "image"}, [[1]]),
        ({"field": "text"}, None),
        ({"of": "time"}, 12.5),
        ({"of": "seq_num"}, 5),
        ({"of": "descriptor", "field": "data_keys.image.shape"}, [3, 4]),
        ({"of": "descriptor", "field": "camera_exposure"}, 0.5),
        ({"of": "descriptor"}, DESCRIPTOR),
        ({"of": "start", "field": "sample.name"}, "Ni"),
        ({"of": "start", "field": "extents.1.0"}, 2),
        ({"of": "start", "field": "a.b"}, 7),
        ({"of": "start"}, RUN.start),
    ],
    ids=str,
)
def test_a_value_is_read_as_it_was_recorded(parameters: dict[str, Any], expected: Any) -> None:
    assert read(**parameters, event=EVENT, run=RUN) == expected


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"field": "imag"}, "stream 'primary' has no field 'imag'; it has 'image', 'i0', 'text'; did you mean 'image'"),
        ({"of": "start", "field": "smaple.name"}, "the start document has no field 'smaple.name'; it has 'uid', 'sam"),
        ({"of": "descriptor", "field": "camera_exposur"}, "did you mean 'camera_exposure'"),
        ({"of": "start", "field": "extents.9"}, "no field"),
    ],
)
def test_a_field_that_is_not_there_is_answered_with_those_that_are(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        read(**parameters, event=EVENT, run=RUN)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"event": EVENT}, "which field.*'image', 'i0'"),
        ({"of": "time", "field": "i0", "event": EVENT}, "reads no field"),
        ({"field": "i0"}, "without one"),
        ({"of": "start"}, "without a run"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read(**parameters)


def test_only_metadata_of_the_start_exists_once_per_run() -> None:
    cadence_of = source.node_type.cadence_of
    assert cadence_of is not None
    assert cadence_of({"of": "start"}) is Cadence.RUN
    for of in ({}, {"of": "event"}, {"of": "descriptor"}, {"of": "seq_num"}):
        assert cadence_of(of) is Cadence.EVENT


def test_the_latest_value_of_another_stream_is_held_and_its_absence_follows_the_declaration() -> None:
    assert latest().begin() is SKIP
    assert latest().update(3) == 3
    assert latest(missing="skip").missing() is SKIP
    with pytest.raises(DocumentError, match="set 'missing: skip'"):
        latest().missing()
