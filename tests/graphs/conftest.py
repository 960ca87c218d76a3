"""What tests of ready graphs share: each graph, run once on its simulated experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import headrace.graphs
from headrace import Result, open_run, run
from headrace.engine.documents.simulated import experiments
from headrace.engine.documents.store_writer import FolderStoreWriter


@dataclass(frozen=True)
class Analysed:
    """A simulated experiment and its analysis."""

    name: str
    folder: Path
    documents: list[tuple[str, dict[str, Any]]]

    @property
    def graph(self) -> Path:
        return Path(str(files(headrace.graphs).joinpath(f"{self.name}.yaml")))

    @property
    def store(self) -> Path:
        return self.folder / "raw"

    @cached_property
    def result(self) -> Result:
        return run(self.graph, f"{self.store}/-1", to=self.folder / "results")

    @property
    def raw(self) -> Result:
        return open_run(f"{self.store}/-1")

    def events(self, number: int = -1) -> list[dict[str, Any]]:
        """Give the data of the events of one of the runs, the last by default."""
        runs: list[list[dict[str, Any]]] = []
        for name, doc in self.documents:
            if name == "start":
                runs.append([])
            elif name == "event":
                runs[-1].append(doc["data"])
        return runs[number]


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Analysed]:
    """Give the analysis of an experiment by the name of its ready graph; each is run once."""
    known: dict[str, Analysed] = {}

    def find(name: str) -> Analysed:
        if name not in known:
            one = Analysed(name, tmp_path_factory.mktemp(name), list(experiments()[name].simulate()))
            with FolderStoreWriter(one.store) as write:
                for kind, doc in one.documents:
                    write(kind, doc)
            known[name] = one
        return known[name]

    return find
