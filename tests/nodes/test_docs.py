"""The catalogue's pages: every example runs, every graph snippet parses, every parameter is explained."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from docstring_parser import parse
from ruamel.yaml import YAML

import headrace.nodes
from headrace.engine.model.node import NodeFunction
from headrace.engine.model.registry import installed
from headrace.nodes import support

TYPES = {name: kind for name, kind in installed().items() if kind.target.__module__.startswith("headrace.nodes.")}
SUPPORT = [f"headrace.nodes.support.{module.name}" for module in pkgutil.iter_modules(support.__path__)]
every_type = pytest.mark.parametrize("name", sorted(TYPES))


def _run(target: Any, name: str, module: Any) -> int:
    count = 0
    for test in doctest.DocTestFinder().find(target, name, module=module):
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
        assert result.failed == 0
        count += result.attempted
    return count


def test_the_catalogue_names_every_node_type_and_nothing_else() -> None:
    assert sorted(TYPES) == sorted(headrace.nodes.__all__)
    for name in headrace.nodes.__all__:
        found = getattr(headrace.nodes, name)
        assert isinstance(found, NodeFunction)
        assert found.node_type is TYPES[name]


def test_the_catalogue_is_loaded_without_the_heavy_libraries() -> None:
    heavy = ("trackpy", "pandas", "scipy", "numba", "matplotlib", "h5py", "tifffile", "pyFAI")
    code = f"import sys, headrace.nodes; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@every_type
def test_the_examples_of_a_node_type_run(name: str) -> None:
    target = TYPES[name].target
    if "headrace[xrd]" in (target.__doc__ or ""):
        pytest.importorskip("pyFAI")
    assert _run(target, name, sys.modules[target.__module__]) > 0


@pytest.mark.parametrize("module", SUPPORT)
def test_the_examples_of_helpers_run(module: str) -> None:
    found = importlib.import_module(module)
    _run(found, module, found)


def _snippets(doc: str) -> list[dict[str, Any]]:
    blocks = re.findall(r"::\n\n((?: {4,}.*\n|\n)+)", textwrap.dedent(doc) + "\n")
    return [dict(YAML(typ="safe").load(textwrap.dedent(block))) for block in blocks]


@every_type
def test_the_graph_snippets_of_a_node_type_are_graphs_with_known_keys(name: str) -> None:
    nodes = [node for snippet in _snippets(inspect.getdoc(TYPES[name].target) or "") for node in snippet.values()]
    assert name in {node["type"] for node in nodes}
    for node in nodes:
        kind = TYPES[node["type"]]
        assert set(node) <= {"type", "in", *kind.parameters}
        if isinstance(node.get("in"), dict):
            assert all(kind.input(port) for port in node["in"])


@every_type
def test_every_input_and_parameter_is_explained_and_nothing_else(name: str) -> None:
    kind = TYPES[name]
    explained = {
        part.strip("* ") for entry in parse(kind.doc).params for part in entry.arg_name.split(",") if entry.description
    }
    declared = {*kind.parameters, *kind.contexts, *kind.init_contexts}
    declared |= set() if kind.stateful else {port.name for port in kind.inputs}
    optional = {"run", "event"}
    assert declared - optional <= explained <= declared
