"""What is kept of runs that nobody ends is bounded in bytes, and the run that takes most has to go."""

from __future__ import annotations

import pytest
from tests.hostile.good_runs import good_run
from tests.hostile.message import Pair, Stage, beginning, event

from headrace import Graph, Job
from headrace.engine.jobs import intake
from headrace.engine.jobs.intake import Intake
from headrace.nodes import accumulate, source


@pytest.fixture
def job() -> Job:
    """Give a small graph at work."""
    return Job(Graph("bounds").keep(sum=accumulate(source(field="x"), how="sum")))


def fed(job: Job, documents: list[Pair]) -> Intake:
    taken = Intake([job])
    for name, doc in documents:
        taken.take(name, doc)
    return taken


def test_a_run_whose_metadata_grow_without_end_is_ended_and_the_good_one_beside_it_is_not(
    job: Job, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_MOST_BYTES", 4 << 20)
    monkeypatch.setattr(intake, "_OFTEN", 1 << 20)
    uid, pairs = beginning(stage, "grows")
    assets: list[Pair] = [
        ("resource", {"uid": f"{uid}/{number}", "run_start": uid, "resource_kwargs": {"a": "x" * 10_000}})
        for number in range(1000)
    ]
    good = good_run()
    with job:
        taken = fed(job, [*good[:5], *pairs, *assets, *good[5:]])
        verdicts = {one.summary.run.uid: one.summary.verdict for one in job.finished}
    assert verdicts[uid][0] == "abort"
    assert "too much to be kept" in verdicts[uid][1]
    assert verdicts[str(good[0][1]["uid"])] == ("success", "")
    assert taken.assembler.open_runs == ()


def test_events_that_wait_for_their_files_count_too(job: Job, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_MOST_BYTES", 4 << 20)
    monkeypatch.setattr(intake, "_OFTEN", 1 << 20)
    keys = {
        "x": {"dtype": "number", "shape": [], "source": "h"},
        "image": {"dtype": "array", "shape": [4], "source": "h", "external": "FILESTORE:"},
    }
    uid, pairs = beginning(stage, "waits", keys=keys)
    waiting = [event(uid, number, {"x": 1.0, "image": "never", "more": b"x" * 100_000}) for number in range(1, 3000)]
    with job:
        fed(job, [*pairs, *waiting])
        [one] = job.finished
    assert one.summary.verdict[0] == "abort"


def test_of_too_many_runs_the_one_with_the_fewest_events_is_ended(job: Job, stage: Stage) -> None:
    good = good_run()
    flood = [beginning(stage, f"begins {number}")[1][0] for number in range(400)]
    with job:
        taken = fed(job, [*good[:5], *flood, *good[5:]])
        verdicts = {one.summary.run.uid: one.summary.verdict for one in job.finished}
    assert verdicts[str(good[0][1]["uid"])] == ("success", "")
    assert len(taken.assembler.open_runs) == 100 - 1


def test_a_number_that_is_none_is_no_event_and_leaves_a_gap_that_is_counted(job: Job, stage: Stage) -> None:
    uid, pairs = beginning(stage, "gaps")
    odd = [event(uid, 1), event(uid, 2, time="noon"), event(uid, True), event(uid, 2**70), event(uid, 4)]
    with job:
        fed(job, [*pairs, *odd, ("stop", {"uid": "s", "run_start": uid, "time": 9.0})])
        [one] = job.finished
    assert one.summary.end.lost == {"primary": 2}
    assert one.summary.verdict[0] == "fail"
