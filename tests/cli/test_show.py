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
}


@pytest.mark.parametrize("form", BEGINNINGS)
def test_a_graph_is_drawn_in_every_format(cli: Callable[..., Any], form: str) -> None:
    said = cli("show", "totals.yaml", "--format", form)
    assert said.code == 0
    assert BEGINNINGS[form] in said.out[:200]
    assert said.err == ""


@pytest.mark.parametrize(
    ("name", "beginning"), [("g.svg", "<"), ("g.mmd", "flowchart"), ("g.gv", "digraph"), ("deep/g.txt", "totals")]
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
