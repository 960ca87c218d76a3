"""A job at work with its server, and a real browser to look at it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from headrace import Graph
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.web.server import ControlServer

expect.set_options(timeout=60_000)  # what must come, comes; a busy machine takes its time

Document = tuple[str, dict[str, Any]]

HOSTILE = "<img src=x onerror=\"document.body.dataset.owned='yes'\"><script>document.body.dataset.owned='yes'</script>"

GRAPH = """\
headrace: 1
graph: watched
description: "<b>bold</b> words that must stay words"
nodes:
  frames: {type: source, field: image, note: "<script>document.body.dataset.owned='yes'</script>"}
  label:  {type: source, field: label}
  spot:   {type: roi, in: frames, box: [4, 12, 6, 20]}   # the box is drawn by hand
  rows:   {type: projection, in: frames, axis: y}
  most:   {type: accumulate, in: frames, how: max}
  keep:   {type: sink, in: {spot: spot, rows: rows.out, most: most, label: label}}
"""

_KEYS = {
    "image": {"source": "SIM", "dtype": "array", "shape": [32, 48], "dtype_numpy": "<u2"},
    "label": {"source": "SIM", "dtype": "string", "shape": []},
}


class Work:
    """A graph at work on a run that goes on as long as it is wanted, and a server beside it.

    Attributes
    ----------
    job, server
        The job, and its server.
    results
        The documents of the results.
    given
        The raw documents that it was given so far.
    pace
        Seconds between two events.
    """

    def __init__(self, graph: Graph | str | Path, to: list[Any] | None = None) -> None:
        self.results: list[Document] = []
        self.pace = 0.03
        self.events = 0
        self._over = threading.Event()
        self.job = Job(graph, to=[lambda name, doc: self.results.append((name, dict(doc))), *(to or [])])
        self.server = ControlServer(Monitor([self.job]))
        self.given: list[Document] = []
        self._thread = threading.Thread(target=self.job.run_documents, args=(self._noted(),), daemon=True)

    @property
    def address(self) -> str:
        """The address of the page, with the token."""
        return f"{self.server.address}/#token={self.server.token}"

    def end_run(self) -> None:
        """Let the run end."""
        self._over.set()
        self._thread.join(20)

    def of(self, stream: str) -> list[dict[str, Any]]:
        """Give what was kept in a stream so far."""
        documents = list(self.results)
        uids = {doc["uid"] for name, doc in documents if name == "descriptor" and doc["name"] == stream}
        return [doc["data"] for name, doc in documents if name == "event" and doc["descriptor"] in uids]

    def _noted(self) -> Iterator[Document]:
        for one in self._documents():
            self.given.append(one)
            yield one

    def _documents(self) -> Iterator[Document]:
        now = time.time()
        yield "start", {"uid": "5c1f0a2e", "time": now, "scan_id": 7, "plan_name": HOSTILE, "num_points": 5000}
        yield "descriptor", {"uid": "d", "run_start": "5c1f0a2e", "name": "primary", "time": now, "data_keys": _KEYS}
        while not self._over.wait(self.pace):
            self.events += 1
            data = {"image": self._image(), "label": HOSTILE}
            stamps = dict.fromkeys(data, now)
            event = {"uid": f"e{self.events}", "descriptor": "d", "seq_num": self.events, "time": time.time()}
            yield "event", {**event, "data": data, "timestamps": stamps}
        yield "stop", {"uid": "s", "run_start": "5c1f0a2e", "time": time.time(), "exit_status": "success"}

    def _image(self) -> Any:
        """Give an image with one bright pixel, and a level that rises from event to event."""
        image = np.full((32, 48), self.events % 1000, dtype="<u2")
        image[8, 10] = 40000
        return image

    def __enter__(self) -> Self:
        self.server.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_run()
        self.server.close()
        self.job.close()


@pytest.fixture
def graph_file(tmp_path: Path) -> Path:
    """Give the file of the graph."""
    path = tmp_path / "watched.yaml"
    path.write_text(GRAPH)
    return path


@pytest.fixture
def work(graph_file: Path, tmp_path: Path) -> Iterator[Work]:
    """Give a graph at work, whose results are stored."""
    with Work(graph_file, to=[str(tmp_path / "results")]) as running:
        yield running


@pytest.fixture
def make_work() -> type[Work]:
    """Give what makes graphs at work."""
    return Work


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give a browser, the one that is installed."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Give what opens an address, and check at the end that the page had no error and asked nobody else."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(15_000)
    asked: list[str] = []
    wrong: list[str] = []
    hosts: set[str] = set()

    def open_page(address: str) -> Page:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        hosts.add(address.split("/")[2])
        page.goto(address)
        page.wait_for_selector(".card")
        return page

    yield open_page
    pages = [one for one in context.pages if one.url.startswith("http")]
    owned = [page.evaluate("document.body.dataset.owned || ''") for page in pages]
    context.close()
    assert {url.split("/")[2] for url in asked if not url.startswith("blob:")} <= hosts
    assert wrong == []
    assert not any(owned)
