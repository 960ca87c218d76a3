"""Every hostile message beside good runs, at a real service behind a real proxy, with journal and without."""

from __future__ import annotations

import json
import re
from itertools import islice
from types import ModuleType
from typing import Any
from urllib.request import urlopen

import pytest
from tests.hostile.campaign import Campaign, counted
from tests.hostile.corpus import ROOMS, corpus
from tests.hostile.message import Hostile, Stage
from tests.hostile.opened_files import OpenedFiles

_AT_ONCE = {True: 12, False: 40}
"""Messages in the middle of a good run, with journal and without."""
_MOST_GROWTH = 900 << 20
"""Bytes by which the memory may grow, with messages of up to 40 MB among them."""


def groups(messages: list[Hostile], at_once: int) -> list[list[Hostile]]:
    """Put messages of one fate together, a few at a time."""
    found: list[list[Hostile]] = []
    for fate in dict.fromkeys(one.fate for one in messages):
        rest = iter([one for one in messages if one.fate == fate])
        while group := list(islice(rest, at_once)):
            found.append(group)
    return found


def check_counts(group: list[Hostile], before: dict[str, Any], after: dict[str, Any]) -> None:
    names = "; ".join(one.name for one in group)
    numbers = counted(before, after)
    if group[0].fate == "refused":
        assert numbers["refused"] == sum(len(one.messages) for one in group), names
    elif group[0].fate != "taken":
        assert numbers[group[0].fate] >= len(group), names


def test_there_are_hundreds_of_messages_and_each_says_what_it_is(stage: Stage) -> None:
    names = [one.name for one in corpus(stage)]
    assert len(names) >= 700
    assert len(set(names)) == len(names)
    assert all(len(name.split()) >= 3 and name.isprintable() for name in names)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__.rpartition(".")[2])
def test_the_service_goes_on_and_good_runs_come_out_right(
    campaign: Campaign, stage: Stage, opened: OpenedFiles, room: ModuleType
) -> None:
    opened.names()
    for group in groups(list(room.messages(stage)), _AT_ONCE[campaign.service.journal]):
        before, after = campaign.beside(group)
        names = "; ".join(one.name for one in group)
        check_counts(group, before, after)
        assert after["found"] == [], (after["found"], names)
        assert not stage.canary.exists(), names
        assert opened.names() == set(), names
        assert after["grown"] < _MOST_GROWTH, (after["grown"], names)


def test_the_runs_of_blueskys_own_publisher_came_out_right_all_the_while(campaign: Campaign) -> None:
    published = campaign.published[:-1]
    assert published
    for number, uid in enumerate(published):
        assert campaign.outcome(number, uid) == "right"


def test_the_log_has_few_lines_and_none_that_plays_tricks_with_a_terminal(campaign: Campaign) -> None:
    status = campaign.service.status()
    assert status["lines"] < 400
    assert status["longest"] < 6000
    assert all(line.replace("\n", "").replace("\t", "").isprintable() for line in status["log"])


def test_the_control_server_still_answers_in_good_order(campaign: Campaign) -> None:
    with urlopen(f"{campaign.service.control}/api/status") as answer:
        status = json.load(answer)
    assert status["source"]["refused"] > 100
    assert status["phase"] in ("waiting", "working")
    with urlopen(f"{campaign.service.control}/metrics") as answer:
        text = answer.read().decode()
    form = re.compile(r'[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [-+.0-9einfNa]+')
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines
    assert [line for line in lines if not form.fullmatch(line)] == []


def test_nothing_was_written_but_results_and_journal(campaign: Campaign, stage: Stage) -> None:
    work = campaign.service.results.parent
    assert {path.name for path in work.iterdir()} <= {"results", "journal", "guarded.yaml", "quick.yaml"}
    assert {path.name for path in work.parent.iterdir()} == {"work", "batch.yaml"}
    assert {path.name for path in stage.canary.parent.iterdir()} == {"allowed", "outside"}
    odd = [path for path in campaign.service.results.iterdir() if not re.fullmatch(r"[A-Za-z0-9_.-]+", path.name)]
    assert odd == []


def test_it_ends_in_order_when_it_is_told_to(campaign: Campaign) -> None:
    status = campaign.service.stop()
    assert status["stopped"]
    assert not status["error"]
    assert status["found"] == []
