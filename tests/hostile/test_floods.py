"""Many messages of one kind: counted, told in a few lines, in bounded memory, and no good run is lost over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.hostile.campaign import Campaign
from tests.hostile.message import Hostile, Stage, beginning, documents, event, framed
from tests.hostile.service_process import GuardedService


@pytest.fixture(scope="module")
def campaign(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    """Give what sends floods in the middle of good runs."""
    folder = tmp_path_factory.mktemp("floods")
    (folder / "work").mkdir()
    with GuardedService(folder / "work", stage, journal=True) as service:
        yield Campaign(service, folder)


def many(message: tuple[bytes, ...], number: int) -> Hostile:
    return Hostile("many", (message,) * number, "refused")


def log_growth(before: dict[str, Any], after: dict[str, Any]) -> int:
    return int(after["lines"] - before["lines"])


def test_a_refused_message_twenty_thousand_times_is_counted_each_time_and_told_once(campaign: Campaign) -> None:
    before, after = campaign.beside([many((b"raw start nonsense",), 20_000)])
    assert after["account"]["refused"] - before["account"]["refused"] == 20_000
    assert log_growth(before, after) <= 3


def test_a_document_of_nobody_ten_thousand_times_is_counted_and_told_a_few_times(campaign: Campaign) -> None:
    lost = framed("event", {"descriptor": "nobody's", "seq_num": 1, "data": {}, "time": 1.0})
    before, after = campaign.beside([many(lost, 10_000)])
    notes = [one["account"]["lanes"][0]["notes"].get("event of an unknown run", 0) for one in (before, after)]
    assert notes[1] - notes[0] == 10_000
    assert log_growth(before, after) <= 10


def test_documents_of_ten_thousand_unknown_runs_take_little_memory_and_few_lines(campaign: Campaign) -> None:
    flood = [framed("stop", {"run_start": f"{number:x}" * 100, "uid": "s"}) for number in range(10_000)]
    before, after = campaign.beside([Hostile("many", tuple(flood), "passed over")])
    assert len(after["account"]["lanes"][0]["unknown"]) <= 300
    assert log_growth(before, after) <= 10
    assert after["grown"] - before["grown"] < 100 << 20


def test_hundreds_of_runs_that_begin_and_never_stop_do_not_end_a_good_one_that_goes_on(
    campaign: Campaign, stage: Stage
) -> None:
    flood = []
    for number in range(250):
        _, pairs = beginning(stage, f"flood {number}")
        flood += [framed(*pair) for pair in pairs]
    before, after = campaign.beside([Hostile("many", tuple(flood), "taken")], seconds=110)
    assert len(after["account"]["lanes"][0]["runs"]) <= 101
    assert log_growth(before, after) <= 40
    assert after["grown"] - before["grown"] < 400 << 20


def test_events_that_wait_for_what_never_comes_end_their_own_run_and_no_other(campaign: Campaign, stage: Stage) -> None:
    outside = {"image": {"dtype": "array", "shape": [12, 16], "source": "h", "external": "FILESTORE:"}}
    uid, pairs = beginning(stage, "waits for ever", keys=outside)
    ballast = np.zeros(8 << 20, "u1")
    waiting = [event(uid, number, {"image": "never/0", "more": ballast}) for number in range(1, 30)]
    before, after = campaign.beside([documents("many", [*pairs, *waiting], "taken", "msgpack")])
    assert after["account"]["lanes"][0]["runs"][uid]["streams"]["primary"]["events"] == 29
    assert after["grown"] - before["grown"] < 1 << 30


def test_nothing_was_executed_read_or_written_meanwhile(campaign: Campaign, stage: Stage) -> None:
    assert campaign.service.status()["found"] == []
    assert not Path(stage.canary).exists()
