"""``headrace demo``: from nothing to pictures."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def test_an_unknown_demo_is_wrong_use_and_the_names_are_listed(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("demo", "crystals")
    assert said.code == 2
    assert "the demos are: crystal_mapping" in said.err
    assert not (folder / "headrace-demo").exists()


def test_a_folder_that_cannot_be_written_is_unreachable(cli: Callable[..., Any]) -> None:
    said = cli("demo", "--out", "totals.yaml")
    assert said.code == 3
    assert "Traceback" not in said.err
