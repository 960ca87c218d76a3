"""Code that is another one gives other keys, wherever it stands; code that says the same gives the same."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from headrace.engine.model.constraints import plain
from headrace.engine.model.node import node
from headrace.engine.model.ports import Value
from headrace.engine.runtime import lineage_packages
from headrace.engine.runtime.lineage_code import code_key
from headrace.engine.runtime.lineage_packages import package_versions

Load = Callable[..., ModuleType]

MAIN = """
    from headrace import node
    from headrace.engine.model.ports import Value
    from lab_project.helpers import scale

    LIMIT = 3

    @node
    def work(value: Value, *, by: int = 1) -> Value:
        from lab_project import inner
        return min(scale(value), LIMIT) + inner.shift() + by

    def beside():
        return 1
"""
HELPERS = """
    import numpy as np
    from lab_project.deep import factor

    def scale(value):
        return factor() * np.float64(value)
"""
DEEP = """
    def factor():
        return 2
"""
INNER = """
    def shift():
        return 10
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Give a function that writes a small project and imports it afresh."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def forget() -> None:
        for name in [name for name in sys.modules if name.startswith("lab_project")]:
            del sys.modules[name]

    def write(main: str = MAIN, helpers: str = HELPERS, deep: str = DEEP, inner: str = INNER) -> ModuleType:
        forget()
        folder = tmp_path / "lab_project"
        folder.mkdir(exist_ok=True)
        for name, text in {"__init__": "", "main": main, "helpers": helpers, "deep": deep, "inner": inner}.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return importlib.import_module("lab_project.main")

    yield write
    forget()


def key(module: ModuleType) -> bytes:
    return code_key(module.work.node_type)


def test_the_same_code_loaded_again_has_the_same_key(load: Load) -> None:
    assert key(load()) == key(load())


def test_a_docstring_a_comment_and_blank_lines_make_no_difference(load: Load) -> None:
    before = key(load())
    commented = MAIN.replace("def beside():", "# a remark\n\n    def beside():\n        '''Say something.'''")
    assert key(load(main=commented)) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("main", "+ by", "- by"),
        ("main", "LIMIT = 3", "LIMIT = 4"),
        ("main", "min(", "max("),
        ("helpers", "factor() *", "factor() +"),
        ("deep", "return 2", "return 3"),
        ("deep", "return 2", "return 2.0"),
        ("inner", "return 10", "return 11"),
    ],
)
def test_a_change_anywhere_in_the_project_makes_another_key(load: Load, file: str, old: str, new: str) -> None:
    before = key(load())
    text = {"main": MAIN, "helpers": HELPERS, "deep": DEEP, "inner": INNER}[file]
    assert old in text
    assert key(load(**{file: text.replace(old, new)})) != before


def test_a_default_that_is_another_is_no_other_code_because_it_is_a_parameter(load: Load) -> None:
    one, other = load(), load(main=MAIN.replace("by: int = 1", "by: int = 2"))
    assert plain(one.work.node_type.parameters["by"].default) != plain(other.work.node_type.parameters["by"].default)


def test_a_library_of_another_version_makes_another_key(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(load())
    real = lineage_packages.version_of
    monkeypatch.setattr(lineage_packages, "version_of", lambda name: "99" if name == "numpy" else real(name))
    package_versions.cache_clear()
    try:
        assert key(load()) != before
    finally:
        monkeypatch.undo()
        package_versions.cache_clear()


def test_what_a_library_needs_counts_too() -> None:
    named = {text.split()[0] for text in package_versions(frozenset({"trackpy"}))}
    assert {b"trackpy", b"scipy", b"numpy", b"pandas", b"numba"} <= named


def test_a_helper_that_was_put_in_the_place_of_another_is_seen(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    module = load()
    before = key(module)
    monkeypatch.setattr(module, "scale", lambda value: value)
    assert key(module) != before
    monkeypatch.undo()
    assert key(module) == before


def test_a_module_that_was_loaded_again_after_an_edit_is_seen(load: Load) -> None:
    module = load()
    before = key(module)
    path = Path(str(sys.modules["lab_project.deep"].__file__))
    path.write_text("def factor():\n    return 5\n")
    assert key(module) == before  # what is loaded counts, not what is in the file
    importlib.reload(sys.modules["lab_project.deep"])
    assert key(module) != before


def test_functions_made_by_a_function_differ_by_what_they_were_made_with() -> None:
    def made(by: Any) -> Any:
        @node
        def shifted(value: Value) -> Value:
            return value + by

        return shifted

    assert code_key(made(1).node_type) == code_key(made(1).node_type)
    assert code_key(made(1).node_type) != code_key(made(2).node_type)
    assert code_key(made(lambda: 1).node_type) != code_key(made(lambda: 2).node_type)
    assert code_key(made([1, {"a": 2}]).node_type) != code_key(made([1, {"a": 3}]).node_type)
