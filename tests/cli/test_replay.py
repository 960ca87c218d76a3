"""``headrace replay``, ``rerun`` and ``cache``: what they say, and the code they end with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def analysed(cli: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which a run was analysed with a cache of its own."""
    monkeypatch.setenv("HEADRACE_CACHE", str(folder / "cache"))
    said = cli("run", "crystal_mapping", "--from", "raw/-1", "--to", "results", "--set", "peaks.diameter=7", "-q")
    assert said.code == 0, said.err
    return folder


def rows(text: str) -> dict[str, list[str]]:
    """Give the words of each line by their first one; of several lines that begin alike, the first."""
    found: dict[str, list[str]] = {}
    for words in map(str.split, text.splitlines()):
        if words:
            found.setdefault(words[0], words[1:])
    return found


def test_it_says_for_each_node_what_was_reused_and_what_was_computed(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("replay", "results/-1", "--set", "tracks.search_range=9", "--to", "again")
    assert said.code == 0, said.err
    table = rows(said.out)
    assert table["node"] == ["reused", "computed", "took", "whole"]
    assert table["peaks"][:2] == ["6", "-"]
    assert table["tracks"][:2] == ["-", "6"]
    assert "replayed in" in said.out
    assert "result: again/" in said.out


def test_a_raw_run_is_replayed_with_a_graph_and_quietly(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("replay", "raw/-1", "totals.yaml", "-q")
    assert (said.code, said.out) == (0, "")


def test_a_raw_run_without_a_graph_is_refused(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("replay", "raw/-1")
    assert said.code == 2
    assert "say which graph" in " ".join(said.err.split())


def test_without_a_cache_all_is_computed(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("replay", "results/-1", "--cache", "off")
    assert rows(said.out)["peaks"][:2] == ["-", "6"]


def test_failures_end_with_code_1_in_a_replay_too(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("replay", "raw/-1", "failing.yaml")
    assert said.code == 1
    assert "failures" in said.out


def test_a_result_is_made_again(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("rerun", "results/-1")
    assert said.code == 0, said.err
    assert "bit for bit" in said.out


def test_a_result_that_can_not_be_made_again_ends_with_code_1_and_says_why(
    cli: Callable[..., Any], analysed: Path
) -> None:
    (path,) = (analysed / "results").glob("*/documents.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["doc"]["headrace"]["versions"]["numpy"] = "1.0"
    lines[-1]["doc"]["headrace"]["hashes"][0][2] = "0" * 32
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = cli("rerun", "results/-1")
    assert said.code == 1
    assert "not the same: 1 of" in said.out
    assert "numpy was 1.0" in said.out


def test_the_cache_is_shown_and_cleared(cli: Callable[..., Any], analysed: Path) -> None:
    assert not cli("cache").out.startswith("0 values")
    assert cli("cache", "clear").out.startswith("0 values")
    assert rows(cli("replay", "results/-1").out)["peaks"][:2] == ["-", "6"]


def test_a_cache_that_was_turned_off_is_none(cli: Callable[..., Any], analysed: Path) -> None:
    said = cli("cache", "--cache", "off")
    assert said.code == 3
    assert "there is no cache" in said.err
