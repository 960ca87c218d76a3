"""A run that goes on after a crash is under the same revisions, from the same events on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from event_model import compose_run

from headrace import EventKey, Graph, Job, open_run
from headrace.engine.documents.journal import Journal
from headrace.engine.documents.packing import packb
from headrace.engine.jobs.intake import Intake
from headrace.engine.jobs.resume import Resume
from headrace.nodes import linear, source


def documents(number: int) -> list[tuple[str, Any]]:
    run = compose_run()
    stream = run.compose_descriptor(name="primary", data_keys={"x": {"dtype": "number", "shape": [], "source": "sim"}})
    events = [
        ("event", stream.compose_event(data={"x": 1.0}, timestamps={"x": 0.0}, time=float(x))) for x in range(number)
    ]
    return [("start", run.start_doc), ("descriptor", stream.descriptor_doc), *events, ("stop", run.compose_stop())]


def scaled() -> Graph:
    return Graph("scaled").keep(y=linear(source(field="x"), scale=2.0))


class Life:
    """A service from its start to its death, without a wire."""

    def __init__(self, folder: Path, graph: Graph) -> None:
        self.journal = Journal(folder / "journal")
        self.job = Job(graph, to=[folder / "results"])
        self._resume = Resume(self.journal, [self.job], lambda start: False, 1)
        self._intake = Intake([self.job], lambda start: False, on_end=self._resume.past)
        self._resume.begin()
        for name, doc, arrived in self._resume.backlog([self.job]):
            self._intake.take(name, doc, arrived)

    def take(self, docs: list[tuple[str, Any]]) -> None:
        for name, doc in docs:
            self.journal.append(b"raw", name, [packb(doc)], doc)
            self._intake.take(name, doc)


@contextmanager
def life(folder: Path, graph: Graph | None = None) -> Iterator[Life]:
    one = Life(folder, graph or scaled())
    try:
        yield one
    finally:
        one.journal._writer._guard.close()  # as when the process is killed: nothing is finished, nothing is noted
        one.job._destinations.close()
        one.journal.close()


def y(folder: Path) -> list[float]:
    return list(open_run(folder / "results" / "-1")["y"]["y"])


def revisions(folder: Path) -> list[tuple[int, str, Any]]:
    stop: Any = open_run(folder / "results" / "-1").stop
    return [(one["revision"], one["author"], one["first_event"]) for one in stop["headrace"]["revisions"]]


def test_changes_of_a_run_are_made_again_at_the_same_events(tmp_path: Path) -> None:
    docs = documents(6)
    with life(tmp_path) as first:
        first.take(docs[:3])
        first.job.set({"y.scale": 10.0}, author="ada")
        first.take(docs[3:5])
        first.job.set({"y.offset": 0.5}, author="bob")
        first.take(docs[5:6])
    with life(tmp_path) as second:
        second.take(docs[6:])
    assert y(tmp_path) == [2.0, 10.0, 10.0, 10.5, 10.5, 10.5]
    assert revisions(tmp_path) == [(1, "", None), (2, "ada", ["primary", 2]), (3, "bob", ["primary", 4])]


def test_a_run_that_began_under_a_later_revision_goes_on_under_it(tmp_path: Path) -> None:
    with life(tmp_path) as first:
        first.take(documents(1))
        first.job.set({"y.scale": 10.0})
        first.job.set({"y.scale": 20.0}, author="ada")
        docs = documents(3)
        first.take(docs[:3])
    with life(tmp_path) as second:
        second.take(docs[3:])
        assert second.job.changes.revisions[-1].number == 3
    assert y(tmp_path) == [20.0, 20.0, 20.0]
    assert revisions(tmp_path)[0][:2] == (3, "ada")


def test_a_graph_that_was_rewired_is_rewired_again(tmp_path: Path) -> None:
    docs = documents(4)
    x = source(field="x")
    more = Graph("scaled").keep(y=linear(x, scale=2.0), z=linear(x, offset=100.0))
    with life(tmp_path) as first:
        first.take(docs[:3])
        first.job.set(more)
        first.take(docs[3:4])
    with life(tmp_path) as second:
        second.take(docs[4:])
    assert list(open_run(tmp_path / "results" / "-1")["z"]["z"]) == [101.0, 101.0, 101.0]


def test_after_a_second_crash_nothing_is_made_twice(tmp_path: Path) -> None:
    docs = documents(6)
    with life(tmp_path) as first:
        first.take(docs[:3])
        first.job.set({"y.scale": 10.0})
        first.take(docs[3:4])
    with life(tmp_path) as second:
        second.take(docs[4:5])
        second.job.set({"y.scale": 20.0})
        second.take(docs[5:6])
    with life(tmp_path) as third:
        third.take(docs[6:])
        assert [one.number for one in third.job.changes.revisions] == [1, 2, 3]
    assert y(tmp_path) == [2.0, 10.0, 10.0, 20.0, 20.0, 20.0]


def test_a_graph_that_was_changed_meanwhile_begins_as_it_stands_now(tmp_path: Path) -> None:
    docs = documents(3)
    with life(tmp_path) as first:
        first.take(docs[:3])
        first.job.set({"y.scale": 10.0})
        first.take(docs[3:4])
    with life(tmp_path, scaled().set({"y.scale": 7.0})) as second:
        second.take(docs[4:])
        assert second.job.changes.revisions[-1].number == 1
    assert y(tmp_path) == [7.0, 7.0, 7.0]


def test_a_change_that_waited_for_its_event_when_it_crashed_is_gone_and_can_be_made_again(tmp_path: Path) -> None:
    docs = documents(4)
    run = str(docs[0][1]["uid"])
    with life(tmp_path) as first:
        first.take(docs[:3])
        first.job.set({"y.scale": 10.0}, at=EventKey(run, "primary", 3))
    with life(tmp_path) as second:
        second.job.set({"y.scale": 10.0}, at=EventKey(run, "primary", 3))
        second.take(docs[3:])
    assert y(tmp_path) == [2.0, 2.0, 10.0, 10.0]
