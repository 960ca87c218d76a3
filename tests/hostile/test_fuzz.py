"""Messages and documents that are nearly good, made at random: whatever comes of them, good runs come out right."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hostile.campaign import Campaign
from tests.hostile.good_runs import good_run
from tests.hostile.message import Hostile, Pair, Stage
from tests.hostile.mutations import Mutations
from tests.hostile.service_process import GuardedService

from headrace import Graph, Job
from headrace.engine.documents.wire_message import read_message
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.nodes import accumulate, source, to_grid

SEED = int(os.environ.get("HEADRACE_FUZZ_SEED", "20261121"))
SECONDS = float(os.environ.get("HEADRACE_FUZZ_SECONDS", "10"))


def test_mutated_messages_harm_no_service(stage: Stage, tmp_path: Path) -> None:
    sys.stdout.write(f"seed {SEED}; bench/fuzz.py goes on for longer\n")
    mutations = Mutations(stage, SEED)
    (tmp_path / "work").mkdir()
    with GuardedService(tmp_path / "work", stage, journal=True) as service:
        campaign = Campaign(service, tmp_path)
        sent, deadline = 0, time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            messages = tuple(mutations.message() for _ in range(100))
            _, after = campaign.beside([Hostile("mutants", messages, "taken")])
            sent += len(messages)
            assert after["found"] == [], f"seed {SEED}, message {sent}"
            assert not stage.canary.exists(), f"seed {SEED}, message {sent}"
        account = service.status()["account"]
        assert account["refused"] > sent // 8
        assert service.stop()["stopped"]


def refusal_of(message: tuple[bytes, ...]) -> str:
    try:
        read_message([zmq.Frame(part) for part in message])
    except RefusalError as refusal:
        return str(refusal)
    return ""


def test_mutated_messages_are_read_or_refused_and_nothing_else(stage: Stage) -> None:
    mutations = Mutations(stage, SEED + 1)
    for _ in range(5000):
        assert len(refusal_of(mutations.message())) < 1000


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63, 2**64, 10**400]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["", "\0", "\x1b[31m", "../..", "\ud800", "x" * 2000, "primary", "image"]),
    st.binary(max_size=5),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3) | st.integers(), st.integers(), max_size=3),
    st.sampled_from([np.zeros(3), np.zeros((2, 0)), np.array(5), np.float32(1), np.array(["a"]), np.ones((12, 16))]),
)
GRAPH = Graph("fuzzed").keep(
    sum=accumulate(source(field="x"), how="sum"),
    total=accumulate(source(field="image"), how="mean"),
    map=to_grid(source(field="x")),
)


@st.composite
def changed(draw: st.DrawFn) -> list[Pair]:
    """Take a good run, and put something odd into some of its documents, or change their order."""
    run = [(name, dict(doc)) for name, doc in good_run(1, events=4)]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(run) - 1))
        name, doc = run[at]
        way = draw(st.sampled_from(["value", "value", "value", "inside", "key", "drop", "again", "swap", "kind"]))
        key = draw(st.sampled_from(sorted(doc, key=str)))
        inside = doc[key]
        if way == "value":
            doc = {**doc, key: draw(ODD)}
        elif way == "inside" and isinstance(inside, Mapping) and inside:
            doc = {**doc, key: {**inside, draw(st.sampled_from(sorted(inside, key=str))): draw(ODD)}}
        elif way == "key":
            doc = {one: value for one, value in doc.items() if one != key}
        run[at] = (name, doc)
        if way == "drop" and len(run) > 1:
            del run[at]
        elif way == "again":
            run.insert(at, run[at])
        elif way == "swap":
            other = draw(st.integers(0, len(run) - 1))
            run[at], run[other] = run[other], run[at]
        elif way == "kind":
            run[at] = (draw(st.sampled_from(["start", "descriptor", "event", "event_page", "stop", "datum"])), doc)
    return run


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(changed(), st.integers(0, 6))
def test_documents_with_something_odd_in_them_harm_no_run_beside_them(odd: list[Pair], at: int) -> None:
    good = good_run(2, events=4)
    kept: list[tuple[str, Mapping[str, Any]]] = []
    with Job(GRAPH, to=[lambda name, doc: kept.append((name, doc))]) as job:
        job.run_documents([*good[:at], *odd, *good[at:]])
        verdicts = {one.summary.run.uid: one.summary.verdict for one in job.finished}
    assert verdicts[str(good[0][1]["uid"])] == ("success", "")
    starts = {doc["uid"]: doc["raw_uid"] for name, doc in kept if name == "start"}
    [stop] = [doc for name, doc in kept if name == "stop" and starts[doc["run_start"]] == good[0][1]["uid"]]
    assert sorted(stop["headrace"]["hashes"]) == _expected()


def _expected() -> list[list[str]]:
    kept: list[Mapping[str, Any]] = []
    with Job(GRAPH, to=[lambda name, doc: kept.append(doc) if name == "stop" else None]) as job:
        job.run_documents(good_run(2, events=4))
    found: list[list[str]] = sorted(kept[0]["headrace"]["hashes"])
    return found
