"""``headrace nodes``: the catalogue and its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from headrace.engine.model.description import describe
from headrace.engine.model.registry import installed

NAMES = sorted(installed())


def test_the_catalogue_lists_every_node_type_under_its_family(cli: Callable[..., Any]) -> None:
    said = cli("nodes")
    assert said.code == 0
    families = said.out.split("\n\n")
    for name in NAMES:
        family = installed()[name].family
        assert any(part.startswith(f"{family}\n") and f"\n  {name} " in part for part in families), name
    assert max(map(len, said.out.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_a_page_tells_everything_about_a_node_type(cli: Callable[..., Any], name: str) -> None:
    said = cli("nodes", name)
    assert said.code == 0
    described = describe(installed()[name])
    assert " ".join(described["summary"].split()) in " ".join(said.out.split())
    for part in [*described["inputs"], *described["outputs"], *described["parameters"]]:
        assert f"\n  {part['name']}: " in said.out
    assert "\nIn a graph file\n" in said.out
    assert "\nIn Python\n  >>> " in said.out


@pytest.mark.parametrize("name", NAMES)
def test_prose_is_broken_to_the_terminal_and_without_markup(cli: Callable[..., Any], name: str) -> None:
    prose = cli("nodes", name).out.split("\nIn a graph file\n")[0]
    said = [line for line in prose.splitlines() if not line.startswith("      ")]  # not the examples within
    assert [line for line in said if len(line) > 80] == []
    assert "``" not in prose
    assert "----" not in prose


def test_a_parameter_says_its_type_range_unit_and_default(cli: Callable[..., Any]) -> None:
    page = " ".join(cli("nodes", "locate").out.split())
    assert "diameter: whole number >= 3" in page
    assert "in px, required" in page
    assert "percentile: number >= 0 and <= 100, default 64" in page


def test_json_is_the_description_of_one_or_of_all(cli: Callable[..., Any]) -> None:
    assert json.loads(cli("nodes", "locate", "--json").out)["name"] == "locate"
    assert sorted(one["name"] for one in json.loads(cli("nodes", "--json").out)) == NAMES


def test_an_unknown_node_type_is_wrong_use_and_the_nearest_is_named(cli: Callable[..., Any]) -> None:
    said = cli("nodes", "lokate")
    assert said.code == 2
    assert "did you mean 'locate'?" in said.err
