"""The page in a real browser, on a graph at work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Visit = Callable[..., Page]

HOSTILE = "<img src=x onerror="


def value_of(page: Page, node: str) -> str:
    return page.locator(f'[data-node="{node}"] .number').inner_text()


def wait_for(page: Page, what: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait until something holds, and give it; the page goes on meanwhile."""
    for _ in range(int(seconds / 0.05)):
        found = what()
        if found:
            return found
        page.wait_for_timeout(50)
    pytest.fail("it did not come about in time")


def open_node(page: Page, node: str, tab: str = "value") -> None:
    page.locator(f'[data-node="{node}"]').click()
    page.locator(f"#tab-{tab}").click()


def apply(page: Page) -> None:
    """Apply what is proposed, once the plan is there."""
    expect(page.locator(".plan li").first).to_be_visible()
    page.get_by_role("button", name="Apply").click()


def revision(page: Page, number: int) -> None:
    """Wait for a revision to be in force."""
    expect(page.locator("#top button.accent")).to_have_text(f"revision {number}")


def test_the_page_shows_every_node_with_its_last_value_and_the_values_move(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    expect(page.locator(".card")).to_have_count(6)
    expect(page.locator('[data-node="frames"] img')).to_be_visible()
    expect(page.locator('[data-node="rows"] polyline')).to_be_visible()
    expect(page.locator('[data-node="most"] img')).to_be_visible()  # a value so far, for which no node asks
    first = page.locator('[data-node="frames"] img').get_attribute("src")
    expect(page.locator('[data-node="frames"] img')).not_to_have_attribute("src", first or "")
    expect(page.locator('[data-node="frames"] .badge')).to_have_text("running")
    expect(page.locator(".progress")).to_contain_text("of 5000 events")


def test_the_address_loses_its_token_once_the_page_has_it(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    assert work.server.token not in page.url


def test_hostile_names_and_texts_stay_text(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    expect(page.locator("#panel .title")).to_contain_text("<b>bold</b>")
    expect(page.locator(".progress")).to_contain_text(HOSTILE)
    expect(page.locator('[data-node="label"] .number')).to_contain_text(HOSTILE)
    open_node(page, "frames", "about")
    expect(page.locator("#panel")).to_contain_text("<script>document.body")
    page.locator("#tab-value").click()
    open_node(page, "label")
    expect(page.locator("#panel .big")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0


def test_a_parameter_changed_in_the_form_shows_its_plan_and_then_the_results_have_the_new_revision(
    work: Any, visit: Visit
) -> None:
    page = visit(work.address)
    open_node(page, "rows", "parameters")
    page.locator('[data-parameter="axis"] select').select_option("x")
    expect(page.locator(".plan")).to_contain_text("Revision 2")
    expect(page.locator(".plan")).to_contain_text("rows")
    assert len(work.of("rows")[-1]["rows"]) == 48
    apply(page)
    revision(page, 2)
    wait_for(page, lambda: len(work.of("rows")[-1]["rows"]) == 32)
    page.get_by_role("button", name="Undo the last change").click()
    wait_for(page, lambda: len(work.of("rows")[-1]["rows"]) == 48)
    expect(page.locator('[data-parameter="axis"] select')).to_have_value("y")


def test_a_wrong_value_is_refused_with_words_at_its_field_and_nothing_changes(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    open_node(page, "spot", "parameters")
    page.locator("#field-box").fill("[9, 3, 2, 8]")
    expect(page.locator("#panel .refused")).to_contain_text("is empty")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#panel .refused")).to_contain_text("is empty")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#field-box")).to_have_value("[4,12,6,20]")
    assert work.job.pipeline.parameters.revision == 1


def test_a_change_is_written_back_to_the_file_and_its_comments_stay(work: Any, visit: Visit, graph_file: Path) -> None:
    page = visit(work.address)
    open_node(page, "spot", "parameters")
    page.locator("#field-box").fill("0, 8, 0, 8")
    apply(page)
    revision(page, 2)
    page.get_by_role("button", name="Write back to the file").click()
    expect(page.locator("#notes")).to_contain_text("Written to")
    line = next(line for line in graph_file.read_text().splitlines() if "roi" in line)
    assert "[0, 8, 0, 8]" in line
    assert "# the box is drawn by hand" in line


def test_a_box_drawn_with_the_mouse_becomes_the_parameter_of_the_region(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    open_node(page, "spot")
    viewer = page.locator(".viewer")
    expect(viewer.locator("canvas[data-at]")).to_be_visible()
    place = viewer.bounding_box()
    assert place is not None
    scale = min(place["width"] / 48, place["height"] / 32)
    left, top = place["x"] + (place["width"] - 48 * scale) / 2, place["y"] + (place["height"] - 32 * scale) / 2
    page.get_by_role("button", name="Draw").click()
    page.mouse.move(left + 10.1 * scale, top + 4.1 * scale)
    page.mouse.down()
    page.mouse.move(left + 20, top + 20)
    page.mouse.move(left + 29.9 * scale, top + 15.9 * scale)
    page.mouse.up()
    apply(page)
    wait_for(page, lambda: work.job.pipeline.parameters.to_dict()["spot"]["box"] == [4, 16, 10, 30])
    expect(page.locator('[data-node="spot"] polygon')).to_be_visible()
    wait_for(page, lambda: work.of("spot")[-1]["spot"] < 12 * 20 * 1000 + 40001)


def test_a_polygon_drawn_with_the_mouse_takes_the_place_of_the_box(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    open_node(page, "spot")
    expect(page.locator(".viewer canvas[data-at]")).to_be_visible()
    page.get_by_label("Region for").select_option("spot.polygon")
    page.get_by_role("button", name="Draw").click()
    for x, y in ((60, 60), (160, 60), (160, 140)):
        page.locator(".viewer").click(position={"x": x, "y": y})
    page.keyboard.press("Enter")
    apply(page)
    revision(page, 2)
    parameters = work.job.pipeline.parameters.to_dict()["spot"]
    assert parameters["box"] is None
    assert len(parameters["polygon"]) == 3


def test_a_failing_node_turns_red_and_its_dead_letter_works_again_once_the_cause_is_gone(
    work: Any, visit: Visit
) -> None:
    page = visit(work.address)
    work.job.pipeline.set({"spot.box": [4, 400, 6, 20]})
    expect(page.locator('[data-node="spot"]')).to_have_class("card error")
    expect(page.locator('[data-node="spot"] .badge')).to_contain_text("error")
    expect(page.locator('[data-node="rows"] .badge')).to_have_text("running")
    open_node(page, "spot", "failures")
    letter = page.locator(".letter").first
    expect(letter).to_contain_text("reaches beyond the image")
    letter.get_by_role("button", name="Details").click()
    expect(letter).to_contain_text("uint16")
    work.job.pipeline.undo()
    expect(page.locator('[data-node="spot"] .badge')).to_have_text("running")
    page.locator(".letter").first.get_by_role("button", name="Try again").click()
    expect(page.locator(".retried")).to_contain_text("It works now")


def test_a_frozen_view_stays_on_its_event_and_is_stepped_through_while_the_data_goes_on(
    work: Any, visit: Visit
) -> None:
    page = visit(work.address)
    expect(page.locator('[data-node="spot"] polygon')).to_be_visible()
    wait_for(page, lambda: work.events > 20)
    page.keyboard.press(" ")
    where = page.locator(".group .pill")
    expect(where).to_contain_text("event ")
    held = int(where.inner_text().split()[1])
    page.keyboard.press("[")
    expect(where).to_contain_text(f"event {held - 1} ")
    open_node(page, "spot")
    expect(page.locator("#panel")).to_contain_text(f"primary/{held - 1}")
    then = work.events
    wait_for(page, lambda: work.events > then + 10)
    expect(page.locator("#panel")).to_contain_text(f"primary/{held - 1}")
    page.get_by_role("button", name="Live").click()
    expect(where).to_be_hidden()


def test_the_last_values_of_two_revisions_stand_side_by_side(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    expect(page.locator('[data-node="spot"] polygon')).to_be_visible()
    work.job.pipeline.set({"spot.box": [0, 1, 0, 1]})
    revision(page, 2)
    open_node(page, "spot", "compare")
    expect(page.get_by_label("Left revision")).to_contain_text("revision 1")
    expect(page.locator(".two .big")).to_have_count(2)
    numbers = page.locator(".two .big")
    wait_for(page, lambda: float(numbers.first.inner_text()) > float(numbers.last.inner_text()))


def test_everything_is_reached_by_keyboard(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    page.keyboard.press("/")
    page.keyboard.type("proj")
    expect(page.locator("#found button")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("rows")
    expect(page.locator('#panel [role="tab"][aria-selected="true"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-parameters")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('[data-node="rows"]')).to_be_focused()
    before = page.evaluate("document.activeElement.dataset.node")
    for key in ("ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.node") != before
    page.keyboard.press("Enter")
    expect(page.locator(".card.open")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_without_the_token_the_page_can_look_and_change_nothing(work: Any, visit: Visit) -> None:
    page = visit(work.server.address)
    open_node(page, "spot", "parameters")
    page.locator("#field-box").fill("[0, 1, 0, 1]")
    expect(page.locator("#panel .refused")).to_contain_text("no token")
    page.get_by_role("button", name="Apply").click()
    assert work.job.pipeline.parameters.revision == 1


def test_the_theme_can_be_chosen_and_is_kept(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    page.wait_for_selector(".card")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_values_are_kept_only_while_a_page_is_open(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    expect(page.locator('[data-node="frames"] img')).to_be_visible()
    sight = work.server.site.state["looks"].sights[0]
    assert sight.moments()
    page.goto("about:blank")
    wait_for(page, lambda: not sight.moments())


def test_what_the_page_asks_in_vain_is_refused_in_words(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    for path in (
        "/assets/../access.py",
        "/assets/%2e%2e/access.py",
        "/api/look/9/graph",
        "/api/look/0/nobody.out/value",
    ):
        answer = page.request.get(work.server.address + path)
        assert answer.status in (400, 404)
        assert "error" in json.loads(answer.text())
