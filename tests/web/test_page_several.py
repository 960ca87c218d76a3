"""Several graphs in one service, and a change for what came before, on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.web.server import ControlServer

Visit = Callable[..., Page]

OTHER = """\
headrace: 1
graph: other
nodes:
  images: {type: source, field: image}
  place:  {type: roi, in: images, box: [0, 4, 0, 4]}
  keep:   {type: sink, in: {place: place}}
"""


@pytest.fixture
def both(make_work: Any, graph_file: Path, tmp_path: Path) -> Iterator[tuple[Any, Any, str]]:
    """Give two graphs at work, and the address of the page of both."""
    (tmp_path / "other.yaml").write_text(OTHER)
    with make_work(graph_file) as one, make_work(tmp_path / "other.yaml") as other:
        with ControlServer(Monitor([one.job, other.job])) as server:
            yield one, other, f"{server.address}/#token={server.token}"


def apply(page: Page) -> None:
    """Apply what is proposed, once the plan is there."""
    expect(page.locator(".plan li").first).to_be_visible()
    page.get_by_role("button", name="Apply").click()


def test_one_of_several_graphs_is_chosen_and_a_change_is_made_in_it_alone(
    both: tuple[Any, Any, str], visit: Visit
) -> None:
    one, other, address = both
    page = visit(address)
    expect(page.locator('[data-node="frames"]')).to_be_visible()
    page.get_by_label("Graph", exact=True).first.select_option("other")
    expect(page.locator('[data-node="images"] img')).to_be_visible()
    page.locator('[data-node="place"]').click()
    page.locator("#tab-parameters").click()
    page.locator("#field-box").fill("0, 8, 0, 8")
    apply(page)
    expect(page.locator("#top button.accent")).to_have_text("revision 2")
    assert other.job.pipeline.parameters.to_dict()["place"]["box"] == [0, 8, 0, 8]
    assert one.job.pipeline.parameters.revision == 1


def test_a_change_for_earlier_events_too_is_followed_until_it_takes_over(work: Any, visit: Visit) -> None:
    def history(uid: str) -> Iterator[Record | None]:
        assembler, taken = Assembler(), 0
        while True:
            for name, doc in work.given[taken:]:
                taken += 1
                yield from assembler.feed(name, doc)
            yield None

    work.job.changes.history = history
    page = visit(work.address)
    page.locator('[data-node="spot"]').click()
    page.locator("#tab-parameters").click()
    page.locator("#field-box").fill("0, 8, 0, 8")
    page.get_by_label("earlier events of this run too").check()
    apply(page)
    expect(page.locator("#notes")).to_contain_text("earlier events are computed again")
    page.locator("#top button.accent").click()
    expect(page.locator("#panel")).to_contain_text("computed again under revision 2")
    expect(page.locator("#panel")).to_contain_text("took over")
    work.end_run()
    starts = [doc for name, doc in work.results if name == "start"]
    assert [one["headrace"].get("supersedes") for one in starts] == [None, starts[0]["uid"]]
    assert len(work.of("spot")) > work.events  # what came before was computed twice
