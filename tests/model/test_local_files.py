"""Local Python files of node types run only if they are trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.engine.model.check import check
from headrace.engine.model.graph import Graph

NODES = """\
from pathlib import Path

from headrace.engine.model.node import node
from headrace.engine.model.ports import Frame

Path(__file__).with_suffix(".ran").touch()


@node
def despeckle(frame: Frame, *, size: int = 3) -> Frame:
    return frame
"""
GRAPH = """\
headrace: 1
graph: g
python: my_nodes.py
nodes:
  frames: {type: source, field: image}
  clean: {type: despeckle, in: frames, size: 5}
  keep: {type: sink, in: clean}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "my_nodes.py").write_text(NODES)
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH)
    return path


def test_without_trust_nothing_runs(file: Path) -> None:
    assert [fault.code for fault in check(file)] == ["HR140", "HR201"]
    assert not file.with_name("my_nodes.ran").exists()


def test_with_trust_the_node_types_are_known(file: Path) -> None:
    assert check(file, trust=True) == []
    assert file.with_name("my_nodes.ran").exists()
    graph = Graph.read(file, trust=True)
    assert graph.nodes["clean"].inputs == {"frame": "frames"}
    assert check(graph, trust=True) == []


def test_a_file_that_is_not_there_or_fails_is_a_fault(file: Path) -> None:
    file.with_name("my_nodes.py").write_text("1 / 0\n")
    assert [(fault.code, str(fault.where)) for fault in check(file, trust=True)][:1] == [("HR141", f"{file}:3:9")]
    file.with_name("my_nodes.py").unlink()
    assert "no such file" in check(file, trust=True)[0].message
