"""For which runs a graph is meant, and what it wants done when documents come too fast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headrace.engine.model.check import check_graph
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.intake import IntakeRule, intake_rule, read_bytes
from headrace.engine.model.when import matches, unmet
from headrace.nodes import average, source

START: dict[str, Any] = {
    "uid": "5c1f",
    "plan_name": "grid_scan",
    "scan_id": 7,
    "sample": {"name": "Ni [111]", "size": {"x": 1.5}},
    "detectors": ["dexela", "i0"],
    "dark_frame": False,
    "shape": np.array([2, 3]),
    "operator": None,
}


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"plan_name": "grid_scan"},
        {"plan_name": "*grid*"},
        {"plan_name": ["count", "grid_scan"]},
        {"scan_id": 7},
        {"scan_id": 7.0},
        {"scan_id": "*"},
        {"sample.name": "Ni*"},
        {"sample.name": "Ni [111]"},
        {"sample.name": "Ni [???]"},
        {"sample.size.x": 1.5},
        {"detectors": "dexela"},
        {"detectors": ["pilatus", "i?"]},
        {"shape": 3},
        {"dark_frame": False},
        {"operator": None},
        {"absent": None},
        {"absent": [None, "x"]},
        {"plan_name": "grid_scan", "scan_id": 7},
    ],
    ids=str,
)
def test_a_run_that_meets_every_condition_fits(when: dict[str, Any]) -> None:
    assert matches(when, START)
    assert list(unmet(when, START)) == []


@pytest.mark.parametrize(
    "when",
    [
        {"plan_name": "Grid_scan"},
        {"plan_name": "grid"},
        {"plan_name": None},
        {"scan_id": "7"},
        {"scan_id": True},
        {"dark_frame": 0},
        {"sample": "Ni*"},
        {"sample.name.first": "*"},
        {"sample.colour": "*"},
        {"operator": "*"},
        {"detectors": "pilatus"},
        {"plan_name": "grid_scan", "scan_id": 8},
    ],
    ids=str,
)
def test_a_run_that_fails_one_condition_does_not(when: dict[str, Any]) -> None:
    assert not matches(when, START)
    assert len(list(unmet(when, START))) == 1


def test_python_and_yaml_say_the_same() -> None:
    when = {"plan_name": ("grid_scan", "count"), "sample.name": "Ni*"}
    graph = Graph("g", when=when, intake={"policy": "latest", "max_bytes": "2 GB"}).keep(a=average(source(field="i")))
    assert check_graph(graph) == []
    text = graph.to_yaml()
    assert "when: {plan_name: [grid_scan, count], sample.name: Ni*}\nintake: {policy: latest, max_bytes: 2 GB}" in text
    assert Graph.from_yaml(text) == graph
    assert graph.digest() != Graph("g").keep(a=average(source(field="i"))).digest()
    assert graph.set({"a.frames": 1}).when == graph.when


def test_a_graph_that_extends_another_replaces_its_conditions_whole(tmp_path: Any) -> None:
    base = Graph("base", when={"plan_name": "count", "scan_id": 1}).keep(a=average(source(field="i")))
    (tmp_path / "base.yaml").write_text(base.to_yaml())
    for text, expected in [("when: {scan_id: 2}\n", {"scan_id": 2}), ("when: {}\n", {}), ("", base.when)]:
        (tmp_path / "mine.yaml").write_text(f"headrace: 1\nextends: ./base.yaml\n{text}")
        assert Graph.read(tmp_path / "mine.yaml").when == expected


def test_a_long_condition_is_written_on_lines_of_its_own_and_comes_back() -> None:
    graph = Graph("g", when={f"key_number_{n}": ["some", "values", n] for n in range(9)})
    assert max(map(len, graph.to_yaml().splitlines())) < 100
    assert Graph.from_yaml(graph.to_yaml()) == graph


def test_sizes_are_read_as_people_write_them() -> None:
    sizes = ["1", "1B", "2 kB", "1.5 MB", " 3 GiB ", 12]
    assert [read_bytes(size) for size in sizes] == [1, 1, 2000, 1_500_000, 3 * 2**30, 12]
    for wrong in ["", "GB", "2 gigabytes", "-1", 0, 1.5, True, None, "1e9"]:
        with pytest.raises(UsageError, match="no number of bytes"):
            read_bytes(wrong)


def test_a_rule_has_defaults_and_a_wrong_one_is_refused() -> None:
    assert intake_rule({}) == IntakeRule("block", 10_000, 2**30)
    with pytest.raises(UsageError, match="'policy' of 'intake' is 'newest'; expected block, drop_oldest"):
        intake_rule({"policy": "newest"})
