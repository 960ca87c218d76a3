"""What differs between two graphs, revisions or results is said, down to the first event that differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from headrace import Graph, Job, Result, UsageError, run
from headrace.engine.cli.entry import main
from headrace.engine.documents.memory_run import MemoryRun
from headrace.engine.jobs.diff import diff
from headrace.engine.jobs.intake import Intake
from headrace.nodes import average, linear, source

RUN = "5c1f0a2e-9d1c-4f0e"


def documents(xs: list[Any], uid: str = RUN, skip: tuple[int, ...] = ()) -> list[tuple[str, dict[str, Any]]]:
    keys = {"x": {"dtype": "array", "shape": list(np.shape(xs[0])), "source": "sim"}}

    def event(number: int, x: Any) -> dict[str, Any]:
        about = {"uid": f"e{number}", "descriptor": "d", "seq_num": number, "time": float(number)}
        return {**about, "timestamps": {"x": 0.0}, "data": {"x": x}}

    return [
        ("start", {"uid": uid, "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": uid, "name": "primary", "time": 0.0, "data_keys": keys}),
        *(("event", event(number, x)) for number, x in enumerate(xs, 1) if number not in skip),
        ("stop", {"uid": "s", "run_start": uid, "time": 99.0, "exit_status": "success"}),
    ]


def scaled(scale: float = 2.0) -> Graph:
    return Graph("scaled").keep(y=linear(source(field="x"), scale=scale))


def test_two_runs_of_the_same_are_equal() -> None:
    docs = documents([1.0, 2.0, np.nan])
    difference = diff(run(scaled(), docs), run(scaled(), docs))
    assert difference.is_equal
    assert "y: 3 events in both; 1 of 1 fields equal" in str(difference)


def test_the_largest_difference_and_the_first_event_that_differs_are_said() -> None:
    docs = documents([0.0, 1.0, 4.0])
    difference = diff(run(scaled(2.0), docs), run(scaled(3.0), docs))
    (field,) = difference.numbers or []
    assert (field.first, field.different, field.events, field.largest) == (2, 2, 3, 4.0)
    assert field.relative == pytest.approx(1 / 3)
    assert "y.scale: 2.0 -> 3.0" in str(difference)


def test_events_that_only_one_has_are_counted_and_the_others_still_matched() -> None:
    one, other = run(scaled(), documents([1.0, 2.0, 3.0, 4.0], skip=(2,))), run(scaled(), documents([1.0, 2.0, 3.0]))
    (field,) = diff(one, other).numbers or []
    assert (field.events, field.different, field.only_before, field.only_after) == (2, 0, 1, 1)
    assert not field.is_equal


def test_images_are_compared_pixel_by_pixel_and_shapes_that_differ_are_said() -> None:
    graph = Graph("mean").keep(mean=average(source(field="x")))
    one = run(graph, documents([np.zeros((2, 3, 3)).tolist()]))
    other = run(graph, documents([np.eye(3)[None].repeat(2, 0).tolist()]))
    assert [field.largest for field in diff(one, other).numbers or []] == [1.0]
    wide = run(graph, documents([np.zeros((2, 3, 4)).tolist()]))
    assert "shape" in str(diff(one, wide))


def test_graphs_are_compared_node_by_node() -> None:
    x = source(field="x")
    more = Graph("scaled").keep(y=linear(x, scale=2.0), z=linear(x))
    assert "z: added" in str(diff(scaled(), more))
    assert diff("crystal_mapping", "crystal_mapping").is_equal
    with pytest.raises(UsageError, match="raw run"):
        diff(scaled(), Result(MemoryRun(documents([1.0]))))


def test_revisions_of_a_result_are_compared(tmp_path: Path) -> None:
    with Job(scaled(), to=[tmp_path]) as job:
        intake = Intake([job])
        for number, (name, doc) in enumerate(documents([1.0, 2.0, 3.0])):
            if number == 3:
                job.set({"y.scale": 5.0})
            intake.take(name, doc)
    result = CliRunner().invoke(main, ["diff", f"{tmp_path}/-1@1", f"{tmp_path}/-1@2"])
    assert (result.exit_code, result.output) == (1, "graph:\n  y.scale: 2.0 -> 5.0\n")
    assert "it has 1, 2" in CliRunner().invoke(main, ["diff", f"{tmp_path}/-1@1", f"{tmp_path}/-1@7"]).output


def test_the_command_ends_with_0_if_nothing_differs(tmp_path: Path) -> None:
    for _ in range(2):
        run(scaled(), documents([1.0]), to=tmp_path)
    assert CliRunner().invoke(main, ["diff", f"{tmp_path}/-1", f"{tmp_path}/-2"]).exit_code == 0
    assert '"numbers"' in CliRunner().invoke(main, ["diff", "--json", f"{tmp_path}/-1", f"{tmp_path}/-2"]).output
