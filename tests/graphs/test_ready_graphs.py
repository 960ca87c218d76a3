"""All ready graphs: sound, explained, right in their own examples, and a success on their simulated experiments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.cli.settings import read_settings
from headrace.engine.documents.simulated import experiments
from headrace.engine.jobs.graphs import ready_graphs, sound_graph
from headrace.engine.model.check import check
from headrace.engine.model.graph import Graph
from headrace.engine.model.registry import installed
from headrace.engine.view import render, to_text
from headrace.engine.view.pictures import draw_result

NAMES = sorted(experiments())
PAGES = Path(__file__).parents[2] / "docs" / "graphs"
DRAWN = {
    "crystal_mapping": {"peaks", "tracks", "maps"},
    "crystal_windows": {"windows", "maps", "dark"},
    "xpd_reduction": {"patterns", "mean_pattern", "running_mean", "mean_image", "ring_position", "ring_width"},
    "sacla_shots": {"mean", "maximum", "brightest", "profile", "spectrum", "pixels", "total", "totals", "brights"},
    "sacla_roi": {"image", "pumped", "unpumped", "change", "shots_pumped", "shots_unpumped", "roi"},
    "point_detectors": {"excited", "ground", "difference", "shots_excited", "below_by_above", "ratio"},
}

Find = Callable[[str], Any]


def test_every_ready_graph_has_an_experiment() -> None:
    assert ready_graphs() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_check_finds_no_fault_and_the_graph_can_be_shown(analysed: Find, name: str) -> None:
    path = analysed(name).graph
    assert check(path) == []
    assert "✗" not in to_text(render(Graph.read(path)))
    assert Graph.read(path).name == name.replace("_", "-")


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_to_change_and_how_to_try_it(analysed: Find, name: str) -> None:
    text = analysed(name).graph.read_text()
    assert text.count("CHANGE") >= 3
    assert f"headrace show {name}" in text
    assert "headrace demo" in text
    assert max(map(len, text.splitlines())) <= 124  # comments behind values may stick out a little


@pytest.mark.parametrize("name", NAMES)
def test_the_example_in_its_comment_is_a_sound_graph(analysed: Find, name: str, tmp_path: Path) -> None:
    lines = analysed(name).graph.read_text().splitlines()
    example = [line.removeprefix("#     ") for line in lines if line.startswith("#     ")]
    mine = tmp_path / "mine.yaml"
    mine.write_text("\n".join(example))
    assert check(mine) == []
    assert Graph.read(mine).digest() != Graph.read(analysed(name).graph).digest()


@pytest.mark.parametrize("name", NAMES)
def test_it_succeeds_on_its_simulated_experiment_and_every_result_holds_something(analysed: Find, name: str) -> None:
    result = analysed(name).result
    assert (result.stop["exit_status"], result.stop["reason"]) == ("success", "")
    assert result.stop["headrace"]["failures"] == 0
    assert [stream for stream in result.streams if not len(result[stream])] == []


@pytest.mark.parametrize("name", NAMES)
def test_its_pictures_are_drawn(analysed: Find, name: str, tmp_path: Path) -> None:
    one = analysed(name)
    drawn = {path.stem for path in draw_result(one.result, tmp_path, units=one.raw.units)}
    assert drawn >= DRAWN[name]


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_page_that_says_what_its_predecessor_did(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    assert "## For your experiment" in page
    assert "## What its predecessor did differently" in page


@pytest.mark.parametrize("name", NAMES)
def test_what_the_demo_says_to_try_is_sound_and_makes_a_difference(name: str) -> None:
    experiment = experiments()[name]
    assert experiment.node_type in installed()
    plain, _ = sound_graph(name, {})
    for change in experiment.tries:
        changed, _ = sound_graph(name, read_settings([change]))
        assert changed.digest() != plain.digest()
