"""A run that claims what belongs to another one gets no part of it."""

from __future__ import annotations

from typing import Any

from tests.hostile.good_runs import good_run
from tests.hostile.message import Pair, Stage, beginning

from headrace import Graph, Job
from headrace.engine.documents.routes import RunRoutes
from headrace.nodes import accumulate, source


def test_a_descriptor_with_the_uid_of_another_runs_does_not_draw_its_events_away(stage: Stage) -> None:
    good = good_run()
    _, (start, (kind, descriptor)) = beginning(stage, "thief")
    stolen: list[Pair] = [start, (kind, {**descriptor, "uid": good[1][1]["uid"]})]
    with Job(Graph("owned").keep(sum=accumulate(source(field="x"), how="sum"))) as job:
        job.run_documents([*good[:4], *stolen, *good[4:]])
        verdicts = {one.summary.run.uid: (one.summary.verdict, one.summary.events) for one in job.finished}
    assert verdicts[str(good[0][1]["uid"])] == (("success", ""), {"primary": 8})


def test_a_resource_that_two_runs_announce_serves_both_until_each_has_ended() -> None:
    routes = RunRoutes()
    for run in ("a", "b"):
        routes.of("start", {"uid": run})
        routes.of("resource", {"uid": "r", "run_start": run})
    datum: dict[str, Any] = {"datum_id": "r/0", "resource": "r"}
    assert routes.of("datum", datum) == ("a", "b")
    assert routes.forget("a") == ["r"]
    assert routes.of("datum", datum) == ("b",)
    routes.forget("b")
    assert routes.of("datum", datum) == ()
