"""The page of a graph, in a real browser: nothing is fetched, nodes can be looked at, and hostile names stay text."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from headrace.engine.documents.result import Result
from headrace.engine.model.check import check_graph
from headrace.engine.model.graph import Graph, Node
from headrace.engine.view import fold, render, to_html
from headrace.engine.view.recorded import recorded

HOSTILE = [
    "<script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    "\"><svg onload='window.hurt = 1'>",
    "</title></style></script><b>bold</b>",
    "javascript:alert(1)",
    "&lt;script&gt;",
]


def hostile_graph() -> Graph:
    nodes = [Node("frames", "source", {}, {"field": HOSTILE[0]}, note=HOSTILE[1])]
    nodes += [Node(name, "average", {"frames": "frames"}, {name: name}, note=name) for name in HOSTILE]
    return Graph(HOSTILE[3], {node.name: node for node in nodes}, HOSTILE[1])


def opened(page: Page, folder: Path, text: str) -> list[str]:
    """Open a page from a file; gives the addresses of everything that was asked for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    return asked


def test_nothing_is_fetched_and_a_click_tells_all_about_a_node(
    chromium_page: Page, tmp_path: Path, failed: Result
) -> None:
    rendered = recorded(failed.start, failed.stop)
    assert rendered is not None
    asked = opened(chromium_page, tmp_path, to_html(rendered))
    assert len(asked) == 1
    cards = chromium_page.locator("article.node")
    expect(cards.filter(visible=True)).to_have_count(0)
    lit = next(node.id for node in rendered.nodes if node.name == "lit")
    chromium_page.locator(f".hr-node[data-node={lit}]").click()
    expect(cards.filter(visible=True)).to_have_count(1)
    told = cards.filter(visible=True).inner_text()
    for words in ("lit", "filter", "1 / (seq_num % 2) < 10", "6 in → 3 out", "3 failed", "mean.out"):
        assert words in told


def test_nodes_are_found_and_opened_with_the_keyboard_alone(chromium_page: Page, tmp_path: Path) -> None:
    nodes = [Node("frames", "source", {}, {"field": "image"}), Node("mean", "average", {"frames": "frames"})]
    opened(chromium_page, tmp_path, to_html(render(Graph("g", {node.name: node for node in nodes}))))
    chromium_page.keyboard.press("Tab")
    chromium_page.keyboard.type("averag")
    assert chromium_page.locator(".hr-node.found").count() == 1
    chromium_page.locator(".hr-node.found").focus()
    chromium_page.keyboard.press("Enter")
    expect(chromium_page.locator("article.node").filter(visible=True)).to_contain_text("average")
    chromium_page.keyboard.press("Escape")
    expect(chromium_page.locator("article.node").filter(visible=True)).to_have_count(0)


def test_a_node_out_of_sight_comes_into_view_when_it_is_reached(
    chromium_page: Page, tmp_path: Path, lanes: Graph
) -> None:
    opened(chromium_page, tmp_path, to_html(render(lanes)))
    node = chromium_page.locator(".hr-node").last
    node.focus()
    inside, place = chromium_page.locator(".canvas").bounding_box(), node.bounding_box()
    assert inside is not None
    assert place is not None
    assert inside["x"] <= place["x"] <= inside["x"] + inside["width"]
    assert inside["y"] <= place["y"] <= inside["y"] + inside["height"]


def test_the_picture_is_zoomed_with_the_wheel_moved_with_the_mouse_and_reset(
    chromium_page: Page, tmp_path: Path
) -> None:
    opened(chromium_page, tmp_path, to_html(render(Graph("g", {"a": Node("a", "source", {}, {"field": "image"})}))))
    view = "[...Object.values(['x', 'y', 'width'].map(k => document.querySelector('.canvas svg').viewBox.baseVal[k]))]"
    first = chromium_page.evaluate(view)
    chromium_page.locator(".canvas").hover(position={"x": 20, "y": 20})
    chromium_page.mouse.wheel(0, -300)
    chromium_page.wait_for_function(f"{view}[2] < {first[2]}")
    zoomed = chromium_page.evaluate(view)
    chromium_page.mouse.down()
    chromium_page.mouse.move(300, 400, steps=3)
    chromium_page.mouse.up()
    assert chromium_page.evaluate(view)[:2] != zoomed[:2]
    chromium_page.get_by_role("button", name="show all").click()
    assert chromium_page.evaluate(view) == pytest.approx(first)


def test_hostile_names_stay_text(chromium_page: Page, tmp_path: Path) -> None:
    graph = hostile_graph()
    rendered = render(graph, check_graph(graph))
    asked = opened(chromium_page, tmp_path, to_html(rendered, fold(rendered)))
    assert len(asked) == 1
    for node in chromium_page.locator(".hr-node").all():
        node.focus()
        chromium_page.keyboard.press("Enter")
    assert chromium_page.evaluate("window.hurt") is None
    assert chromium_page.locator("script").count() == 1
    assert chromium_page.locator("img, b, a, iframe, [onload], [onerror], [onclick]").count() == 0
    said = chromium_page.locator("body").inner_text()
    assert chromium_page.title() == HOSTILE[3]
    assert HOSTILE[1] in said


def test_even_a_script_that_got_in_would_not_run(chromium_page: Page, tmp_path: Path) -> None:
    text = to_html(render(Graph("g", {"a": Node("a", "source", {}, {"field": "image"})})))
    broken_into = text.replace("<h1>", "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'><h1>")
    opened(chromium_page, tmp_path, broken_into)
    assert chromium_page.evaluate("window.hurt") is None


def test_without_scripts_the_picture_stands_and_all_nodes_are_described(
    chromium: Browser, tmp_path: Path, failed: Result
) -> None:
    rendered = recorded(failed.start, failed.stop)
    assert rendered is not None
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    opened(page, tmp_path, to_html(rendered))
    assert page.locator(".canvas svg .hr-node").count() == len(rendered.nodes)
    assert page.locator("article.node").filter(visible=True).count() == len(rendered.nodes)
    assert page.locator(".tools").filter(visible=True).count() == 0
    context.close()


def test_a_large_graph_is_shown_folded_and_whole_on_demand(chromium_page: Page, tmp_path: Path, lanes: Graph) -> None:
    rendered = render(lanes)
    opened(chromium_page, tmp_path, to_html(rendered, fold(rendered)))
    nodes = chromium_page.locator(".hr-node").filter(visible=True)
    assert nodes.count() == 7
    chromium_page.get_by_text("every node", exact=True).click()
    expect(nodes).to_have_count(302)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_their_ground_in_light_and_in_dark(
    chromium: Browser, tmp_path: Path, lanes: Graph, scheme: str
) -> None:
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    opened(page, tmp_path, to_html(fold(render(lanes))))
    pairs = page.evaluate(
        """() => [...document.querySelectorAll(".hr-node")].flatMap((node) => {
            const ground = getComputedStyle(node.querySelector(".hr-box")).fill;
            return [...node.querySelectorAll(".hr-name, .hr-soft")].map((t) => [getComputedStyle(t).fill, ground]);
        })"""
    )
    context.close()
    assert pairs
    for letters, ground in pairs:
        assert contrast(letters, ground) >= 4.5


def contrast(one: str, two: str) -> float:
    """Contrast of two colours after WCAG 2."""
    low, high = sorted(map(luminance, (one, two)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
