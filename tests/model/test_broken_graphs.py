"""Every broken graph file gives exactly the faults that stand in its first lines.

Such a line is ``# CODE LINE:COLUMN NODE HINT``; a fault in a file that is extended has the file's name before the
line. No node is written as ``-``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.engine.model.check import check_graph
from headrace.engine.model.codes import CODES
from headrace.engine.model.faults import Fault
from headrace.engine.model.registry import Registry
from headrace.engine.model.yaml_reader import parse_graph, read_graph

FOLDER = Path(__file__).parent / "broken"
FILES = sorted(FOLDER.glob("*.yaml"))


def expected(file: Path) -> list[str]:
    lines = file.read_text().splitlines()
    return [line.removeprefix("# ") for line in lines if line.startswith("# HR")]


def line_of(fault: Fault, file: Path) -> str:
    assert fault.where is not None
    place = f"{fault.where.line}:{fault.where.column}"
    if Path(fault.where.file).resolve() != file:
        place = f"{Path(fault.where.file).resolve().relative_to(FOLDER)}:{place}"
    return f"{fault.code} {place} {fault.node or '-'} {fault.hint}".rstrip()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_graph_gives_exactly_the_expected_faults(file: Path, registry: Registry) -> None:
    graph = read_graph(file, registry)
    assert [line_of(fault, file) for fault in check_graph(graph, registry)] == expected(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_fault_says_in_words_what_is_wrong(file: Path, registry: Registry) -> None:
    for fault in check_graph(read_graph(file, registry), registry):
        assert fault.code in CODES
        assert fault.message
        assert str(fault).startswith(str(fault.where))
        assert fault.to_dict()["code"] == fault.code


def test_there_are_at_least_forty_broken_graphs() -> None:
    assert len(FILES) >= 40


def test_every_code_is_given_by_some_broken_graph() -> None:
    given = {line.split()[0] for file in FILES for line in expected(file)}
    by_other_tests = {"HR102", "HR105", "HR141"}  # not text, too large, a file that fails when it is run
    assert given | by_other_tests == set(CODES)


def test_a_broken_graph_still_has_its_nodes_so_that_it_can_be_drawn(broken: Path, registry: Registry) -> None:
    graph = read_graph(broken / "many_faults.yaml", registry)
    assert list(graph.nodes) == ["frames", "dark", "clean", "peaks", "tracks", "keep"]
    assert graph.nodes["peaks"].inputs == {"1": "claen"}
    assert graph.nodes["clean"].inputs == {"frame": "frames", "drak": "dark"}


def test_what_stands_before_a_syntax_error_can_still_be_drawn(registry: Registry) -> None:
    text = "headrace: 1\ngraph: g\nnodes:\n  a: {type: source, field: x}\n  b: {type: average, in: a\n"
    assert list(parse_graph(text, registry).nodes) == ["a", "b"]
