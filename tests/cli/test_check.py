"""``headrace check``: every fault of every graph, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("name", ["crystal_mapping", "crystal-mapping"])
def test_a_ready_graph_is_found_by_its_name_and_is_sound(cli: Callable[..., Any], name: str) -> None:
    said = cli("check", name)
    assert said.code == 0
    assert said.out.startswith(f"ok: {name} (")


def test_all_faults_of_a_graph_are_said_at_once(cli: Callable[..., Any]) -> None:
    said = cli("check", "broken.yaml")
    assert said.code == 2
    assert "graph 'broken' has 4 faults" in said.out
    assert "broken.yaml:5:" in said.out
    assert "did you mean 'average'?" in said.out


def test_sound_graphs_are_told_beside_broken_ones(cli: Callable[..., Any]) -> None:
    said = cli("check", "totals.yaml", "broken.yaml")
    assert said.code == 2
    assert said.out.startswith("ok: totals.yaml (4 nodes)\ngraph 'broken' has")


def test_json_has_an_entry_per_graph_with_its_faults(cli: Callable[..., Any]) -> None:
    said = cli("check", "--json", "totals.yaml", "broken.yaml")
    sound, broken = json.loads(said.out)
    assert said.code == 2
    assert sound == {"graph": "totals.yaml", "name": "totals", "nodes": 4, "faults": []}
    assert {fault["code"] for fault in broken["faults"]} == {"HR201", "HR204", "HR303", "HR401"}
    assert all(fault["file"] == "broken.yaml" and fault["line"] for fault in broken["faults"])


def test_a_graph_that_is_not_there_is_wrong_use_and_the_nearest_is_named(cli: Callable[..., Any]) -> None:
    said = cli("check", "crystal_maping")
    assert said.code == 2
    assert "did you mean 'crystal_mapping'?" in said.err
    assert "Traceback" not in said.err


def test_a_file_that_is_no_graph_has_faults(cli: Callable[..., Any], folder: Path) -> None:
    (folder / "noise.yaml").write_bytes(bytes(range(256)))
    said = cli("check", "noise.yaml")
    assert said.code == 2
    assert "HR1" in said.out


def test_local_python_is_run_only_if_it_is_trusted(cli: Callable[..., Any]) -> None:
    said = cli("check", "slow.yaml")
    assert said.code == 2
    assert "--trust" in said.out
    assert cli("check", "--trust", "slow.yaml").out == "ok: slow.yaml (4 nodes)\n"


def test_a_check_without_a_graph_is_wrong_use(cli: Callable[..., Any]) -> None:
    assert cli("check").code == 2
