"""The report of a result, in a real browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page

from headrace.engine.documents.result import Result
from headrace.engine.view.report import to_report

HURT = "<img src=x onerror='window.hurt = 1'>"


@pytest.fixture(scope="module")
def written(failed: Result) -> str:
    return to_report(failed)


def opened(page: Page, folder: Path, text: str) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    return [url for url in asked if not url.startswith("data:")]


def test_all_about_a_result_stands_on_one_page_that_fetches_nothing(
    chromium_page: Page, tmp_path: Path, failed: Result, written: str
) -> None:
    asked = opened(chromium_page, tmp_path, written)
    assert len(asked) == 1
    said = chromium_page.locator("body").inner_text()
    for words in (failed.uid, failed.start["raw_uid"], "fail: 3 failed", "crystal rod", "[2, 3]"):
        assert words in said
    assert "lit, events 2, 4, 6" in said
    headings = chromium_page.locator("h2").all_inner_texts()
    expected = ["Where it comes from", "Graph", "What each node did", "Results", "Failures", "Pictures", "Parameters"]
    assert headings == [*expected, "Versions"]
    row = chromium_page.locator("tr", has=chromium_page.get_by_role("cell", name="lit", exact=True)).first
    assert row.inner_text().split()[:6] == ["lit", "filter", "6", "3", "0", "3"]
    loaded = "[...document.images].every((image) => image.complete && image.naturalWidth > 100)"
    assert chromium_page.locator("figure img").count() == 4
    assert chromium_page.evaluate(loaded)


def test_a_failure_opens_with_its_traceback(chromium_page: Page, tmp_path: Path, written: str) -> None:
    opened(chromium_page, tmp_path, written)
    chromium_page.locator("summary").first.click()
    assert "ZeroDivisionError" in chromium_page.locator("details pre").first.inner_text()


def test_it_prints_on_paper(chromium_page: Page, tmp_path: Path, written: str) -> None:
    opened(chromium_page, tmp_path, written)
    assert chromium_page.pdf(format="A4").startswith(b"%PDF")
    chromium_page.emulate_media(media="print")
    assert chromium_page.locator(".tools").filter(visible=True).count() == 0


@dataclass
class Foreign:
    """A result whose every text was written by somebody else."""

    uid: str = HURT
    streams: tuple[str, ...] = (HURT,)

    @property
    def start(self) -> dict[str, Any]:
        graph = {"headrace": 1, "graph": HURT, "nodes": {HURT: {"type": HURT, "note": HURT, HURT: HURT}}}
        about = {"graph": graph, "parameters": {HURT: {HURT: HURT}}, "versions": {HURT: HURT}, "graph_sha256": HURT}
        return {"uid": HURT, "raw_uid": HURT, "analysis_stage": HURT, "sample_name": HURT, "headrace": about}

    @property
    def stop(self) -> dict[str, Any]:
        revision = {"revision": 2, "author": HURT, "changes": [[HURT, HURT]], "first_event": [HURT, 3]}
        counts = {"nodes": {HURT: {"in": 1, "out": 0, "failed": 1}}, "seconds": {HURT: 1.0}}
        about = {**counts, "revisions": [revision], "events": [[HURT, 3]]}
        return {"exit_status": HURT, "reason": HURT, "time": 1.0, "headrace": about}

    @property
    def outputs(self) -> dict[str, dict[str, Any]]:
        return {HURT: {"node": HURT, "port": HURT, "port_type": HURT, "cadence": HURT}}

    @property
    def dead_letters(self) -> pd.DataFrame:
        return pd.DataFrame([{"node": HURT, "error": HURT, "text": HURT, "raw_seq_num": 1}])

    def __getitem__(self, name: str) -> Any:
        return pd.DataFrame({"seq_num": [1], name: [HURT]})

    def port_type(self, name: str) -> str:
        return HURT


def test_what_others_wrote_stays_text(chromium_page: Page, tmp_path: Path) -> None:
    asked = opened(chromium_page, tmp_path, to_report(Foreign()))
    assert len(asked) == 1
    assert chromium_page.evaluate("window.hurt") is None
    assert chromium_page.locator("img:not([src^='data:'])").count() == 0
    assert chromium_page.locator("script").count() == 1
    assert HURT in chromium_page.title()
