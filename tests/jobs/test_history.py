"""Recomputing what came before a change, out of the journal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from event_model import compose_run

from headrace import Graph, Job
from headrace.engine.documents.journal import Journal
from headrace.engine.documents.packing import packb
from headrace.engine.jobs.intake import Intake
from headrace.engine.jobs.resume import Resume
from headrace.nodes import linear, source


def documents(number: int) -> list[tuple[str, Any]]:
    run = compose_run()
    stream = run.compose_descriptor(name="primary", data_keys={"x": {"dtype": "number", "shape": [], "source": "sim"}})
    events = [
        ("event", stream.compose_event(data={"x": float(x)}, timestamps={"x": 0.0}, time=float(x)))
        for x in range(number)
    ]
    return [("start", run.start_doc), ("descriptor", stream.descriptor_doc), *events, ("stop", run.compose_stop())]


def test_what_came_before_a_change_is_computed_again_from_the_journal_and_never_ahead_of_what_is_live(
    tmp_path: Path,
) -> None:
    given: list[tuple[str, Any]] = []
    graph = Graph("scaled").keep(y=linear(source(field="x"), scale=2.0))
    docs = documents(10)
    with Journal(tmp_path) as journal, Job(graph, to=[lambda name, doc: given.append((name, doc))]) as job:
        Resume(journal, [job], lambda start: False, 1).begin()
        intake = Intake([job])
        for name, doc in docs:
            journal.append(b"raw", name, [packb(doc)], doc)  # all of it is on the disk before the work begins
        for name, doc in docs[:6]:
            intake.take(name, doc)
        job.set({"y.scale": 10.0}, retro=True)
        [again] = job.changes.again
        deadline = time.monotonic() + 10
        while again.state == "catching up" and again.done < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        for name, doc in docs[6:]:
            intake.take(name, doc)
        again.join()
        assert again.state == "took over"
    second = given[[doc.get("headrace", {}).get("supersedes", "") != "" for _, doc in given].index(True)][1]["uid"]
    [descriptors] = [{d["uid"] for n, d in given if n == "descriptor" and d["run_start"] == second}]
    values = [doc["data"]["y"] for name, doc in given if name == "event" and doc["descriptor"] in descriptors]
    assert values == [10.0 * x for x in range(10)]
    [stop] = [doc for name, doc in given if name == "stop" and doc["run_start"] == second]
    assert stop["exit_status"] == "success"
