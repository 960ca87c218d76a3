"""The file of a running graph is watched, and values can be written back into it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from headrace import Graph, Job, UsageError
from headrace.engine.jobs.graph_watch import GraphWatch
from headrace.engine.jobs.graphs import open_graph
from headrace.engine.jobs.write_back import unwritten, write_back

TEXT = """\
headrace: 1
graph: sums
nodes:
  x: {type: source, field: x}
  y: {type: linear, in: x, scale: 2.0}   # doubled
  keep: {type: sink, in: y}
"""


def documents(uid: str, xs: list[float]) -> list[tuple[str, dict[str, Any]]]:
    keys = {"x": {"dtype": "number", "shape": [], "source": "sim"}}
    events: list[tuple[str, dict[str, Any]]] = [
        (
            "event",
            {
                "uid": f"e{n}",
                "descriptor": "d",
                "seq_num": n,
                "time": float(n),
                "timestamps": {"x": 0.0},
                "data": {"x": x},
            },
        )
        for n, x in enumerate(xs, 1)
    ]
    return [
        ("start", {"uid": uid, "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": uid, "name": "primary", "time": 0.0, "data_keys": keys}),
        *events,
        ("stop", {"uid": "s", "run_start": uid, "time": 9.0, "exit_status": "success"}),
    ]


class Bench:
    """A job on a graph file, with its watch, and what it gave."""

    def __init__(self, file: Path) -> None:
        self.given: list[tuple[str, dict[str, Any]]] = []
        self.job = Job(file, to=[lambda name, doc: self.given.append((name, doc))])
        self.watch = GraphWatch(open_graph(file)[0], self.job.pipeline, open_graph(file)[1])

    def y(self, xs: list[float]) -> list[float]:
        """Run documents, and give what came out."""
        self.given.clear()
        self.job.run_documents(documents(f"run {xs}", xs))
        return [doc["data"]["y"] for name, doc in self.given if name == "event" and "y" in doc["data"]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sums.yaml"
    path.write_text(TEXT)
    return path


def test_a_valid_edit_takes_effect_and_is_a_revision(file: Path) -> None:
    bench = Bench(file)
    assert bench.y([1.0]) == [2.0]
    file.write_text(TEXT.replace("scale: 2.0", "scale: 3.5"))
    assert bench.watch.look()
    assert bench.y([1.0]) == [3.5]
    assert bench.job.pipeline.revisions.current.author == "file sums.yaml"
    assert not bench.watch.look()


def test_nodes_added_in_the_file_appear_in_the_results(file: Path) -> None:
    bench = Bench(file)
    more = "  z: {type: linear, in: y, offset: 1}\n  keep: {type: sink, in: [y, z]}\n"
    file.write_text(TEXT.replace("  keep: {type: sink, in: y}\n", more))
    assert bench.watch.look()
    bench.y([1.0])
    assert [doc["data"]["z"] for name, doc in bench.given if name == "event" and "z" in doc["data"]] == [3.0]


def test_a_faulty_edit_is_reported_with_its_place_and_the_run_goes_on(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(file)
    file.write_text(TEXT.replace("scale: 2.0", "sclae: 3.5"))
    with caplog.at_level(logging.WARNING):
        assert not bench.watch.look()
    assert "sums.yaml:5:28" in caplog.text
    assert "did you mean 'scale'" in caplog.text
    assert bench.y([1.0]) == [2.0]
    file.write_text("{")
    assert not bench.watch.look()
    file.write_text(TEXT.replace("scale: 2.0", "scale: 4.0"))
    assert bench.watch.look()
    assert bench.y([1.0]) == [4.0]


def test_what_was_set_while_it_ran_stays_unless_the_edit_speaks_of_it(file: Path) -> None:
    bench = Bench(file)
    bench.job.pipeline.set({"y.scale": 10.0})
    file.write_text(TEXT.replace("scale: 2.0", "scale: 2.0, offset: 1"))
    assert bench.watch.look()
    assert bench.y([1.0]) == [11.0]
    file.write_text(TEXT.replace("scale: 2.0", "scale: 5.0, offset: 1"))
    assert bench.watch.look()
    assert bench.y([1.0]) == [6.0]


def test_the_watch_sees_an_edit_by_itself(file: Path) -> None:
    bench = Bench(file)
    watch = GraphWatch(open_graph(file)[0], bench.job.pipeline, open_graph(file)[1], every=0.01)
    watch.start()
    try:
        file.write_text(TEXT.replace("scale: 2.0", "scale: 3.5"))
        for _ in range(1000):
            if bench.job.pipeline.revisions.current.number == 2:
                break
            watch._ended.wait(0.01)
        assert bench.y([2.0]) == [7.0]
    finally:
        watch.stop()


def test_a_value_set_while_it_ran_is_written_back_and_the_watch_sees_no_change(file: Path) -> None:
    bench = Bench(file)
    bench.job.pipeline.set({"y.scale": 10.0})
    graph, running = Graph.read(file), bench.job.pipeline.plan.graph
    written = write_back(graph, unwritten(graph, running))
    assert file.read_text() == TEXT.replace("scale: 2.0", "scale: 10.0")
    assert "+  y: {type: linear, in: x, scale: 10.0}   # doubled" in written.difference
    assert not bench.watch.look()
    assert bench.job.pipeline.revisions.current.number == 2


def test_a_ready_graph_is_never_written_to() -> None:
    graph = open_graph("crystal_mapping")[0]
    with pytest.raises(UsageError, match="headrace new"):
        write_back(graph, {"peaks.percentile": 1})
