"""Sending hostile messages beside good runs, and finding out what became of either."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from tests.hostile.good_runs import GRAPH, good_run
from tests.hostile.message import Hostile
from tests.hostile.service_process import GuardedService

import headrace

__all__ = ["Campaign", "counted"]

_NUMBERS = count(1)


class Campaign:
    """Hostile messages in the middle of good runs, sent to a guarded service.

    Parameters
    ----------
    service
        The service.
    folder
        For what is computed here, to compare with.
    """

    def __init__(self, service: GuardedService, folder: Path) -> None:
        self.service = service
        self.published: list[str] = []
        """Uids of the runs that another publisher sent meanwhile; run n has the values of `good_run(n)`."""
        graph = folder / "batch.yaml"
        graph.write_text(GRAPH)
        self._wanted = {number: _hashes(headrace.run(graph, good_run(number)).stop) for number in range(4)}

    def beside(self, messages: Iterable[Hostile], seconds: float = 60.0) -> tuple[dict[str, Any], dict[str, Any]]:
        """Send messages in the middle of a good run. Gives how the service was before, and once that run is over."""
        number = next(_NUMBERS)
        run = good_run(number)
        before = self.service.status()
        self.service.publish(run[:5])
        self._send([message for hostile in messages for message in hostile.messages], before, 5)
        self.service.publish(run[5:])
        after = self.service.await_run(run[0][1]["uid"], seconds)
        assert after["alive"], after["error"]
        assert after["verdict"] == ["success", ""], (after["verdict"], after["log"][-5:])
        assert self.result_of(after["places"][0]) == self._wanted[number % 4], "the good run came out otherwise"
        return before, after

    def _send(self, messages: Sequence[Sequence[bytes]], before: Mapping[str, Any], ahead: int) -> None:
        """Send messages no faster than they are taken in: a proxy drops what is too much for it."""
        known = _taken(before) + ahead
        for number, message in enumerate(messages, 1):
            self.service.send(message)
            deadline = time.monotonic() + 60
            while number % 200 == 0 and _taken(status := self.service.status()) < known + number:
                assert status["alive"], status["error"]
                assert time.monotonic() < deadline, "messages are taken in no longer"
                time.sleep(0.01)

    def outcome(self, number: int, uid: str, seconds: float = 60.0) -> str:
        """Say what became of a run that was published elsewhere."""
        status = self.service.await_run(uid, seconds)
        if status["verdict"] != ["success", ""]:
            return str(status["verdict"])
        return "right" if self.result_of(status["places"][0]) == self._wanted[number % 4] else "wrong"

    def result_of(self, place: str) -> list[list[str]]:
        """Give the hashes of a result."""
        *_, last = Path(place, "documents.jsonl").read_text().splitlines()
        return _hashes(json.loads(last)["doc"])


def _hashes(stop: Mapping[str, Any] | None) -> list[list[str]]:
    assert stop is not None
    found: list[list[str]] = sorted(list(one) for one in stop["headrace"]["hashes"])
    return found


def _taken(status: Mapping[str, Any]) -> int:
    account = status["account"]
    return int(account["received"] + account["refused"])


def counted(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, int]:
    """Give how many messages were refused, passed over or noted as odd between two looks, and what nodes failed on."""
    was, now = _numbers(before), _numbers(after)
    return {name: now[name] - was[name] for name in now}


def _numbers(status: Mapping[str, Any]) -> dict[str, int]:
    account = status["account"]
    lane = account["lanes"][0]
    odd = sum(lane["notes"].values())
    return {
        "refused": account["refused"],
        "passed over": lane["passed_over"] + odd,
        "failed": status["failures"],
        "received": account["received"],
    }
