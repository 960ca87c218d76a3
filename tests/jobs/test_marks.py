"""What a graph has made of which runs, kept in a journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from event_model import compose_run

from headrace import Graph, Job, open_run
from headrace.engine.documents.journal import Journal
from headrace.engine.documents.packing import packb
from headrace.engine.jobs.intake import Intake
from headrace.engine.jobs.resume import Resume
from headrace.nodes import average, source

Pair = tuple[str, Mapping[str, Any]]


def graph(scale: int = 1) -> Graph:
    kept = average(source(field="image", stream="primary"))
    return Graph("mean").keep(**({"mean": kept} if scale == 1 else {"mean": kept, "again": kept}))


@pytest.fixture
def run() -> list[Pair]:
    made = compose_run()
    keys: Any = {"image": {"dtype": "array", "shape": [2, 4, 4], "source": "sim", "dtype_numpy": "<u2"}}
    stream = made.compose_descriptor(name="primary", data_keys=keys)
    events = []
    for number in range(5):
        data = {"image": np.full((2, 4, 4), number, "<u2")}
        events.append(("event", stream.compose_event(data=data, timestamps={"image": 0.0}, time=1.0)))
    return [("start", made.start_doc), ("descriptor", stream.descriptor_doc), *events, ("stop", made.compose_stop())]


class Life:
    """A service from its start to its end, without a wire."""

    def __init__(self, folder: Path, to: list[str], graph: Graph) -> None:
        self.journal = Journal(folder / "journal")
        self.job = Job(graph, to=[folder / name for name in to])
        self._resume = Resume(self.journal, [self.job], lambda start: False, 1)
        self._intake = Intake([self.job], lambda start: False, on_end=self._resume.past)
        self._resume.begin()
        for name, doc, arrived in self._resume.backlog([self.job]):
            self._intake.take(name, doc, arrived)

    def take(self, documents: list[Pair]) -> None:
        for name, doc in documents:
            self.journal.append(b"raw", name, [packb(doc)], doc)
            self._intake.take(name, doc)

    def die(self) -> None:
        """End as a process does that is killed: nothing is finished, nothing is noted."""
        self.journal._writer._guard.close()
        self.job._destinations.close()


@pytest.fixture
def life(tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def lived(to: list[str], made: Graph | None = None) -> Iterator[Life]:
        one = Life(tmp_path, to, made or graph())
        try:
            yield one
        finally:
            one.die()
            one.journal.close()

    return lived


def results(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "files")


def test_a_destination_that_failed_gets_the_result_at_the_next_start_and_the_others_get_nothing_twice(
    life: Any, run: list[Pair], tmp_path: Path
) -> None:
    with life(["one", "two"]) as first:
        (tmp_path / "two").rmdir()
        (tmp_path / "two").touch()  # no folder any more
        first.take(run)
        [finished] = first.job.finished
        assert len(finished.problems) == 1
    before = (tmp_path / "one" / finished.uid / "documents.jsonl").stat().st_mtime_ns
    (tmp_path / "two").unlink()
    with life(["one", "two"]) as second:
        [again] = second.job.finished
        assert again.uid == finished.uid
    assert results(tmp_path / "one") == results(tmp_path / "two") == [finished.uid]
    assert (tmp_path / "one" / finished.uid / "documents.jsonl").stat().st_mtime_ns == before
    with life(["one", "two"]) as third:
        third.take(run)
        assert third.job.finished == []


def test_a_result_that_was_half_written_is_replaced_under_the_same_uid(
    life: Any, run: list[Pair], tmp_path: Path
) -> None:
    with life(["one"]) as first:
        first.take(run[:4])
        [half] = results(tmp_path / "one")
    with life(["one"]) as second:
        second.take(run[4:])
        [finished] = second.job.finished
    assert half == f".{finished.uid}.part"
    assert results(tmp_path / "one") == [finished.uid]
    assert open_run(tmp_path / "one" / finished.uid)["mean"].shape == (5, 4, 4)


def test_a_graph_that_was_changed_meanwhile_makes_another_result_of_the_run_under_way(
    life: Any, run: list[Pair], tmp_path: Path
) -> None:
    with life(["one"]) as first:
        first.take(run[:4])
        [half] = results(tmp_path / "one")
    with life(["one"], graph(2)) as second:
        second.take(run[4:])
        [finished] = second.job.finished
    assert half != f".{finished.uid}.part"
    assert results(tmp_path / "one") == [finished.uid]
    assert "again" in open_run(tmp_path / "one" / finished.uid)


def test_a_graph_that_is_new_does_not_begin_with_what_came_before_it(
    life: Any, run: list[Pair], tmp_path: Path
) -> None:
    with life(["one"]) as first:
        first.take(run)
    other = Graph("other").keep(mean=average(source(field="image", stream="primary")))
    with life(["one"], other) as second:
        assert second.job.finished == []
        second.take(run)  # but it comes again
        assert len(second.job.finished) == 1


def test_a_run_whose_result_is_stored_but_was_not_noted_is_not_analysed_again(
    life: Any, run: list[Pair], tmp_path: Path
) -> None:
    with life(["one"]) as first:
        first.take(run[:-1])
        first.job._marks.ended = lambda finished: None
        first.take(run[-1:])
    with life(["one"]) as second:
        assert second.job.finished == []
    assert len(results(tmp_path / "one")) == 1
