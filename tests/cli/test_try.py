"""One event through a graph: what each node makes of it, without anything being stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from headrace import UsageError
from headrace.engine.cli.entry import main
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.documents.store_writer import FolderStoreWriter
from headrace.engine.jobs.trial import try_event
from headrace.engine.view.thumbnail import described, sparkline, thumbnail

TOTALS = """\
headrace: 1
graph: totals
nodes:
  frames: {type: source, field: dexela_image}
  mean:   {type: average, in: frames}
  lit:    {type: filter, in: mean, where: "1 / (seq_num % 2) < 10"}
  total:  {type: accumulate, in: mean, how: sum}
  late:   {type: linear, in: total}
  keep:   {type: sink, in: [mean, total, lit, late]}
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write = FolderStoreWriter(tmp_path / "raw")
    for name, doc in simulate_crystal_rod():
        write(name, doc)
    return tmp_path / "raw"


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "totals.yaml"
    path.write_text(TOTALS)
    return path


def say(*words: object) -> Result:
    return CliRunner().invoke(main, ["try", *map(str, words)])


def test_each_node_is_shown_with_shape_range_time_and_picture(graph: Path, store: Path) -> None:
    result = say(graph, "--from", f"{store}/-1", "--event", 3)
    assert result.exit_code == 0, result.output
    assert "event " in result.output
    assert "after the 2 before it" in result.output
    mean = result.output[result.output.index("\nmean (average)") + 1 :].splitlines()
    assert mean[1].startswith("  float64 (")
    assert "…" in mean[1]
    assert len(mean[2]) > 30
    assert "gives something at the end of the run only" in result.output


def test_nodes_that_remember_have_seen_the_events_before_unless_it_is_tried_alone(graph: Path, store: Path) -> None:
    text = TOTALS.replace("in: total}", "in: total.running}")
    graph.write_text(text)
    warm, alone = (try_event(graph, f"{store}/-1", 3, alone=alone) for alone in (False, True))
    totals = [next(node.values["running"] for node in trial.nodes if node.node == "total") for trial in (warm, alone)]
    mean = next(node.values["out"] for node in alone.nodes if node.node == "mean")
    assert np.array_equal(totals[1], mean)
    assert totals[0].sum() > 2.5 * totals[1].sum()
    assert (warm.before, alone.before) == (2, 0)


def test_a_node_that_fails_says_why_and_the_others_are_shown_all_the_same(graph: Path, store: Path) -> None:
    result = say(graph, "--from", f"{store}/-1", "--event", "primary/2")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.output or "division by zero" in result.output
    assert "mean (average)" in result.output


def test_the_last_event_is_minus_one_and_one_that_is_not_there_is_refused(graph: Path, store: Path) -> None:
    last = try_event(graph, f"{store}/-1", -1).event.seq_num
    assert last > 1
    result = say(graph, "--from", f"{store}/-1", "--event", last + 1)
    assert result.exit_code == 2
    assert f"primary/1 to primary/{last}" in result.output
    with pytest.raises(UsageError, match="it has primary/1"):
        try_event(graph, f"{store}/-1", "dork/1")


def test_parameters_can_be_tried(graph: Path, store: Path) -> None:
    result = say(graph, "--from", f"{store}/-1", "--set", "late.scale=0.5", "--set", "total.how=mean")
    assert result.exit_code == 0, result.output


def test_values_are_described_and_drawn_in_characters() -> None:
    image = np.zeros((40, 60))
    image[20, 30] = 9.0
    drawn = thumbnail(image, 30, 8)
    assert (len(drawn), len(drawn[0])) == (8, 30)
    assert sum(line.count("@") for line in drawn) == 1, "a single bright pixel is seen"
    assert sparkline([0.0, np.nan, 1.0]) == "▁ █"
    assert described(np.zeros((0, 3))) == "float64 (0, 3)"
    assert thumbnail(np.full((3, 3), np.nan)) == ["???"] * 3
    assert described(2.5).startswith("float  2.5")
    assert thumbnail(np.array([[True, False]])) == ["@ "]
