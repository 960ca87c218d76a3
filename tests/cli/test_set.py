"""Changing a running graph from the command line, and seeing what was changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headrace import Job
from headrace.engine.cli.entry import main
from headrace.engine.jobs.intake import Intake
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.web.registration import Registration, registered
from headrace.engine.web.server import ControlServer

TEXT = """\
headrace: 1
graph: sums
nodes:
  x: {type: source, field: x}
  y: {type: linear, in: x, scale: 2.0}   # doubled
  keep: {type: sink, in: y}
"""
KEYS = {"x": {"dtype": "number", "shape": [], "source": "sim"}}
RUN = "5c1f0a2e-9d1c-4f0e"


class Running:
    """A job under way that the command line finds, fed event by event."""

    def __init__(self, file: Path, results: Path) -> None:
        self.values: list[float] = []
        self.job = Job(file, to=[results, self._take])
        self._intake = Intake([self.job])
        self._number = 0
        self._intake.take("start", {"uid": RUN, "time": 0.0})
        descriptor = {"uid": "d", "run_start": RUN, "name": "primary", "time": 0.0, "data_keys": KEYS}
        self._intake.take("descriptor", descriptor)

    def _take(self, name: str, doc: Any) -> None:
        if name == "event" and "y" in doc["data"]:
            self.values.append(doc["data"]["y"])

    def event(self, x: float) -> None:
        """Feed an event."""
        self._number += 1
        about = {"uid": f"e{self._number}", "descriptor": "d", "seq_num": self._number, "time": float(self._number)}
        self._intake.take("event", {**about, "timestamps": {"x": 0.0}, "data": {"x": x}})

    def stop(self) -> None:
        """End the run."""
        self._intake.take("stop", {"uid": "s", "run_start": RUN, "time": 9.0, "exit_status": "success"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sums.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def running(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("HEADRACE_STATE", str(tmp_path / "state"))
    running = Running(file, tmp_path / "results")
    with ControlServer(Monitor([running.job])) as server:
        with registered(Registration.of(server.address, server.token, ["sums"], "zmq://127.0.0.1:5578/raw")):
            yield running
    running.job.close()


@pytest.fixture
def say() -> Callable[..., Result]:
    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return invoke


def test_a_parameter_is_changed_from_the_next_event_on(running: Running, say: Callable[..., Result]) -> None:
    running.event(1.0)
    result = say("set", "y.scale=10")
    assert (result.exit_code, result.output) == (0, "revision 2, from the next event on\n")
    running.event(1.0)
    assert running.values == [2.0, 10.0]
    assert say("set", "y.scale=10").output.startswith("nothing changes")


def test_a_plan_says_what_would_happen_and_changes_nothing(running: Running, say: Callable[..., Result]) -> None:
    result = say("set", "y.scale=10", "y.offset=1", "--plan")
    assert "y.scale: 2.0 -> 10" in result.output
    assert "other values from: y" in result.output
    assert running.job.changes.revisions[-1].number == 1


def test_what_is_wrong_is_refused_whole_with_the_faults(running: Running, say: Callable[..., Result]) -> None:
    result = say("set", "y.scale=3", "y.ofset=1")
    assert result.exit_code == 2
    assert "did you mean 'offset'" in result.output
    assert running.job.changes.revisions[-1].number == 1


def test_a_change_can_wait_for_an_event_and_is_listed_as_waiting(running: Running, say: Callable[..., Result]) -> None:
    assert say("set", "y.scale=10", "--from-event", "primary/2").output == "revision 2, from event primary/2 on\n"
    assert "waits for event" in say("revisions").output
    running.event(1.0)
    running.event(1.0)
    assert running.values == [2.0, 10.0]
    assert say("set", "y.scale=10", "--from-event", "second").exit_code == 2


def test_undo_takes_the_last_change_back(running: Running, say: Callable[..., Result]) -> None:
    say("set", "y.scale=10")
    assert say("undo").output == "revision 3, from the next event on\n"
    running.event(1.0)
    assert running.values == [2.0]
    assert say("undo").exit_code == 2
    lines = say("revisions").output.splitlines()
    assert ["as it began" in lines[0], "y.scale=10" in lines[1], "takes 2 back" in lines[2]] == [True] * 3
    assert "in force" in lines[2]


def test_another_graph_takes_over(running: Running, say: Callable[..., Result], tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(TEXT.replace("scale: 2.0", "scale: 2.0, offset: 0.5").replace("in: y}", "in: [y, x]}"))
    assert say("set", "--yaml", str(other)).exit_code == 0
    running.event(1.0)
    assert running.values == [2.5]
    assert "another graph" in say("revisions").output


def test_a_value_is_written_into_the_file_if_asked(running: Running, say: Callable[..., Result], file: Path) -> None:
    result = say("set", "y.scale=10", "--write")
    assert f"wrote {file}" in result.output
    assert file.read_text() == TEXT.replace("scale: 2.0", "scale: 10")


def test_what_came_before_is_not_kept_without_a_journal(running: Running, say: Callable[..., Result]) -> None:
    result = say("set", "y.scale=10", "--retro")
    assert result.exit_code == 2
    assert "--journal" in result.output
    assert running.job.changes.revisions[-1].number == 1


def test_revisions_of_a_stored_result_say_from_which_event_on(
    running: Running, say: Callable[..., Result], tmp_path: Path
) -> None:
    running.event(1.0)
    say("set", "y.scale=10")
    running.event(1.0)
    running.stop()
    text = say("revisions", str(tmp_path / "results/-1")).output
    assert "y.scale=10.0  (from event primary/2 on)" in text
    found = json.loads(say("revisions", "--json", str(tmp_path / "results/-1")).output)
    assert found["revisions"][1]["changes"] == {"y.scale": 10}


def test_without_a_service_it_says_how_to_start_one(
    say: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_STATE", str(tmp_path))
    result = say("set", "y.scale=10")
    assert result.exit_code == 3
    assert "headrace run GRAPH" in result.output


def test_nothing_to_change_is_refused_with_an_example(say: Callable[..., Result]) -> None:
    result = say("set")
    assert result.exit_code == 2
    assert "headrace set peaks.percentile=90" in result.output
