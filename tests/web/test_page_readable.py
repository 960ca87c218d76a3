"""The page stays readable: large graphs, values that come and go, keys, documentation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]


def test_a_hundred_nodes_side_by_side_are_still_large_enough_to_be_seen(
    make_work: Any, visit: Visit, tmp_path: Path
) -> None:
    names = [f"spot_{number}" for number in range(98)]
    lines = [f"  {name}: {{type: roi, in: frames, box: [0, 9, 0, 9]}}" for name in names]
    sink = f"  keep: {{type: sink, in: [{', '.join(names)}]}}"
    path = tmp_path / "wide.yaml"
    path.write_text("\n".join(["headrace: 1", "graph: wide", "nodes:", "  frames: {type: source, field: image}"]))
    path.write_text("\n".join([path.read_text(), *lines, sink, ""]))
    with make_work(path) as work:
        page = visit(work.address)
        expect(page.locator(".card")).to_have_count(100)
        place = page.locator("#graph").bounding_box()
        boxes = [card.bounding_box() for card in page.locator(".card").all()]
    assert place is not None
    assert min(box["width"] for box in boxes if box) > 40
    for box in boxes:
        assert box is not None
        assert place["x"] <= box["x"]
        assert box["x"] + box["width"] <= place["x"] + place["width"]


def test_an_image_is_back_after_the_view_was_frozen_and_stepped(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    page.locator('[data-node="spot"]').click()
    expect(page.locator(".viewer canvas[data-at]")).to_be_visible()
    page.wait_for_timeout(1200)  # some events to step through
    page.keyboard.press(" ")  # also while a tab has the focus
    where = page.locator(".group .pill")
    expect(where).to_contain_text("event ")
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(page.locator(".viewer canvas[data-at]")).to_be_visible()
    expect(page.locator("#panel")).not_to_contain_text("This event gave no value")
    held = page.locator(".viewer canvas").get_attribute("data-at")
    page.get_by_role("button", name="Live").click()
    expect(page.locator(".viewer canvas[data-at]")).not_to_have_attribute("data-at", held or "")


def test_the_keys_are_told_in_words(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    page.keyboard.press("?")
    told = page.get_by_role("dialog")
    expect(told.locator("dt").nth(4)).to_have_text("Space")
    expect(told.locator("dd").nth(4)).to_have_text("freeze, go on")
    expect(told).not_to_contain_text("object")


def test_documentation_is_set_as_text_with_its_code_and_examples(work: Any, visit: Visit) -> None:
    page = visit(work.address)
    page.locator('[data-node="spot"]').click()
    page.locator("#tab-about").click()
    doc = page.locator("#panel .doc")
    expect(doc.locator("h4", has_text="Parameters")).to_be_visible()
    expect(doc.locator("dt", has_text="polygon")).to_be_visible()
    expect(doc.locator("pre", has_text=">>>")).to_be_visible()
    expect(doc).not_to_contain_text("``")
    expect(page.locator("#panel")).to_contain_text("watched.yaml, line 7")
