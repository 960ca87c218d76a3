"""``headrace journal``, and the options of a journal, as a user meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headrace.engine.cli.journal_options import read_age
from headrace.engine.documents.journal import Journal
from headrace.engine.documents.packing import packb
from headrace.engine.documents.simulated import simulate_crystal_rod
from headrace.engine.model.errors import UsageError


@pytest.fixture
def kept(folder: Path) -> Path:
    """Give a journal with a dark run and a scan whose result is finished."""
    with Journal(folder / "kept") as journal:
        for name, doc in simulate_crystal_rod((2, 3), size=64, frames=2):
            journal.append(b"raw", name, [packb(doc)], doc)
        about = {"graph": "totals", "result": "5c1f0a2e-9d1c", "verdict": ["success", ""]}
        journal.note("finished", {"run": list(journal.runs())[-1], **about})
    return folder / "kept"


def test_a_journal_is_described_and_its_runs_are_listed(cli: Callable[..., Any], kept: Path) -> None:
    said = cli("journal", "kept", "--runs")
    first, dark, scan = said.out.splitlines()
    assert said.code == 0
    assert first.startswith("kept: 2 runs, 14 records, ")
    assert dark.endswith("4 documents, success: no result finished")
    assert scan.endswith("9 documents, success: totals 5c1f0a2e (success)")


def test_a_sound_journal_is_verified_and_a_damaged_one_is_told(cli: Callable[..., Any], kept: Path) -> None:
    said = cli("journal", "kept", "--verify")
    assert (said.code, said.out.splitlines()[-1]) == (0, "14 records are sound, 0 places damaged")
    path = kept / "00000001.journal"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content[:-10])
    said = cli("journal", "kept", "--verify")
    assert said.code == 1
    assert "1 place damaged" in said.out
    assert "are torn, or being written now" in said.err


def test_a_run_is_analysed_from_a_journal_as_from_a_store(cli: Callable[..., Any], kept: Path, folder: Path) -> None:
    said = cli("run", "totals.yaml", "--from", "kept/-1", "--to", "results")
    assert said.code == 0
    assert "6 events, success" in said.out


def test_what_is_no_journal_is_told(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("journal", "raw")
    assert said.code == 3
    assert "raw is no journal" in said.err


def test_options_of_a_journal_make_sense_only_with_one_and_live(cli: Callable[..., Any], folder: Path) -> None:
    said = cli("run", "totals.yaml", "--from", "raw/-1", "--journal", "kept")
    assert (said.code, "--journal is for live sources" in said.err) == (2, True)
    live = ("run", "totals.yaml", "--from", "zmq://127.0.0.1:9/raw")
    said = cli(*live, "--journal-age", "7d")
    assert (said.code, "does not say where" in said.err) == (2, True)
    said = cli(*live, "--journal", "kept", "--journal-bytes", "much")
    assert (said.code, "is no number of bytes" in said.err) == (2, True)


def test_an_age_is_a_number_and_a_unit() -> None:
    assert [read_age(text) for text in ("90s", "30m", "12 h", "0.5d")] == [90.0, 1800.0, 43200.0, 43200.0]
    for text in ("7", "d", "-1d", "0s", "1 week"):
        with pytest.raises(UsageError, match="is no age"):
            read_age(text)
