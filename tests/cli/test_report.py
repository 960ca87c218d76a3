"""``headrace report``: all about a result on one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_a_page_is_written_and_named_after_the_run(cli: Callable[..., Any], folder: Path) -> None:
    assert cli("run", "totals.yaml", "--from", "raw/-1", "--to", "results", "-q").code == 0
    said = cli("report", "results/-1")
    (page,) = folder.glob("report-*.html")
    assert (said.code, said.out) == (0, f"wrote {page.name}\n")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.count("data:image/png;base64,") == 2
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_the_page_goes_where_it_is_said_to(cli: Callable[..., Any], folder: Path) -> None:
    cli("run", "failing.yaml", "--from", "raw/-1", "--to", "results", "-q")
    assert cli("report", "results/-1", "-o", "deep/page.html").out == "wrote deep/page.html\n"
    assert "ZeroDivisionError" in (folder / "deep/page.html").read_text(encoding="utf-8")


def test_a_raw_run_has_no_report(cli: Callable[..., Any]) -> None:
    said = cli("report", "raw/-1")
    assert said.code == 2
    assert "raw/-1 is a raw run" in said.err
