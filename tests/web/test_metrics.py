"""The Prometheus text: read by rules of its format, whatever runs and nodes are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from event_model import compose_run
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace import Graph, Job, Value, named, node
from headrace.engine.jobs.monitor import Monitor
from headrace.engine.jobs.status import Status
from headrace.engine.jobs.totals import NodeTotal, Totals
from headrace.engine.web.metrics import metrics_text
from headrace.nodes import source

_SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (-?[0-9.e+-]+|nan|inf)')


@node
def odd_ones(value: Value) -> Value:
    """Fail on even numbers."""
    if value % 2 == 0:
        msg = "even"
        raise ValueError(msg)
    return value


def _read(text: str) -> dict[tuple[str, str], float]:
    """Read the format strictly: each line a comment or a sample, types said once before the samples."""
    assert text.endswith("\n")
    types: dict[str, str] = {}
    samples = {}
    for line in text[:-1].split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            assert kind in ("counter", "gauge")
            types[name] = kind
        elif not line.startswith("# HELP "):
            found = _SAMPLE.fullmatch(line)
            assert found is not None, line
            assert found[1] in types
            assert (types[found[1]] == "counter") == found[1].endswith("_total")
            assert (found[1], found[2]) not in samples
            samples[found[1], found[2] or ""] = float(found[3])
    return samples


def _documents(number: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    run = compose_run()
    yield "start", run.start_doc
    stream = run.compose_descriptor(name="primary", data_keys={"x": {"dtype": "integer", "shape": [], "source": "sim"}})
    yield "descriptor", stream.descriptor_doc
    for x in range(number):
        yield "event", stream.compose_event(data={"x": x}, timestamps={"x": 0.0})
    yield "stop", run.compose_stop()


def test_counters_are_sums_over_runs_that_have_ended_and_are_under_way() -> None:
    with Job(Graph("g").keep(y=named("odd", odd_ones(source(field="x"))))) as job:
        monitor = Monitor([job])
        for number in (3, 5):
            job.run_documents(_documents(number))
        samples = _read(metrics_text(monitor.status(), monitor.totals()))
        assert samples["headrace_node_events_total", 'graph="g",node="odd",outcome="out"'] == 3
        assert samples["headrace_node_events_total", 'graph="g",node="odd",outcome="failed"'] == 5
        assert samples["headrace_runs_ended_total", 'graph="g",verdict="fail"'] == 2
        assert samples["headrace_events_total", 'graph="g"'] == 8
        job.run_documents(_documents(2))
        again = _read(metrics_text(monitor.status(), monitor.totals()))
        assert all(again[key] >= value for key, value in samples.items() if key[0].endswith("_total"))


@settings(max_examples=200, deadline=None)
@given(names=st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=5, unique_by=lambda text: text))
def test_no_name_breaks_the_format(names: list[str]) -> None:
    totals = Totals(nodes={(name, name): NodeTotal(1, 2, 3, 4, 0.5) for name in names})
    status = Monitor([]).status()
    text = metrics_text(status, totals)
    lines = [line for line in text.split("\n") if line.startswith("headrace_node_seconds_total")]
    assert len(set(lines)) == len(names)
    assert all(_SAMPLE.fullmatch(line) for line in lines)


def test_what_could_grow_for_ever_is_cut_off() -> None:
    status: Status = Monitor([]).status()
    totals = Totals(nodes={("g", f"n{number}"): NodeTotal() for number in range(30_000)})
    text = metrics_text(status, totals)
    assert text.count("\n") < 20_100
    assert _read(text)["headrace_left_out_series", ""] == 150_000
