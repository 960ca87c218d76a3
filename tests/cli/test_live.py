"""``headrace run`` live, with bluesky's own proxy and publisher, ended by signals as users and systems do."""

from __future__ import annotations

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


def _scan() -> Iterator[Pair]:
    """Give the documents of a dark run (4) and a scan of 6 points."""
    return simulate_crystal_rod((2, 3), size=64, frames=2, fresh=True)


def _live(headrace: Any, outlet: str, *arguments: str, graph: str = "totals.yaml") -> subprocess.Popen[str]:
    """Start a live run and wait until it listens."""
    source = f"zmq://{outlet}/raw"
    process: subprocess.Popen[str] = headrace.start("run", graph, "--from", source, *arguments)
    assert process.stderr is not None
    assert "waiting for runs on" in process.stderr.readline()
    time.sleep(0.5)  # a subscription takes a moment to reach the publisher
    return process


def _wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    assert any(text in line for line in iter(process.stderr.readline, ""))


def test_a_live_job_ends_after_the_runs_it_was_told(
    headrace: Any, proxy: tuple[str, str], publish: Callable[..., None], folder: Path
) -> None:
    with _live(headrace, proxy[1], "--to", "results", "--to", f"zmq://{proxy[0]}/an", "--runs", "1") as process:
        publish(_scan())
        out, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert "6 events, success" in out
    assert f"result: zmq://{proxy[0]}/an" in out
    (kept,) = (folder / "results").iterdir()
    assert open_run(kept)["mean"].shape == (6, 64, 64)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_live_job_and_the_run_under_way_in_order(
    headrace: Any, proxy: tuple[str, str], publish: Callable[..., None], folder: Path, signum: int
) -> None:
    with _live(headrace, proxy[1], "--to", "results") as process:
        publish(islice(_scan(), 4 + 2 + 3))  # the dark run, then start, descriptor and 3 events of 6
        _wait_for(process, "began")
        time.sleep(1)
        process.send_signal(signum)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False)
    assert "ending in order" in err
    assert "3 events, abort" in out
    (kept,) = (folder / "results").iterdir()
    result = open_run(kept)
    assert result.stop is not None
    assert result.stop["exit_status"] == "abort"
    assert result["mean"].shape == (3, 64, 64)


def test_a_live_job_that_saw_no_run_ends_well(headrace: Any, proxy: tuple[str, str]) -> None:
    with _live(headrace, proxy[1]) as process:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")


def test_a_second_signal_ends_at_once(headrace: Any, proxy: tuple[str, str], publish: Callable[..., None]) -> None:
    arguments = ("--trust", "--set", "slow.seconds=60")
    began = time.monotonic()
    with _live(headrace, proxy[1], *arguments, graph="slow.yaml") as process:
        publish(_scan())
        _wait_for(process, "began")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _wait_for(process, "ending in order")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in err
    assert time.monotonic() - began < 30


def test_no_proxy_at_the_destination_is_unreachable(headrace: Callable[..., Any], proxy: tuple[str, str]) -> None:
    said = headrace("run", "totals.yaml", "--from", f"zmq://{proxy[1]}/raw", "--to", "zmq://127.0.0.1:9/an")
    assert said.code == 3
    assert "no 0MQ proxy answers there" in said.err
