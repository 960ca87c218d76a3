"""The page of a finished run, and a replay begun from the page of a running job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headrace import open_run
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.job import Job
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.model.errors import UsageError
from headrace.engine.web.looks import Looks
from headrace.engine.web.result_sight import ResultSight
from headrace.engine.web.server import ControlServer

Visit = Callable[..., Page]

GRAPH = """\
headrace: 1
graph: totals
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  peaks:  {type: locate, in: mean, diameter: 11, minmass: 4000}
  spot:   {type: roi, in: mean, box: [10, 20, 10, 20]}
  total:  {type: accumulate, in: mean, how: max}
  keep:   {type: sink, in: {mean: mean, peaks: peaks, spot: spot, brightest: total}}
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store with a small scan."""
    with FolderStoreWriter(tmp_path / "raw") as write:
        for name, doc in simulate_crystal_rod((2, 3), size=64):
            write(name, doc)
    return tmp_path / "raw"


@pytest.fixture
def job(store: Path, tmp_path: Path) -> Iterator[Job]:
    """Give a job that has worked on it."""
    path = tmp_path / "totals.yaml"
    path.write_text(GRAPH)
    with Job(path, to=[str(tmp_path / "results")]) as done:
        done.run_stored(f"{store}/-1")
        yield done


@pytest.fixture
def finished(job: Job) -> Iterator[ControlServer]:
    """Give a server that shows the result."""
    place = job.finished[0].places[0]
    server = ControlServer(Monitor([]))
    server.site.state["looks"] = Looks([ResultSight(open_run(place), place)])
    with server:
        yield server


def test_a_finished_run_shows_what_the_graph_kept_event_by_event(finished: ControlServer, visit: Visit) -> None:
    page = visit(finished.address)
    expect(page.locator(".pill").first).to_contain_text("finished run")
    expect(page.locator('[data-node="mean"] img')).to_be_visible()
    expect(page.locator('[data-node="total"] img')).to_be_visible()
    expect(page.locator('[data-node="frames"]')).to_contain_text("not kept")
    page.keyboard.press(" ")
    where = page.locator(".group .pill")
    expect(where).to_contain_text("of 6")
    for _ in range(3):
        page.keyboard.press("[")
    page.locator('[data-node="peaks"]').click()
    expect(page.locator("#panel")).to_contain_text("primary/")
    expect(page.locator("#panel table")).to_be_visible()


def test_a_finished_run_can_not_be_changed(finished: ControlServer, visit: Visit) -> None:
    page = visit(finished.address)
    page.locator('[data-node="spot"]').click()
    expect(page.get_by_role("button", name="Draw")).to_have_count(0)
    page.locator("#tab-parameters").click()
    expect(page.locator("#field-box")).to_be_disabled()
    expect(page.get_by_role("button", name="Undo the last change")).to_have_count(0)


def test_the_values_of_a_stored_event_are_those_of_the_result(job: Job) -> None:
    place = job.finished[0].places[0]
    result = open_run(place)
    sight = ResultSight(result, place)
    third = sight.moments()[2]
    assert third.key.seq_num == 3
    assert third.light("spot.sum") == pytest.approx(result["spot"]["spot"][2])
    assert (third.get("mean.out") == result["mean"][2]).all()
    assert list(third.get("peaks.out").columns)[:2] == ["y", "x"]
    assert (sight.lasting("total.out") == result["brightest"][0]).all()


def test_a_raw_run_is_refused(store: Path) -> None:
    with pytest.raises(UsageError, match="is no result of a graph"):
        ResultSight(open_run(f"{store}/-1"))


def test_a_run_is_replayed_with_another_parameter_from_the_page(job: Job, store: Path, visit: Visit) -> None:
    with ControlServer(Monitor([job])) as server:
        page = visit(f"{server.address}/#token={server.token}")
        page.locator("#tab-runs").click()
        page.get_by_role("button", name="Replay…").click()
        page.get_by_label("Parameters to change").fill("spot.box=[0, 5, 0, 5]")
        page.get_by_label("Where the raw runs are").fill(str(store))
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#panel pre")).to_contain_text("the result is in")
        expect(page.locator("#panel pre")).to_contain_text("spot")


def test_only_results_of_the_service_can_be_replayed(job: Job, tmp_path: Path, visit: Visit) -> None:
    with ControlServer(Monitor([job])) as server:
        page = visit(server.address)
        body: dict[str, Any] = {"result": str(tmp_path)}
        answer = page.request.post(
            server.address + "/api/replay", data=body, headers={"Authorization": f"Bearer {server.token}"}
        )
        assert answer.status == 404
