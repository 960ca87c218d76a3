"""``headrace new``: a file that extends a ready graph, runs as it is, and lists what can be changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import headrace
from headrace.engine.cli import main
from headrace.engine.jobs.graphs import ready_graphs


@pytest.mark.parametrize("base", ready_graphs())
def test_a_new_graph_is_the_ready_graph_until_something_is_changed(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["new", "mine", "--from", base])
    assert done.exit_code == 0, done.output
    mine = headrace.Graph.read("mine.yaml")
    assert headrace.check("mine.yaml") == []
    assert mine.name == "mine"
    assert mine.nodes == headrace.engine.jobs.graphs.open_graph(base)[0].nodes


def test_taking_the_comment_signs_away_changes_a_parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(main, ["new", "mine", "--from", "crystal_mapping"])
    text = Path("mine.yaml").read_text()
    for commented in ("  # peaks:\n", "  #   diameter:"):
        assert text.count(commented) >= 1
        text = text.replace(commented, commented.replace("# ", "", 1), 1)
    Path("mine.yaml").write_text(text.replace("diameter: 11", "diameter: 13"))
    assert headrace.check("mine.yaml") == []
    assert headrace.Graph.read("mine.yaml").nodes["peaks"].parameters["diameter"] == 13


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("mine")
    done = CliRunner().invoke(main, ["new", "mine", "--from", "crystal_mapping"])
    assert done.exit_code == 2
    assert Path("mine.yaml").read_text() == "mine"


def test_an_unknown_base_is_refused_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["new", "mine", "--from", "crystal_maping"])
    assert done.exit_code == 2
    assert "crystal_mapping" in done.output
