"""``headrace show``: a graph as text or as a diagram."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BEGINNINGS = {
    "text": "totals: 4 nodes",
    "mermaid": "flowchart",
    "dot": "digraph",
    "json": "{",
    "svg": "<",
    "html": "<!DOCTYPE html>",
}


@pytest.mark.parametrize("form", BEGINNINGS)
def test_a_graph_is_drawn_in_every_format(cli: Callable[..., Any], form: str) -> None:
    said = cli("show", "totals.yaml", "--format", form)
    assert said.code == 0
    assert BEGINNINGS[form] in said.out[:200]
    assert said.err == ""


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("g.svg", "<"), ("g.mmd", "flowchart"), ("g.gv", "digraph"), ("deep/g.txt", "totals"), ("g.htm", "<!DOC")],
)
def test_the_name_of_the_file_says_what_is_written(
    cli: Callable[..., Any], folder: Path, name: str, beginning: str
) -> None:
    said = cli("show", "totals.yaml", "-o", name)
    assert (said.code, said.out) == (0, f"wrote {name}\n")
    assert beginning in (folder / name).read_text(encoding="utf-8")[:200]


def test_json_can_be_read(cli: Callable[..., Any]) -> None:
    drawn = json.loads(cli("show", "totals.yaml", "--format", "json").out)
    assert [node["name"] for node in drawn["nodes"]] == ["frames", "mean", "total", "keep"]


def test_a_broken_graph_is_drawn_and_said_to_be_broken(cli: Callable[..., Any]) -> None:
    said = cli("show", "broken.yaml")
    assert said.code == 0
    assert "HR201" in said.out
    assert "The graph has 4 faults and can't run: headrace check broken.yaml" in said.err


def test_a_file_of_unknown_kind_is_wrong_use(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("show", "totals.yaml", "-o", "graph.bmp")
    assert said.code == 2
    assert "--format" in said.err
    assert not (folder / "graph.bmp").exists()


def test_a_file_that_cannot_be_written_is_unreachable(cli: Callable[..., Any]) -> None:
    said = cli("show", "totals.yaml", "-o", "totals.yaml/graph.svg")
    assert said.code == 3
    assert "can't write totals.yaml/graph.svg" in said.err


def test_a_png_goes_to_a_file_or_a_pipe(cli: Callable[..., Any], headrace: Any, folder: Path) -> None:
    assert cli("show", "totals.yaml", "-o", "graph.png").out == "wrote graph.png\n"
    written = (folder / "graph.png").read_bytes()
    assert written.startswith(b"\x89PNG")
    with headrace.start("show", "totals.yaml", "--format", "png", text=False) as process:
        assert process.communicate(timeout=60)[0] == written


@pytest.fixture
def failed(cli: Callable[..., Any]) -> str:
    """Run a graph in which every second event fails; gives the address of its result."""
    cli("run", "failing.yaml", "--from", "raw/-1", "--to", "results", "-q")
    return "results/-1"


def test_a_run_is_laid_on_its_graph(cli: Callable[..., Any], failed: str) -> None:
    said = cli("show", "failing.yaml", "--run", failed)
    assert said.code == 0
    lit = next(line for line in said.out.splitlines() if "lit" in line.split())
    assert "6 in → 3 out" in lit
    assert "3 failed" in lit
    drawn = json.loads(cli("show", "failing.yaml", "--run", failed, "--format", "json").out)
    assert drawn["run"]["verdict"] == "fail"


@pytest.mark.parametrize(
    ("graph", "run", "problem"),
    [
        ("failing.yaml", "raw/-1", "raw/-1 is a raw run"),
        ("xpd_reduction", "results/-1", "is a result of failing, whose nodes are others than those of xpd-reduction"),
    ],
)
def test_a_run_of_something_else_is_wrong_use(
    cli: Callable[..., Any], failed: str, graph: str, run: str, problem: str
) -> None:
    said = cli("show", graph, "--run", run)
    assert said.code == 2
    assert problem in said.err.replace("\n", " ")


def test_the_plan_tells_segments_and_slots(cli: Callable[..., Any]) -> None:
    said = cli("show", "totals.yaml", "--plan")
    assert "segment 1, anywhere: frames, mean" in said.out
    assert "mean(#0) → #1, then #0 is free" in said.out
    assert "segment" in cli("show", "totals.yaml", "--plan", "--format", "svg").out


def test_the_plan_of_a_broken_graph_is_left_out(cli: Callable[..., Any]) -> None:
    said = cli("show", "broken.yaml", "--plan")
    assert said.code == 0
    assert "segment" not in said.out


def test_a_large_graph_is_folded_unless_one_says_otherwise(cli: Callable[..., Any], folder: Path) -> None:
    lines = ["  frames: {type: source, field: image}"]
    lines += [f"  mean_{number}: {{type: average, in: frames}}" for number in range(70)]
    lines += [f"  keep: {{type: sink, in: [{', '.join(f'mean_{number}' for number in range(70))}]}}"]
    (folder / "large.yaml").write_text("headrace: 1\ngraph: large\nnodes:\n" + "\n".join(lines))
    assert "mean_… (70)" in cli("show", "large.yaml").out
    assert "mean_69" in cli("show", "large.yaml", "--no-fold").out
    assert len(json.loads(cli("show", "large.yaml", "--format", "json").out)["nodes"]) == 72
    assert len(json.loads(cli("show", "large.yaml", "--fold", "--format", "json").out)["nodes"]) == 3
