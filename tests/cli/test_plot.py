"""``headrace plot``: a result as pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def result(cli: Callable[..., Any], folder: Path) -> Path:
    """Run a small graph; gives the folder of its result."""
    assert cli("run", "totals.yaml", "--from", "raw/-1", "--to", "results", "-q").code == 0
    return next(path for path in (folder / "results").iterdir() if (path / "documents.jsonl").exists())


def test_pictures_go_to_a_folder_of_their_own_and_are_named(
    cli: Callable[..., Any], folder: Path, result: Path
) -> None:
    said = cli("plot", "results/-1")
    assert said.code == 0
    pictures = f"pictures-{result.name[:8]}"
    assert said.out.splitlines() == [f"{pictures}/mean.png", f"{pictures}/total.png"]
    assert (folder / pictures / "mean.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("form", "beginning"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_one_node_is_drawn_in_another_format(
    cli: Callable[..., Any], folder: Path, result: Path, form: str, beginning: bytes
) -> None:
    said = cli("plot", "results/-1", "--node", "total", "-o", "drawn", "--format", form)
    assert said.out == f"drawn/total.{form}\n"
    assert (folder / f"drawn/total.{form}").read_bytes().startswith(beginning)


def test_a_raw_run_is_drawn_too(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("plot", "raw/-1", "-o", "drawn")
    assert said.out.splitlines() == ["drawn/primary_dexela_image.png", "drawn/primary.png"]


def test_a_misspelt_node_is_refused_with_the_nearest(cli: Callable[..., Any], folder: Path, result: Path) -> None:
    said = cli("plot", "results/-1", "--node", "totl")
    assert said.code == 2
    assert "did you mean 'total'?" in said.err
    assert not list(folder.glob("pictures-*"))


def test_a_folder_that_cannot_be_written_is_unreachable(cli: Callable[..., Any], folder: Path, result: Path) -> None:
    said = cli("plot", "results/-1", "-o", "totals.yaml/pictures")
    assert said.code == 3
    assert "can't write to totals.yaml/pictures" in said.err
