"""Runs that later runs may refer to are remembered, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from headrace.engine.documents.recent_runs import RecentRuns

Compose = Callable[..., list[tuple[str, Any]]]


@pytest.fixture
def shots(compose: Compose) -> Callable[..., list[tuple[str, Any]]]:
    """Compose a run of images of 8000 bytes each."""

    def composed(uid: str, count: int = 2, **start: Any) -> list[tuple[str, Any]]:
        key = {"dtype": "array", "shape": [10, 100]}
        return compose({"image": (key, [np.ones((10, 100))] * count)}, uid=uid, **start)

    return composed


def observe(recent: RecentRuns, documents: list[tuple[str, Any]]) -> None:
    for name, doc in documents:
        recent.observe(name, doc)


def test_a_dark_run_is_found_once_it_has_ended(shots: Any) -> None:
    recent, run = RecentRuns(), shots("a", dark_frame=True)
    observe(recent, run[:-1])
    assert recent.find_run("a") is None
    observe(recent, run[-1:])
    found = recent.find_run("a")
    assert found is not None
    assert len(list(found.events("primary"))) == 2


def test_a_run_that_is_no_dark_is_remembered_if_it_is_small_and_somebody_might_refer_to_it(shots: Any) -> None:
    recent = RecentRuns(all_up_to=lambda: 50_000)
    observe(recent, [*shots("small"), *shots("large", 10)])
    assert recent.find_run("small") is not None
    assert recent.find_run("large") is None
    nothing = RecentRuns()
    observe(nothing, shots("small"))
    assert nothing.find_run("small") is None


def test_a_run_that_was_looked_for_is_remembered_however_large_it_is(shots: Any) -> None:
    recent = RecentRuns(all_up_to=lambda: 50_000)
    assert recent.find_run("large") is None
    assert recent.wanted("large")
    observe(recent, shots("large", 10))
    assert recent.find_run("large") is not None


def test_runs_that_only_might_be_referred_to_are_forgotten_before_darks(shots: Any) -> None:
    recent = RecentRuns(most_runs=3, all_up_to=lambda: 50_000)
    observe(recent, shots("dark", dark_frame=True))
    for number in range(5):
        observe(recent, shots(str(number)))
    kept = [uid for uid in ("dark", "0", "1", "2", "3", "4") if recent.find_run(uid) is not None]
    assert kept == ["dark", "3", "4"]


def test_what_is_remembered_is_bounded_in_bytes(shots: Any, caplog: pytest.LogCaptureFixture) -> None:
    recent = RecentRuns(most_bytes=100_000, all_up_to=lambda: 25_000)
    for number in range(20):
        observe(recent, [*shots(f"dark {number}", dark_frame=True), *shots(f"light {number}")])
    assert sum(recent.find_run(f"dark {number}") is not None for number in range(20)) in range(2, 6)
    assert recent.find_run("dark 19") is not None
    assert sum(recent.find_run(f"light {number}") is not None for number in range(20)) <= 2
    assert "is forgotten" in caplog.text


def test_a_run_that_begins_again_after_its_end_stays_what_it_was(shots: Any) -> None:
    recent, run = RecentRuns(), shots("a", dark_frame=True)
    observe(recent, [*run, run[0]])
    assert recent.find_run("a") is not None
