"""``headrace status``: of a real service on a real proxy, and of a job beside this process."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bluesky.callbacks.zmq import Publisher

from headrace import Job
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.web.client import find
from headrace.engine.web.registration import Registration, registered
from headrace.engine.web.server import ControlServer

Cli = Callable[..., Any]


@pytest.fixture
def beside(folder: Path) -> Iterator[Job]:
    """Give a job with failures on stored runs, beside this process, which the command line finds."""
    with Job(folder / "failing.yaml") as job, ControlServer(Monitor([job])) as server:
        with registered(Registration.of(server.address, server.token, ["failing"], "raw")):
            yield job


def test_no_service_is_said_and_the_code_is_that_of_what_is_not_there(cli: Cli) -> None:
    said = cli("status")
    assert said.code == 3
    assert "no headrace service of this user runs" in said.err


def test_a_job_without_runs_waits(cli: Cli, beside: Job) -> None:
    said = cli("status")
    assert said.code == 0
    assert "waiting" in said.out
    assert "failing, revision 1; no run has ended yet" in said.out


def test_counts_failures_and_verdict_of_the_last_run_are_shown(cli: Cli, beside: Job) -> None:
    beside.run_stored("raw/-1")
    said = cli("status")
    assert "ended: 1 fail" in said.out
    assert "fail, 6 of 6 events, 3 failed" in said.out
    [lit] = [line for line in said.out.splitlines() if line.strip().startswith("lit  ")]
    assert lit.split()[:5] == ["lit", "error", "6", "3", "3"]
    assert "lit on " in said.out
    assert "ZeroDivisionError" in said.out


def test_the_same_as_json(cli: Cli, beside: Job) -> None:
    beside.run_stored("raw/-1")
    status = json.loads(cli("status", "--json", "--at", "failing").out)
    [run] = status["graphs"][0]["ended"]
    assert (run["state"], run["events"], run["failures"]) == ("fail", {"primary": 6}, 3)
    assert {node["name"]: node["out"] for node in run["nodes"]}["mean"] == 6


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_it_can_be_watched_where_there_is_no_terminal(
    headrace: Any, beside: Job, arguments: tuple[str, ...], folder: Path
) -> None:
    with headrace.start("status", "--watch", "--every", "0.1", *arguments) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    if arguments:
        assert {json.loads(line)["phase"] for line in lines} == {"waiting"}
    else:
        assert sum("headrace" in line for line in lines) >= 2


def test_the_api_lists_itself(beside: Job) -> None:
    listed = find().get("/api")
    assert {"/api", "/api/status", "/metrics", "/api/dead-letters"} <= set(listed)


def test_a_live_service_is_found_tells_how_it_is_and_is_gone_when_it_ends(
    headrace: Any, cli: Cli, proxy: tuple[str, str], folder: Path
) -> None:
    publisher = Publisher(proxy[0], prefix=b"raw")
    with headrace.start("run", "totals.yaml", "--from", f"zmq://{proxy[1]}/raw", "--to", "results") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "(status: http://127.0.0.1:" in line
        time.sleep(0.5)  # a subscription takes a moment to reach the publisher
        for name, doc in list(simulate_crystal_rod((2, 3), size=64, frames=2, fresh=True))[:-1]:
            publisher(name, dict(doc))
        publisher._socket.send(b"raw start nonsense")
        status = _wait_for_events(6)
        shown = cli("status").out
        metrics = urllib.request.urlopen(find().address + "/metrics").read().decode()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    publisher.close()
    [run] = status["graphs"][0]["open"]
    assert (run["state"], run["announced"], run["done"]) == ("open", 6, 6)
    source = status["source"]
    assert source["connected"]
    assert source["refused"] == 1
    assert source["queues"][0]["waiting"] == 0
    assert source["queues"][0]["max_bytes"] > 0
    assert status["memory"] > 1_000_000
    frames = next(node for node in run["nodes"] if node["name"] == "frames")
    assert (frames["given"], frames["out"]) == (6, 6)
    assert "connected" in shown
    assert "1 refused" in shown
    assert "open, 6 of 6 events" in shown
    assert 'headrace_node_events_total{graph="totals",node="mean",outcome="out"} 6' in metrics
    assert cli("status").code == 3


def _wait_for_events(number: int) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status = find().get("/api/status")
        runs = status["graphs"][0]["open"]
        if runs and runs[0]["done"] == number and status["source"]["refused"]:
            return status
        time.sleep(0.1)
    pytest.fail(f"{number} events did not come: {status}")


def test_stored_runs_can_be_looked_at_too(headrace: Any, folder: Path) -> None:
    with headrace.start(
        "run", "slow.yaml", "--trust", "--set", "slow.seconds=600", "--from", "raw/-1", "--control", "0"
    ) as process:
        assert process.stderr is not None
        assert "status at http://127.0.0.1:" in process.stderr.readline()
        deadline = time.monotonic() + 30
        state = ""
        while state != "running" and time.monotonic() < deadline:
            runs = find().get("/api/status")["graphs"][0]["open"]
            state = next((node["state"] for run in runs for node in run["nodes"] if node["name"] == "slow"), "")
            time.sleep(0.1)
        process.kill()
    assert state == "running"
    assert len(list((folder / "state" / "running").iterdir())) == 1  # it was killed, and could not clear up
    with pytest.raises(Exception, match="no headrace service"):
        find()
    assert not list((folder / "state" / "running").iterdir())


def test_a_port_that_is_taken_is_an_error_only_if_it_was_asked_for(headrace: Any, beside: Job) -> None:
    port = find().address.rpartition(":")[2]
    said = headrace("run", "totals.yaml", "--from", "raw/-1", "--control", port)
    assert said.code == 3
    assert "is the port in use" in said.err
