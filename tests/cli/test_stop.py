"""Ending a live job as systems do, in a process of its own: in order, in bounded time, or at once; and its log."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.jobs.run import open_run

Pair = tuple[str, Mapping[str, Any]]
Live = Callable[..., "subprocess.Popen[str]"]


def _scan() -> Iterator[Pair]:
    """Give the documents of a dark run (4) and a scan of 6 points, without its end."""
    return islice(simulate_crystal_rod((2, 3), size=64, frames=2, fresh=True), 4 + 2 + 6)


@pytest.fixture
def live(headrace: Any, proxy: tuple[str, str], folder: Path) -> Live:
    """Give a function that starts a live run, publishes a scan and waits until it is being worked on."""

    def start(publish: Callable[..., None], *arguments: str) -> subprocess.Popen[str]:
        source = f"zmq://{proxy[1]}/raw"
        process: subprocess.Popen[str] = headrace.start("run", *arguments, "--from", source, "--to", "results")
        assert process.stderr is not None
        assert "waiting for runs on" in process.stderr.readline()
        time.sleep(0.5)  # a subscription takes a moment to reach the publisher
        publish(_scan())
        assert "began" in process.stderr.readline()
        time.sleep(0.5)
        return process

    return start


def _result(folder: Path) -> Any:
    return open_run(next(path for path in (folder / "results").iterdir() if (path / "documents.jsonl").exists()))


def test_what_can_not_be_worked_off_in_time_is_given_up_and_said(live: Live, publish: Any, folder: Path) -> None:
    slow = ("slow.yaml", "--trust", "--set", "slow.seconds=0.8", "--drain", "1")
    with live(publish, *slow) as process:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (1, False)
    assert "documents that had come were given up: --drain 1 was too short" in err
    stop = _result(folder).stop
    assert stop["exit_status"] == "abort"
    assert "the service was ended, and " in stop["reason"]
    assert 0 < stop["headrace"]["nodes"]["mean"]["out"] < 6


def test_a_node_that_does_not_come_back_holds_the_end_up_for_a_bounded_time(
    live: Live, publish: Any, folder: Path
) -> None:
    with live(publish, "slow.yaml", "--trust", "--set", "slow.seconds=600", "--drain", "0") as process:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (1, False)
    stop = _result(folder).stop
    assert stop["exit_status"] == "abort"
    assert "it was broken off: the time to end in order was over" in stop["reason"]
    assert stop["headrace"]["dropped"] == 1


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once_and_the_result_ends_as_aborted(
    live: Live, publish: Any, folder: Path, signum: int
) -> None:
    with live(publish, "slow.yaml", "--trust", "--set", "slow.seconds=600") as process:
        process.send_signal(signum)
        assert process.stderr is not None
        while "ending in order" not in process.stderr.readline():
            pass
        process.send_signal(signum)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (128 + signum, False)
    assert _result(folder).stop["exit_status"] == "abort"
    assert f"stopped by {signal.Signals(signum).name}" in _result(folder).stop["reason"]


def test_a_quiet_job_that_ends_well_says_nothing_as_a_system_service_should(
    headrace: Any, proxy: tuple[str, str], folder: Path
) -> None:
    with headrace.start("run", "totals.yaml", "--from", f"zmq://{proxy[1]}/raw", "--quiet") as process:
        deadline = time.monotonic() + 30
        while not list((folder / "state" / "running").glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
    assert not list((folder / "state" / "running").iterdir())


def test_a_structured_log_names_run_graph_node_and_event_and_leaves_repetitions_out(
    headrace: Any, folder: Path
) -> None:
    said = headrace("run", "failing.yaml", "--from", "raw", "--log-format", "json", "--log-file", "log.jsonl", "-q")
    assert said.code == 1
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    failed = [line for line in lines if line.get("node") == "lit"]
    assert failed
    first = failed[0]
    assert (first["level"], first["graph"]) == ("warning", "failing")
    assert first["event"] == f"{first['run'][:8]}/primary/2"
    assert first["time"].endswith("+00:00")
    assert "ZeroDivisionError" in first["message"]


def test_a_log_file_that_can_not_be_written_is_said_at_once(headrace: Any) -> None:
    said = headrace("run", "totals.yaml", "--from", "raw", "--log-file", "no/such/folder/log")
    assert said.code == 3
    assert "can't write the log" in said.err


@pytest.mark.parametrize("where", ["x", "1:2:3", "99999", "host:", "-1"])
def test_a_place_to_listen_that_makes_no_sense_is_refused(cli: Any, where: str) -> None:
    said = cli("run", "totals.yaml", "--from", "raw", f"--control={where}")
    assert said.code == 2
    assert "--control" in said.err
