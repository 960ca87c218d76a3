"""The page of fault codes, and the examples in the docstrings of the model."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import headrace.engine.model
from headrace.engine.model.codes import CODES, table

MODULES = [
    module.name
    for module in pkgutil.walk_packages(headrace.engine.model.__path__, "headrace.engine.model.")
    if not module.ispkg
]


def test_the_page_of_faults_lists_every_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    assert table() in page.read_text()


def test_codes_are_in_order_and_explained() -> None:
    assert list(CODES) == sorted(CODES)
    assert all(meaning.endswith(".") for meaning in CODES.values())


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_right(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
