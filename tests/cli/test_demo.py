"""``headrace demo``: from nothing to pictures."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.documents.simulated import experiments
from headrace.engine.jobs.run import open_run


def _runs(store: Path) -> list[Path]:
    return [path for path in store.iterdir() if not path.name.startswith(".")]


def test_the_demo_makes_everything_and_says_where_and_what_next(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("demo", "--out", "my demo")
    demo = folder / "my demo"
    assert said.code == 0, said.err
    assert len(_runs(demo / "raw")) == 2
    (result,) = _runs(demo / "results")
    assert set(open_run(result).streams) >= {"peaks", "tracks", "maps"}
    drawn = [line.strip() for line in said.out.splitlines() if line.endswith((".svg", ".png"))]
    assert {Path(path).name for path in drawn} >= {"graph.svg", "peaks.png", "tracks.png", "maps.png"}
    assert all((folder / path).stat().st_size > 1000 for path in drawn)
    assert [line for line in said.out.splitlines() if len(line) > 80] == []

    _, _, advice = said.out.partition("Try next:\n")
    commands = advice.replace("\\\n", " ").strip().splitlines()
    assert len(commands) == 4
    for command in commands:
        verb, *arguments = shlex.split(command)[1:]
        assert cli(verb, *arguments).code == 0, command

    again = cli("demo", "crystal-mapping", "--out", "my demo")
    assert again.code == 0
    assert len(_runs(demo / "raw")) == 2
    assert len(_runs(demo / "results")) == 4


@pytest.mark.parametrize("name", sorted({*experiments()} - {"crystal_mapping"}))
def test_there_is_a_demo_of_every_experiment_and_its_name_is_in_the_help(
    cli: Callable[..., Any], folder: Path, name: str
) -> None:
    said = cli("demo", name)
    assert said.code == 0, said.err
    (result,) = (path for path in _runs(folder / f"headrace-demo-{name}" / "results") if path.name != "files")
    stop = open_run(result).stop
    assert stop is not None
    assert stop["exit_status"] == "success"
    drawn = [line.strip() for line in said.out.splitlines() if line.endswith((".svg", ".png"))]
    assert len(drawn) >= 4
    assert all((folder / path).stat().st_size > 1000 for path in drawn)
    assert [line for line in said.out.splitlines() if len(line) > 88] == []
    assert name in cli("demo", "--help").out


def test_demos_in_one_folder_analyse_each_its_own_run(cli: Callable[..., Any], folder: Path) -> None:
    for name in ("point_detectors", "sacla_shots", "point_detectors"):
        said = cli("demo", name, "--out", "all")
        assert said.code == 0, said.err
        assert ("scan 731550" in said.out) is (name == "point_detectors")


def test_an_unknown_demo_is_wrong_use_and_the_names_are_listed(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("demo", "crystals")
    assert said.code == 2
    assert "the demos are: crystal_mapping" in said.err
    assert not (folder / "headrace-demo").exists()


def test_a_folder_that_cannot_be_written_is_unreachable(cli: Callable[..., Any]) -> None:
    said = cli("demo", "--out", "totals.yaml")
    assert said.code == 3
    assert "Traceback" not in said.err
