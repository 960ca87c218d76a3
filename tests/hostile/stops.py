"""Stop documents of other runs, of no run, and with counts that can't be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.message import Hostile, Stage, beginning, documents, event, stop, uid_of

__all__ = ["messages"]

COUNTS: dict[str, Any] = {
    "in words": "many",
    "that are a list": [3],
    "that are text for a stream": {"primary": "many"},
    "that are an array for a stream": {"primary": np.array([1, 2])},
    "that are NaN for a stream": {"primary": math.nan},
    "that are negative": {"primary": -5},
    "of four hundred digits": {"primary": 10**400},
    "of five thousand digits": {"primary": 1 << 5_000},
    "of streams that are no text": {5: 1, None: 2, "primary": 1},
    "of a stream with a name of a megabyte": {"s" * (1 << 20): 7},
    "of a stream in colours": {"\x1b[31m\r\nprimary": 7},
    "of a stream with half a character": {"\ud800": 7},
    "of a hundred thousand streams": {f"s{n}": 1 for n in range(100_000)},
}
VERDICTS: dict[str, dict[str, Any]] = {
    "a verdict that is a list": {"exit_status": ["success"]},
    "a verdict that nobody knows": {"exit_status": "splendid"},
    "a reason of a megabyte": {"exit_status": "fail", "reason": "r" * (1 << 20)},
    "a reason in colours and lines": {"exit_status": "fail", "reason": "\x1b[2J\r\nERROR forged"},
    "a reason with half a character": {"exit_status": "fail", "reason": "\ud800"},
    "a reason that is an array": {"exit_status": "fail", "reason": np.zeros(3)},
    "our own words about what is complete": {"headrace": {"complete": True, "nodes": 5}},
}


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    for words, counts in COUNTS.items():
        name = f"a stop with numbers of events {words}"
        uid, pairs = beginning(stage, name)
        yield documents(name, [*pairs, event(uid), stop(uid, num_events=counts)], "taken")
    for words, verdict in VERDICTS.items():
        name = f"a stop with {words}"
        uid, pairs = beginning(stage, name)
        yield documents(name, [*pairs, event(uid), stop(uid, **verdict)], "taken")
    yield from _strangers(stage)


def _strangers(stage: Stage) -> Iterator[Hostile]:
    uid = uid_of(stage, "never stopped")
    odd: dict[str, dict[str, Any]] = {
        "a stop of a run that never began": {"run_start": uid, "time": 1.0},
        "a stop of no run": {"time": 1.0},
        "a stop of a run that is a list": {"run_start": [uid]},
        "a stop of a run that is an array": {"run_start": np.zeros(3)},
        "a stop of a run with a name of ten megabytes": {"run_start": "r" * 10_000_000},
        "a stop of a run in colours": {"run_start": "\x1b[31m\nred"},
        "a stop at a time in words": {"run_start": uid, "time": "late"},
    }
    for name, doc in odd.items():
        yield documents(name, [("stop", doc)], "passed over")
    name = "a run that is stopped twice, with events between"
    uid, pairs = beginning(stage, name)
    yield documents(name, [*pairs, event(uid), stop(uid), event(uid, 2), stop(uid)], "passed over")
    name = "a run that is stopped at once"
    uid, pairs = beginning(stage, name)
    yield documents(name, [pairs[0], stop(uid), pairs[1], event(uid)], "passed over")
