"""The command itself: its verbs, its help, and how little it imports for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

VERBS = ("demo", "check", "show", "nodes", "run", "publish", "record", "proxy")
HEAVY = {"h5py", "matplotlib", "numba", "numpy", "pandas", "scipy", "streamz", "trackpy", "zmq"}


def _imported_by(*arguments: str) -> set[str]:
    """Give the modules that a fresh process has after a command."""
    code = (
        "import sys\n"
        "from headrace.engine.cli import main\n"
        "try:\n    main(sys.argv[1:], prog_name='headrace')\n"
        "except SystemExit:\n    pass\n"
        "print('imported', *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("imported")[2].split())


def test_help_names_every_verb(cli: Callable[..., Any]) -> None:
    said = cli("--help")
    assert said.code == 0
    assert [verb for verb in VERBS if f"\n  {verb} " not in said.out] == []
    assert "Exit codes: 0 done" in said.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_fits_80_columns(cli: Callable[..., Any], verb: str) -> None:
    said = cli(verb, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: headrace {verb}")
    assert [line for line in said.out.splitlines() if len(line) > 80] == []


def test_help_imports_nothing_heavy() -> None:
    modules = _imported_by("--help")
    assert modules & HEAVY == set()
    assert "rich" not in modules


def test_a_check_imports_no_library_that_computes() -> None:
    assert _imported_by("check", "crystal_mapping") & {"trackpy", "pandas", "scipy", "numba", "matplotlib"} == set()


def test_the_package_runs_as_a_module(headrace: Callable[..., Any]) -> None:
    said = headrace("--version")
    assert said.code == 0
    assert said.out.startswith("headrace 0.")


def test_a_misspelt_verb_is_refused_with_the_nearest(cli: Callable[..., Any]) -> None:
    said = cli("chek", "mine.yaml")
    assert said.code == 2
    assert "did you mean 'check'?" in said.err


def test_an_option_before_the_verb_that_does_not_exist_is_wrong_use(cli: Callable[..., Any]) -> None:
    assert cli("--fast", "run").code == 2
