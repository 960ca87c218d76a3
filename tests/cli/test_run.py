"""``headrace run`` on stored runs: what it says, what it keeps, and the code it ends with."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.jobs.run import open_run


def _rows(text: str) -> list[list[str]]:
    """Give the words of each line."""
    return [line.split() for line in text.splitlines()]


def test_a_run_is_summed_up_and_kept(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("run", "totals.yaml", "--from", "raw/-1", "--to", "results")
    assert said.code == 0
    assert "6 events, success" in said.out
    assert ["total", "6", "6", "-", "-"] in [row[:5] for row in _rows(said.out)]
    assert ["mean", "6", "64", "\N{MULTIPLICATION SIGN}", "64"] in _rows(said.out)
    (kept,) = (folder / "results").iterdir()
    assert f"result: results/{kept.name}" in said.out
    assert open_run(kept)["mean"].shape == (6, 64, 64)


def test_without_a_terminal_progress_is_plain_lines(cli: Callable[..., Any]) -> None:
    said = cli("run", "totals.yaml", "--from", "raw/-1")
    assert "(scan 2, grid_scan) began, 6 events\n" in said.err
    assert "\x1b" not in said.out + said.err
    assert [line for line in said.out.splitlines() if line != line.rstrip()] == []


def test_without_a_destination_nothing_is_kept_and_it_says_so(cli: Callable[..., Any], folder: Path) -> None:
    before = set(folder.iterdir())
    said = cli("run", "totals.yaml", "--from", "raw/-1")
    assert said.code == 0
    assert "result: not kept; name a folder or a proxy with --to" in said.out
    assert set(folder.iterdir()) == before


def test_a_store_is_run_without_its_dark_runs(cli: Callable[..., Any]) -> None:
    said = cli("run", "totals.yaml", "--from", "raw")
    assert said.out.count("events, success") == 1


def test_a_quiet_run_that_goes_well_says_nothing(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("run", "totals.yaml", "--from", "raw/-1", "--to", "results", "--quiet")
    assert said == (0, "", "")
    assert len(list((folder / "results").iterdir())) == 1


def test_failed_events_are_listed_and_end_with_code_1(cli: Callable[..., Any]) -> None:
    said = cli("run", "failing.yaml", "--from", "raw/-1")
    assert said.code == 1
    assert "6 events, fail" in said.out
    assert "3 failed (3 at 'lit')" in said.out
    assert ["lit", "6", "3", "-", "3"] in [row[:5] for row in _rows(said.out)]
    for number in (2, 4, 6):
        assert f"/primary/{number}: " in said.out


def test_more_failures_than_can_be_shown_are_counted(cli: Callable[..., Any]) -> None:
    said = cli("run", "failing.yaml", "--from", "raw/-1", "--set", "lit.where=data.nothing > 1")
    assert said.code == 1
    assert said.out.count("  lit on ") == 3
    assert "  3 more, in the stream dead_letters of the result" in said.out


def test_a_quiet_run_says_what_failed(cli: Callable[..., Any]) -> None:
    said = cli("run", "failing.yaml", "--from", "raw/-1", "-q")
    assert said.code == 1
    assert said.out == ""
    assert "3 failed (3 at 'lit')" in said.err


def test_parameters_are_set_as_in_a_graph_file(cli: Callable[..., Any]) -> None:
    settings = ("--set", "total.how=count", "--set", "frames.field=dexela_stats_total", "--set", "total.how=max")
    said = cli("run", "totals.yaml", "--from", "raw/-1", *settings)
    assert said.code == 1  # the last of two counts; `average` refuses a number
    assert "mean on " in said.out


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("total.how=mead", "one of count, sum, mean"),
        ("total.hwo=mean", "did you mean 'how'?"),
        ("totl.how=mean", "did you mean 'total'?"),
        ("total.ddof=half", "a whole number"),
        ("total.how", "NODE.PARAM=VALUE"),
        ("total=mean", "NODE.PARAM=VALUE"),
        ("total.how=", "total.how=null"),
        ("total.how=[1, 2", "can't be read"),
    ],
)
def test_a_setting_that_makes_no_sense_is_wrong_use_and_says_what_would(
    cli: Callable[..., Any], setting: str, hint: str
) -> None:
    said = cli("run", "totals.yaml", "--from", "raw/-1", "--set", setting)
    assert said.code == 2
    assert hint in said.err
    assert "Traceback" not in said.err


def test_a_faulty_graph_is_not_run(cli: Callable[..., Any]) -> None:
    said = cli("run", "broken.yaml", "--from", "raw/-1")
    assert said.code == 2
    assert said.err.startswith("graph 'broken' has 4 faults")


def test_a_local_node_runs_if_it_is_trusted(cli: Callable[..., Any]) -> None:
    assert cli("run", "slow.yaml", "--from", "raw/-1").code == 2
    assert cli("run", "slow.yaml", "--from", "raw/-1", "--trust").code == 0


@pytest.mark.parametrize(
    "source", ["nowhere", "raw/nosuchrun", "totals.yaml/-1", "zmq://no-such-host.invalid:5578/raw"]
)
def test_a_source_that_is_not_there_is_unreachable(cli: Callable[..., Any], source: str) -> None:
    said = cli("run", "totals.yaml", "--from", source)
    assert said.code == 3
    assert said.err.startswith("Error: ") or "\nError: " in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("source", ["zmq://localhost", "totals.yaml"])
def test_a_source_that_is_none_is_wrong_use(cli: Callable[..., Any], source: str) -> None:
    assert cli("run", "totals.yaml", "--from", source).code == 2


@pytest.mark.parametrize("destination", ["totals.yaml/results", "zmq://no-such-host.invalid:5577/an"])
def test_a_destination_that_is_not_there_is_unreachable(cli: Callable[..., Any], destination: str) -> None:
    said = cli("run", "totals.yaml", "--from", "raw/-1", "--to", destination)
    assert said.code == 3
    assert "Traceback" not in said.err


def test_a_number_of_runs_is_for_live_sources(cli: Callable[..., Any]) -> None:
    said = cli("run", "totals.yaml", "--from", "raw", "--runs", "2")
    assert said.code == 2
    assert "raw/-1" in said.err


def test_a_runtime_that_is_not_installed_is_wrong_use(cli: Callable[..., Any]) -> None:
    if find_spec("rapidz"):
        pytest.skip("rapidz is installed")
    said = cli("run", "totals.yaml", "--from", "raw/-1", "--runtime", "rapidz")
    assert said.code == 2
    assert "conda" in said.err


def test_an_interrupted_run_ends_after_its_event_with_a_verdict(headrace: Any, folder: Path) -> None:
    arguments = ("--from", "raw/-1", "--to", "results", "--trust", "--set", "slow.seconds=1.5")
    with headrace.start("run", "slow.yaml", *arguments) as process:
        assert "began" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGINT
    assert "ending in order" in err
    assert "1 event, abort" in out
    (kept,) = (folder / "results").iterdir()
    stop = open_run(kept).stop
    assert stop is not None
    assert stop["exit_status"] == "abort"


def test_a_terminal_gets_a_bar_and_then_the_summary(headrace: Any) -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    arguments = ("--from", "raw/-1", "--trust", "--set", "slow.seconds=0.2")
    process = headrace.start("run", "slow.yaml", *arguments, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
    os.close(ours)
    assert process.wait(30) == 0
    text = seen.decode()
    assert "/6" in text
    assert "0 failed" in text
    assert text.index("0 failed") < text.index("6 events")
