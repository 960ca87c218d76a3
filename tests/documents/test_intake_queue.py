"""Where documents wait: every event that goes in comes out or is counted, under any policy and any pace."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.engine.documents.assembler import Assembler
from headrace.engine.documents.dropped_events import DroppedEvents
from headrace.engine.documents.intake_queue import IntakeQueue, Named
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.model.errors import UsageError
from headrace.engine.model.intake import IntakeRule
from headrace.engine.model.records import Event, RunContext, RunEnd

RUNS = ("a", "b")


def beginning(run: str) -> list[tuple[str, dict[str, Any]]]:
    keys = {"x": {"dtype": "number", "shape": [], "source": "test"}}
    return [
        ("start", {"uid": run, "time": 0.0}),
        ("descriptor", {"uid": f"{run}-primary", "run_start": run, "name": "primary", "data_keys": keys}),
    ]


def event(run: str, number: int) -> tuple[str, dict[str, Any]]:
    return "event", {"descriptor": f"{run}-primary", "uid": "e", "seq_num": number, "time": 0.0, "data": {"x": number}}


def stop(run: str, number: int) -> tuple[str, dict[str, Any]]:
    return "stop", {"run_start": run, "uid": "s", "num_events": {"primary": number}}


class Disk:
    """A place to spill to, as the queue wants it."""

    def __init__(self, room: int = 10**9) -> None:
        self.kept: deque[Named] = deque()
        self.room = room

    def put(self, name: str, doc: Mapping[str, Any]) -> bool:
        if len(self.kept) >= self.room:
            return False
        self.kept.append((name, doc))
        return True

    def get(self) -> Named | None:
        return self.kept.popleft() if self.kept else None

    def __len__(self) -> int:
        return len(self.kept)


class Worker:
    """Takes from a queue and assembles."""

    def __init__(self, queue: IntakeQueue) -> None:
        self.queue = queue
        self.assembler = Assembler()
        self.events: dict[str, list[int]] = {}
        self.ends: dict[str, RunEnd] = {}
        self.kinds: list[str] = []

    def take(self, count: int | None = None) -> None:
        while count is None or count > 0:
            taken = self.queue.get(0.0)
            if taken is None:
                return
            if isinstance(taken.item, DroppedEvents):
                self.assembler.drop(taken.item)
                continue
            count = None if count is None else count - 1
            self.kinds.append(taken.item[0])
            for record in self.assembler.feed(*taken.item):
                if isinstance(record, Event):
                    self.events.setdefault(record.key.run, []).append(record.key.seq_num)
                elif isinstance(record, RunEnd):
                    self.ends[record.run] = record


@given(
    policy=st.sampled_from(["drop_oldest", "latest"]),
    limit=st.integers(1, 6),
    steps=st.lists(st.sampled_from(["a", "b", "lose a", "lose b", "page a", "take", "take 3"]), max_size=60),
)
def test_whatever_the_pace_worked_and_dropped_and_lost_add_up_to_what_was_published(
    policy: Any, limit: int, steps: list[str]
) -> None:
    queue = IntakeQueue(IntakeRule(policy, max_documents=max(limit, 5)))
    worker = Worker(queue)
    published = dict.fromkeys(RUNS, 0)
    lost = dict.fromkeys(RUNS, 0)
    for run in RUNS:
        for item in beginning(run):
            queue.put(item, 10)
    for step in steps:
        run = step[-1]
        if step.startswith("take"):
            worker.take(3 if step == "take 3" else 1)
        elif step.startswith("lose"):
            published[run] += 1
            lost[run] += 1
        elif step.startswith("page"):
            numbers = [published[run] + 1, published[run] + 2]
            single = event(run, 0)[1]
            page = {key: [single[key]] * 2 for key in ("uid", "time")} | {"seq_num": numbers, "data": {"x": numbers}}
            queue.put(("event_page", {"descriptor": f"{run}-primary", "timestamps": {}, **page}), 20)
            published[run] += 2
        else:
            published[run] += 1
            queue.put(event(run, published[run]), 10)
    worker.take(2)  # room for the ends, which are never dropped
    for run in RUNS:
        while queue.waiting()[0] >= max(limit, 5):
            worker.take(1)
        queue.put(stop(run, published[run]), 10)
    worker.take()
    assert worker.kinds.count("start") == worker.kinds.count("descriptor") == worker.kinds.count("stop") == 2
    for run in RUNS:
        end, seen = worker.ends[run], worker.events.get(run, [])
        assert seen == sorted(set(seen))
        dropped = end.dropped.get("primary", 0)
        assert end.lost.get("primary", 0) == lost[run]
        assert len(seen) + dropped + lost[run] == published[run]
    assert queue.dropped == sum(end.dropped.get("primary", 0) for end in worker.ends.values())
    assert queue.unnamed == 0


@given(
    steps=st.lists(st.sampled_from(["put", "put", "take"]), max_size=80),
    limit=st.integers(1, 5),
    room=st.integers(0, 10) | st.just(10**9),
)
def test_what_is_spilled_comes_back_in_order(steps: list[str], limit: int, room: int) -> None:
    disk = Disk(room)
    queue = IntakeQueue(IntakeRule("spill", max_documents=limit), disk)
    put, taken = 0, []
    for step in steps:
        has_room = len(disk) < room or (not len(disk) and queue.waiting()[0] < limit)
        if step == "put" and has_room:  # else whoever puts waits
            put += 1
            assert queue.put(event("a", put), 10)
        elif step == "take" and (one := queue.get(0.0)) is not None:
            assert not isinstance(one.item, DroppedEvents)
            taken.append(one.item[1]["seq_num"])
        assert queue.waiting()[0] <= limit
        assert queue.spilled() == len(disk)
    while (one := queue.get(0.0)) is not None:
        assert not isinstance(one.item, DroppedEvents)
        taken.append(one.item[1]["seq_num"])
    assert taken == list(range(1, put + 1))


def test_spilling_needs_a_place() -> None:
    with pytest.raises(UsageError, match="needs a place on the disk: give --journal DIR"):
        IntakeQueue(IntakeRule("spill"))


@pytest.mark.parametrize("policy", ["drop_oldest", "latest"])
def test_the_bytes_that_wait_are_bounded_and_one_large_document_is_let_in(policy: Any) -> None:
    queue = IntakeQueue(IntakeRule(policy, max_bytes=1000))
    for number in range(1, 200):
        queue.put(("event", {"descriptor": f"d{number % 7}", "seq_num": number}), 90)
    assert queue.most <= 1000
    queue.put(event("a", 1), 5000)
    assert queue.waiting() == (1, 5000)


def test_a_document_that_is_no_event_waits_for_room_and_an_event_among_such_is_given_up() -> None:
    queue = IntakeQueue(IntakeRule("drop_oldest", max_documents=2))
    for item in beginning("a"):
        queue.put(item, 1)
    assert queue.put(event("a", 1), 1)
    assert queue.dropped == 1
    put = threading.Thread(target=queue.put, args=(stop("a", 1), 1))
    put.start()
    put.join(0.2)
    assert put.is_alive()
    worker = Worker(queue)
    worker.take(1)
    put.join(10)
    assert not put.is_alive()
    worker.take()
    assert worker.ends["a"].dropped == {"primary": 1}
    assert worker.ends["a"].lost == {}


def test_events_of_darks_are_never_given_up() -> None:
    queue = IntakeQueue(IntakeRule("latest"))
    dark_run = [("start", {"uid": "a", "dark_frame": True}), *beginning("a")[1:]]
    dark_stream = [("descriptor", {**beginning("b")[1][1], "name": "dark"})]
    for item in [*dark_run, *dark_stream, *(event(run, n) for n in range(1, 4) for run in RUNS)]:
        queue.put(item, 1)
    assert (queue.dropped, queue.waiting()[0]) == (0, 9)


def test_events_that_are_no_events_are_only_counted() -> None:
    queue = IntakeQueue(IntakeRule("latest"))
    for doc in ({}, {"descriptor": 5}, {"descriptor": "d", "seq_num": "x"}, {"descriptor": "d", "seq_num": None}):
        queue.put(("event", doc), 1)
        queue.put(("event", doc), 1)
    assert queue.dropped == queue.unnamed > 0
    numbers = [n * 3 for n in range(5000)]
    for number in numbers:
        queue.put(("event", {"descriptor": "d", "seq_num": number}), 1)
    assert queue.unnamed >= 3000  # stretches are bounded, counts are not
    assert queue.dropped >= 5000


def test_putting_ends_when_the_queue_does() -> None:
    queue = IntakeQueue(IntakeRule("block", max_documents=1))
    queue.put(event("a", 1), 1)
    put = threading.Thread(target=queue.put, args=(event("a", 2), 1))
    put.start()
    queue.finish()
    put.join(10)
    assert not put.is_alive()
    assert queue.discarded == 1
    assert not queue.ended
    assert queue.get() is not None
    assert queue.get() is None
    assert queue.ended


def test_taking_ends_when_the_queue_is_closed() -> None:
    queue = IntakeQueue(IntakeRule())
    queue.put(event("a", 1), 1)
    queue.close()
    assert queue.get() is None
    assert queue.ended
    assert not queue.put(event("a", 2), 1)
    assert queue.discarded == 2


# The assembler, told of what was given up


def test_documents_of_no_known_run_are_counted_by_run_as_far_as_they_say() -> None:
    missed: list[Any] = []
    assembler = Assembler(on_missed=missed.append)
    for item in [*beginning("a")[1:], event("a", 4), event("a", 5), event("b", 7)]:
        assert assembler.feed(*item) == []
    assert assembler.strangers.known() == {
        "a": {"documents": 3, "events": 2},
        "b-primary": {"documents": 1, "events": 1},
    }
    assembler.feed(*stop("a", 5))
    assert [(one.name, one.documents, one.events) for one in missed] == [("a", 4, 2)]
    assert list(assembler.strangers.known()) == ["b-primary"]


def test_a_run_that_was_given_up_is_known_when_it_goes_on() -> None:
    missed: list[Any] = []
    assembler = Assembler(on_missed=missed.append)
    for item in [*beginning("a"), event("a", 1)]:
        assembler.feed(*item)
    [end] = assembler.finish("a", "it was quiet")
    assert isinstance(end, RunEnd)
    assert (end.stop, end.reason, end.complete) == (None, "it was quiet", False)
    assembler.feed(*event("a", 2))
    assembler.feed(*stop("a", 2))
    assert [(one.name, one.events, one.given_up) for one in missed] == [("a", 1, True)]


def test_a_start_that_comes_again_with_other_words_is_noted() -> None:
    assembler = Assembler()
    [context] = assembler.feed("start", {"uid": "a", "time": 0.0})
    assert isinstance(context, RunContext)
    assembler.feed("start", {"uid": "a", "time": 0.0})
    assembler.feed("start", {"uid": "a", "time": 0.0, "sample": "other"})
    [end] = assembler.feed(*stop("a", 0))
    assert isinstance(end, RunEnd)
    assert end.notes == {"start repeated": 1, "start repeated, and other than before: the first one holds": 1}


def test_an_event_that_names_a_resource_as_its_descriptor_is_passed_over_and_counted() -> None:
    assembler = Assembler()
    assembler.feed("start", {"uid": "a"})
    assembler.feed("resource", {"uid": "r", "run_start": "a"})
    assert assembler.feed("event", {"descriptor": "r", "seq_num": 1, "data": {}}) == []
    assembler.drop(DroppedEvents("r", 0, [[1, 1]]))
    assert assembler.notes["event of an unknown run"] == 1


def test_silence_is_told_by_the_time_at_which_documents_came() -> None:
    assembler = Assembler()
    for run, at in (("a", 1.0), ("b", 5.0)):
        assembler.feed("start", {"uid": run}, at)
    assert assembler.silent_since(4.0) == ["a"]
    assembler.feed(*beginning("a")[1], at=6.0)
    assert assembler.silent_since(4.0) == []
    assert assembler.silent_since(5.5) == ["b"]


def test_a_rare_log_says_one_line_of_a_kind_in_a_while_and_how_many_it_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]
    rare = RareLog(logging.getLogger("headrace.test"), every=60, clock=lambda: now[0])
    for _ in range(5):
        rare.warning("kind", "odd: %s", 5)
    rare.warning("other", "100 % odd")
    now[0] = 61.0
    rare.warning("kind", "odd: %s", 6)
    assert caplog.messages == ["odd: 5", "100 % odd", "odd: 6 (and 4 more such lines before this one)"]
