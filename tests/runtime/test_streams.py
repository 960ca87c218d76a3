"""The pipeline is a real chain of streams: taps, metadata, other stream libraries, nothing pinned, threads."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamz import Stream

from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import Event, EventKey


class PlainStream:
    """A stream class with rapidz's documented surface: no metadata, weak downstreams, ``update(x, who=None)``."""

    def __init__(self, upstream: Any = None, upstreams: Any = None, stream_name: str | None = None) -> None:
        self.downstreams: weakref.WeakSet[Any] = weakref.WeakSet()
        self.name = stream_name
        self.loop = None
        self.received: list[Any] = []
        if upstream is not None:
            upstream.downstreams.add(self)

    def emit(self, x: Any, asynchronous: bool = False) -> Any:
        return self._emit(x)

    def _emit(self, x: Any) -> list[Any]:
        return [downstream.update(x, who=self) for downstream in list(self.downstreams)]

    def update(self, x: Any, who: Any = None) -> Any:
        self.received.append(x)
        return self._emit(x)


def sums(kit: SimpleNamespace) -> Graph:
    return Graph("sums").keep(y=kit.plus(kit.read(field="x"), by=10, fail_on=[2]))


def test_each_segment_is_a_node_of_a_streamz_stream(kit: SimpleNamespace, rig: Any) -> None:
    pipeline = rig(sums(kit), "none").pipeline
    node, chain = pipeline.source, []
    while node.downstreams:
        (node,) = list(node.downstreams)
        assert isinstance(node, Stream)
        chain.append(node.name)
    assert chain == ["read", "y", "keep"]


def test_a_tap_is_an_ordinary_stream_that_operators_attach_to(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(sums(kit))
    doubled = bench.pipeline.tap("y").map(lambda y: 2 * y).sink_to_list()
    bench.whole([1, 2, 3])
    assert doubled == [22, 26]


def test_a_tap_on_a_running_graph_begins_at_the_next_event(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(sums(kit))
    bench.start()
    bench.event(1, x=1)
    seen = bench.pipeline.tap("y").sink_to_list()
    bench.event(2, x=5)
    bench.stop()
    assert seen == [15]


def test_a_tapped_value_carries_its_event_key_as_metadata(kit: SimpleNamespace, rig: Any) -> None:
    keys: list[Any] = []

    class Peek(Stream):  # type: ignore[misc]
        def update(self, x: Any, who: Any = None, metadata: Any = None) -> Any:
            keys.extend(entry["event"] for entry in metadata)
            return []

    bench = rig(sums(kit))
    peek = Peek(upstream=bench.pipeline.tap("y"))
    bench.whole([7])
    assert [str(key) for key in keys] == ["5c1f0a2e/primary/1"]
    assert peek.upstream is bench.pipeline.tap("y")


def test_an_operator_that_raises_on_a_tap_reaches_neither_graph_nor_later_events(
    kit: SimpleNamespace, rig: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bench = rig(sums(kit))
    operator = bench.pipeline.tap("y").map(lambda y: 1 // 0)
    sink = operator.sink_to_list()
    summary = bench.whole([1, 3])
    assert sink == []
    assert bench.out.values["y"] == [(1, 11), (2, 13)]
    assert summary.verdict == ("success", "")
    ours = [record for record in caplog.records if record.name == "headrace.engine.runtime.tap"]
    assert [record.getMessage()[-9:] for record in ours] == ["primary/1", "primary/2"]


def test_a_full_buffer_behind_a_tap_holds_the_graph_back_and_loses_nothing(kit: SimpleNamespace, rig: Any) -> None:
    seen: list[int] = []
    begun: list[int] = []
    gate = threading.Event()

    def slow(y: int) -> None:
        gate.wait(20)
        seen.append(y)

    bench = rig(sums(kit))
    attached = bench.pipeline.tap("y").buffer(2)
    sink = attached.sink(slow)

    def feed() -> None:
        bench.start()
        for number in range(10, 20):
            begun.append(number)
            bench.event(number, x=number)
        bench.stop()

    feeder = threading.Thread(target=feed)
    feeder.start()
    time.sleep(0.5)
    assert len(begun) < 10
    gate.set()
    feeder.join(20)
    deadline = time.monotonic() + 20
    while len(seen) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen == list(range(20, 30))
    assert sink.upstream is attached


def test_tapping_a_port_that_is_not_there_suggests_one_that_is(kit: SimpleNamespace, rig: Any) -> None:
    graph = Graph("g").keep(total=kit.total(kit.read(field="x")))
    with pytest.raises(UsageError, match=r"no port 'totl' to tap"):
        rig(graph).pipeline.tap("totl")


def test_the_same_graph_runs_on_a_stream_class_without_metadata(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(sums(kit), "stateless", PlainStream)
    tap = bench.pipeline.tap("y")
    bench.whole([1, 3])
    assert bench.out.values["y"] == [(1, 11), (2, 13)]
    assert isinstance(bench.pipeline.source, PlainStream)
    assert isinstance(tap, PlainStream)


def test_rapidz_that_is_not_installed_is_refused_with_advice(kit: SimpleNamespace, rig: Any) -> None:
    pytest.importorskip("streamz")
    try:
        import rapidz  # noqa: F401
    except ImportError:
        with pytest.raises(UsageError, match="conda install -c conda-forge rapidz"):
            rig(sums(kit), "all", "rapidz")
    else:
        bench = rig(sums(kit), "all", "rapidz")
        bench.whole([1, 3])
        assert bench.out.values["y"] == [(1, 11), (2, 13)]


@pytest.mark.parametrize("fuse", ["all", "none"])
def test_no_frame_is_pinned_after_its_event(kit: SimpleNamespace, rig: Any, fuse: str) -> None:
    bench = rig(Graph("g").keep(y=kit.add(kit.plus(kit.read(field="x")), kit.read(field="x"))), fuse)
    bench.out.value = lambda *ignored: None
    bench.pipeline.tap("y")
    bench.start()
    frame = np.ones((4, 4))
    alive = weakref.ref(frame)
    bench.pipeline.feed(Event(EventKey("5c1f0a2e-9d1c-4f0e", "primary", 1), 0.0, {"x": frame}))
    del frame
    gc.collect()
    assert alive() is None


def test_a_failure_pins_no_frame_either(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(y=kit.shout(kit.read(field="x"))))
    bench.start()
    frame = np.ones((4, 4))
    alive = weakref.ref(frame)
    bench.pipeline.feed(Event(EventKey("5c1f0a2e-9d1c-4f0e", "primary", 1), 0.0, {"x": frame}))
    del frame
    gc.collect()
    assert bench.out.letters
    assert alive() is None


def test_feeding_from_several_threads_loses_no_event(kit: SimpleNamespace, rig: Any) -> None:
    bench = rig(Graph("g").keep(total=kit.total(kit.read(field="x"))))
    bench.start()

    def work(offset: int) -> None:
        for number in range(500):
            bench.event(offset + number, x=1)

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.stop()
    assert bench.out.values["total"] == [(None, 2000)]
