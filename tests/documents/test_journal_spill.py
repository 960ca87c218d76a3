"""Documents that find no room in memory wait in the journal, and come back in their turn."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.engine.documents.intake_queue import IntakeQueue
from headrace.engine.documents.journal import Journal
from headrace.engine.documents.journal_bounds import Bounds
from headrace.engine.documents.journal_spill import JournalSpill
from headrace.engine.documents.packing import packb
from headrace.engine.model.intake import IntakeRule


def events(number: int, side: int = 4) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the documents of a run."""
    yield "start", {"uid": "r", "time": 0.0}
    yield "descriptor", {"uid": "d", "run_start": "r", "data_keys": {}}
    for seq_num in range(1, number + 1):
        data = {"image": np.full((side, side), seq_num, "<u2")}
        yield "event", {"uid": f"e{seq_num}", "descriptor": "d", "seq_num": seq_num, "data": data, "timestamps": {}}
    yield "stop", {"uid": "s", "run_start": "r"}


def put(journal: Journal, queue: IntakeQueue, name: str, doc: dict[str, Any]) -> bool:
    """Do what the reader of the socket does."""
    journal.append(b"raw", name, [packb(doc)], doc)
    return queue.put((name, doc), 1000)


def uids(queue: IntakeQueue) -> list[str]:
    """Take all that waits."""
    return [taken.item[1]["uid"] for taken in iter(lambda: queue.get(0.0), None)]  # type: ignore[index]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal", segment_bytes=5_000) as opened:
        yield opened


RULE = IntakeRule("spill", max_documents=5)


def test_what_is_too_much_for_the_memory_comes_back_in_its_turn(journal: Journal) -> None:
    queue = IntakeQueue(RULE, JournalSpill(journal))
    documents = list(events(100))
    for name, doc in documents:
        assert put(journal, queue, name, doc)
        journal.note("between", {})
    assert queue.waiting()[0] == 5
    assert queue.spilled() == journal.stats.waiting == len(documents) - 5
    assert uids(queue) == [doc["uid"] for _, doc in documents]
    assert (queue.spilled(), journal.stats.waiting, journal.stats.lag) == (0, 0, 0.0)


def test_whoever_puts_documents_never_waits_and_whoever_takes_them_gets_all_in_order(journal: Journal) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)  # noqa: T201 - shown when it fails
    chance = random.Random(seed)
    queue = IntakeQueue(RULE, JournalSpill(journal))
    documents = list(events(3000))

    def work() -> None:
        for name, doc in documents:
            assert put(journal, queue, name, doc)
            if chance.random() < 0.01:
                time.sleep(chance.uniform(0, 0.02))  # so that the other side catches up now and then
        queue.finish()

    thread = threading.Thread(target=work)
    thread.start()
    taken = list(iter(queue.get, None))
    thread.join()
    assert [one.item[1]["uid"] for one in taken] == [doc["uid"] for _, doc in documents]  # type: ignore[index]
    for one, (name, doc) in zip(taken, documents, strict=True):
        if name == "event":
            np.testing.assert_array_equal(one.item[1]["data"]["image"], doc["data"]["image"], strict=True)  # type: ignore[index]


def test_two_queues_spill_to_one_journal(journal: Journal) -> None:
    queues = [IntakeQueue(IntakeRule("spill", max_documents=most), JournalSpill(journal)) for most in (3, 30)]
    documents = list(events(60))
    for name, doc in documents:
        journal.append(b"raw", name, [packb(doc)], doc)
        for queue in queues:
            queue.put((name, doc), 1000)
    expected = [doc["uid"] for _, doc in documents]
    assert uids(queues[1]) == expected
    assert journal.stats.waiting == len(documents) - 3
    assert uids(queues[0]) == expected


def test_a_document_that_is_damaged_on_the_disk_is_counted_and_the_next_one_comes(journal: Journal) -> None:
    spill = JournalSpill(journal)
    queue = IntakeQueue(RULE, spill)
    documents = list(events(30))
    for name, doc in documents:
        put(journal, queue, name, doc)
    path = journal.folder / "00000001.journal"
    content = bytearray(path.read_bytes())
    content[content.find(b"e8") + 40] ^= 1
    path.write_bytes(content)
    assert uids(queue) == [doc["uid"] for _, doc in documents if doc["uid"] != "e8"]
    assert spill.lost == 1


def test_documents_that_wait_are_dropped_only_when_the_bounds_leave_no_choice_which_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Journal(tmp_path, Bounds(60_000), segment_bytes=6_000) as journal:
        spill = JournalSpill(journal)
        queue = IntakeQueue(RULE, spill)
        documents = list(events(200, side=16))
        for name, doc in documents:
            put(journal, queue, name, doc)
        back = uids(queue)
        uid_of = [doc["uid"] for _, doc in documents]
        places = [uid_of.index(uid) for uid in back]
        assert places == sorted(set(places))
        assert (places[:5], places[-1]) == ([0, 1, 2, 3, 4], len(documents) - 1)
        assert spill.lost == len(documents) - len(back) > 0
        assert journal.stats.dropped_under_way > 0
        assert f"{spill.lost} documents that waited in the journal are lost" in caplog.text
        for name, doc in documents[-3:]:
            put(journal, queue, name, doc)
        assert len(uids(queue)) == 3


def test_memory_stays_small_however_much_waits(tmp_path: Path) -> None:
    import tracemalloc

    with Journal(tmp_path) as journal:
        queue = IntakeQueue(RULE, JournalSpill(journal))
        tracemalloc.start()
        for name, doc in events(5000, side=32):
            put(journal, queue, name, doc)
        used, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert queue.spilled() > 4900
        assert most < 1_000_000, (used, most)
