"""A hostile graph file is refused with words, quickly, and executes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.engine.model.check import check, check_graph
from headrace.engine.model.errors import NotReachableError
from headrace.engine.model.graph import Graph

HEAD = "headrace: 1\ngraph: g\nnodes:\n"


def codes(text: str) -> list[str]:
    return [fault.code for fault in check_graph(Graph.from_yaml(text))]


def billion_laughs() -> str:
    lines = ["l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(billion_laughs(), "HR105", id="aliases of aliases"),
        pytest.param("a: &a x\nb: [" + "*a, " * 1000 + "]", "HR106", id="many aliases"),
        pytest.param("[" * 100_000, "HR105", id="deep lists"),
        pytest.param("{a: " * 100_000, "HR105", id="deep mappings"),
        pytest.param("? " * 10_000, "HR105", id="deep keys"),
        pytest.param("a: [" + "1, " * 200_000 + "]", "HR105", id="many values"),
        pytest.param("x" * 1_100_000, "HR105", id="large file"),
        pytest.param("a: '" + "x" * 1_000_000, "HR101", id="quote without end"),
        pytest.param("%YAML " + "1" * 100_000, "HR101", id="long version"),
        pytest.param('a: "\\U99999999"', "HR101", id="no character"),
        pytest.param("a: \x00", "HR102", id="null character"),
        pytest.param("\ud800", "HR102", id="half a character"),
    ],
)
def test_a_bomb_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_a_number_of_a_million_digits_is_no_number() -> None:
    graph = Graph.from_yaml(HEAD + "  a: {type: source, field: " + "9" * 1_000_000 + "}\n")
    assert isinstance(graph.nodes["a"].parameters["field"], str)


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch {path}']",
        "!!python/object/new:os.system ['touch {path}']",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!binary dG91Y2g=",
        "!!timestamp 2024-01-01",
        "!!set {a, b}",
        "!include /etc/passwd",
        "!!int many",
    ],
)
def test_a_tag_is_refused_and_nothing_is_built(tag: str, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    text = HEAD + "  a:\n    type: source\n    field: " + tag.replace("{path}", str(touched)) + "\n"
    assert "HR107" in codes(text)
    assert not touched.exists()


def test_core_tags_are_plain_data() -> None:
    text = HEAD + "  a: !!map {type: !!str source, field: !!str 12, x: !!float 3, y: !!int 4, z: ! 5}\n"
    graph = Graph.from_yaml(text)
    assert graph.faults == ()
    assert graph.nodes["a"].parameters == {"field": "12", "x": 3.0, "y": 4, "z": "5"}


def test_a_file_that_is_no_text_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"headrace: 1\ngraph: \xff\xfe\n")
    fault = check(file)[0]
    assert fault.code == "HR102"
    assert str(fault.where) == f"{file}:2:8"


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "sparse.yaml"
    with file.open("wb") as handle:
        handle.truncate(50 * 1024**3)
    assert [fault.code for fault in check(file)] == ["HR105"]


def test_a_base_that_never_ends_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    file = tmp_path / "graph.yaml"
    file.write_text("headrace: 1\ngraph: g\nextends: ./pipe.yaml\n")
    assert [fault.code for fault in check(file)] == ["HR130"]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotReachableError, match="No such file"):
        Graph.read(tmp_path / "nowhere.yaml")


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%#?,. \n\t1", max_size=60))
@example("a: |2\n x")
@example("- !!seq {}")
@example("? ? ?")
@example('"\\')
@example("&a &a a")
@example("!<tag> a: b")
@example("--- >\n")
def test_whatever_the_text_faults_come_and_never_an_exception(text: str) -> None:
    assert codes(text)
