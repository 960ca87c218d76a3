"""The page from the command line: a demo that goes on, a finished run, a run that is watched."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from headrace.engine.cli import main
from headrace.engine.cli.demo_live import GRAPH
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.check import check

Visit = Callable[..., Page]


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "headrace", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def page_of(process: subprocess.Popen[str]) -> str:
    """Read what a command says until it names its page."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"page: (http://\S+)", line):
            return found[1]
    pytest.fail("it said no page")


def end(process: subprocess.Popen[str]) -> int:
    """End it as Ctrl-C does, and give its exit code."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    return process.returncode


def test_the_live_demo_shows_a_beamline_at_work_and_ends_cleanly(tmp_path: Path, visit: Visit) -> None:
    with start("demo", "--live", "--out", str(tmp_path / "demo")) as process:
        try:
            page = visit(page_of(process))
            expect(page.locator('[data-node="peaks"] img')).to_be_visible(timeout=30_000)
            expect(page.locator(".progress")).to_contain_text("scan 1")
        finally:
            code = end(process)
    assert code == 0
    assert (tmp_path / "demo" / "live_demo.yaml").is_file()


def test_the_graph_of_the_live_demo_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "live_demo.yaml"
    path.write_text(GRAPH)
    assert check(path) == []


def test_a_stored_run_with_a_page_stays_until_it_was_seen_and_its_result_can_be_viewed(
    tmp_path: Path, visit: Visit
) -> None:
    with FolderStoreWriter(tmp_path / "raw") as write:
        for name, doc in simulate_crystal_rod((2, 3), size=64):
            write(name, doc)
    path, results = tmp_path / "live_demo.yaml", str(tmp_path / "results")
    path.write_text(GRAPH.replace("[64, 192, 64, 192]", "[0, 8, 0, 8]").replace("[40, 100, 60, 140]", "[0, 8, 0, 8]"))
    with start("run", str(path), "--from", f"{tmp_path}/raw/-1", "--to", results, "--dashboard") as process:
        try:
            page = visit(page_of(process))
            page.locator("#tab-runs").click()
            expect(page.locator("#panel .item")).to_contain_text("6 of 6 events")
            with page.context.expect_page() as opened:
                page.get_by_role("button", name="Look").click()
            expect(opened.value.locator('[data-node="detail"] img')).to_be_visible()
        finally:
            code = end(process)
    assert code == 0
    with start("view", f"{results}/-1") as process:
        try:
            expect(visit(page_of(process)).locator('[data-node="maps"]')).to_be_visible()
        finally:
            code = end(process)
    assert code == 0


def test_a_page_and_a_control_port_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "crystal_mapping", "--from", "nowhere", "--dashboard", "8080", "--control", "off"], prog_name="hr")
    assert ended.value.code == 2
    assert "give one of them" in capsys.readouterr().err
