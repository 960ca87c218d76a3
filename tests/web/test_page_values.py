"""What a page keeps of a graph at work: bounded, out of the way, and gone when nobody looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import Graph, node
from headrace.engine.jobs.job import Job
from headrace.engine.model.ports import Frame, Scalar, Value
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.web.kinds import kind_of
from headrace.engine.web.pixels import cut, shrunk
from headrace.engine.web.sight import JobSight
from headrace.engine.web.summaries import Summaries
from headrace.nodes import accumulate, average, roi, source

RUN = RunContext({"uid": "5c1f", "time": 0.0})


def event(number: int, image: Any) -> Event:
    return Event(EventKey("5c1f", "primary", number), float(number), {"image": image})


def watched(graph: Graph) -> tuple[Job, JobSight]:
    job = Job(graph)
    sight = JobSight(job)
    sight.look()
    sight.settle()
    job.feed(RUN)
    return job, sight


def mean_graph() -> Graph:
    mean = average(source(field="image"))
    return Graph("means").keep(mean=mean, spot=roi(mean, box=(0, 1, 0, 1)), most=accumulate(mean, how="max"))


def test_the_values_of_an_event_are_those_of_the_graph_and_are_not_copied() -> None:
    job, sight = watched(mean_graph())
    image = np.arange(24.0).reshape(2, 3, 4)
    job.feed(event(1, image))
    moment = sight.moments()[-1]
    assert moment.key.seq_num == 1
    assert moment.get("source.out") is image
    assert (moment.get("mean.out") == image.mean(axis=0)).all()
    assert moment.light("spot.sum") == 6.0
    job.close()


def test_a_node_that_nobody_asks_for_its_value_so_far_is_asked_for_the_page() -> None:
    job, sight = watched(mean_graph())
    for number in (1, 2):
        job.feed(event(number, np.full((1, 2, 2), number)))
    shown = Summaries(sight).all()
    assert shown["most.running"]["kind"] == "image"
    job.close()


def test_large_values_are_kept_within_their_bounds_and_small_ones_of_many_events() -> None:
    job, sight = watched(mean_graph())
    sight.watch.every = True
    side = 1024
    for number in range(1, 60):
        job.feed(event(number, np.zeros((1, side, side))))
    moments = sight.moments()
    kept = {
        id(value): value.nbytes
        for one in moments
        for value in (one.get("source.out"), one.get("mean.out"))
        if value is not None
    }
    assert sum(kept.values()) <= (128 << 20) + 4 * 8 * side * side
    assert len(moments) == 59
    assert moments[0].light("spot.sum") == 0.0
    assert not moments[0].full
    job.close()


def test_an_event_that_is_too_large_is_kept_in_small() -> None:
    job, sight = watched(mean_graph())
    sight.watch._most = 1 << 20
    job.feed(event(1, np.ones((4, 700, 700))))
    assert sight.moments()[-1].get("source.out").nbytes <= 8 * 512 * 512
    job.close()


def test_when_nobody_looks_any_more_everything_is_let_go_of() -> None:
    job, sight = watched(mean_graph())
    job.feed(event(1, np.zeros((1, 2, 2))))
    sight.leave(1)
    sight.settle()
    job.feed(event(2, np.zeros((1, 2, 2))))
    assert not sight.moments()
    assert sight.lasting("mean.out") is None
    job.close()


def test_what_a_page_holds_stays_while_the_work_goes_on() -> None:
    job, sight = watched(mean_graph())
    for number in range(1, 4):
        job.feed(event(number, np.full((1, 2, 2), number)))
    held = sight.hold(7)
    assert held is not None
    for number in range(4, 900):
        job.feed(event(number, np.full((1, 2, 2), number)))
    found = sight.find(held[0].number)
    assert found is not None
    assert found.key.seq_num == 1
    job.close()


def test_only_some_pages_may_hold_at_once() -> None:
    job, sight = watched(mean_graph())
    assert [sight.hold(looker) is not None for looker in range(6)] == [True] * 4 + [False] * 2
    job.close()


def test_a_node_that_is_added_while_a_page_is_open_is_looked_at_too() -> None:
    job, sight = watched(mean_graph())
    job.feed(event(1, np.zeros((1, 2, 2))))
    mean = average(source(field="image"))
    job.pipeline.set(Graph("means").keep(mean=mean, spot=roi(mean, box=(0, 1, 0, 1)), other=roi(mean)))
    job.feed(event(2, np.zeros((1, 2, 2))))
    assert sight.unsettled
    sight.settle()
    job.feed(event(3, np.ones((1, 2, 2))))
    assert sight.moments()[-1].get("other.sum") == 4.0
    job.close()


class Odd:
    """Looks like a table, and is none."""

    columns = ("a",)

    @property
    def size(self) -> int:
        raise RuntimeError("no size")


@node
def oddity(frame: Frame) -> Value:
    """Give something odd."""
    return Odd()


@node
def name_of(value: Value) -> Scalar:
    """Name the type of a value."""
    return type(value).__name__


def test_a_value_that_can_not_be_looked_at_harms_neither_the_work_nor_the_other_cards() -> None:
    job, sight = watched(Graph("odd").keep(name=name_of(oddity(source(field="image")))))
    job.feed(event(1, np.zeros((2, 2))))
    assert sight.watch.odd == 1
    assert job.pipeline.counts("5c1f")["oddity"].out == 1
    assert Summaries(sight).all()["name.out"]["value"] == "Odd"
    job.close()


def test_the_last_values_of_a_revision_are_kept_when_the_next_takes_over() -> None:
    job, sight = watched(mean_graph())
    job.feed(event(1, np.ones((1, 2, 2))))
    job.pipeline.set({"spot.box": [0, 2, 0, 2]})
    job.feed(event(2, np.ones((1, 2, 2))))
    former = sight.watch.moments.former()
    assert [one.revision for one in former] == [1]
    assert sight.moments()[-1].revision == 2
    job.close()


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.data())
def test_a_bright_pixel_stays_to_be_seen_however_small_the_image_is_made(
    ny: int, nx: int, side: int, data: st.DataObject
) -> None:
    image = np.zeros((ny, nx), dtype="uint16")
    y, x = data.draw(st.integers(0, ny - 1)), data.draw(st.integers(0, nx - 1))
    image[y, x] = 9
    small, step = shrunk(image, side)
    assert max(small.shape) <= side
    assert small[y // step, x // step] == 9
    assert small.sum() == 9


@settings(deadline=None)
@given(st.tuples(*[st.integers(-5, 60)] * 4))
def test_any_part_of_an_image_that_is_asked_for_is_a_part_of_it(box: tuple[int, int, int, int]) -> None:
    image = np.arange(30 * 40).reshape(30, 40)
    part = cut(image, box, 4096)
    assert part.pixels.size >= 1
    ny, nx = part.pixels.shape
    assert (part.pixels == image[part.y : part.y + ny, part.x : part.x + nx]).all()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.zeros((3, 4, 5)), "image"),
        (np.zeros((4, 5), dtype=bool), "image"),
        (np.zeros(7), "profile"),
        (np.zeros((1, 1)), "scalar"),
        (np.zeros((0, 5)), "text"),
        (np.array(["a", "b"]), "text"),
        (pd.DataFrame({"y": [1.0]}), "table"),
        (2, "scalar"),
        ("words", "scalar"),
        ({"a": 1}, "mapping"),
        (object(), "text"),
    ],
)
def test_each_value_is_shown_after_its_kind(value: Any, kind: str) -> None:
    assert kind_of(value) == kind
