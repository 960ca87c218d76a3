"""The engine's overhead per node and event, beside streamz's own chain and a plain loop, in one process.

A chain of trivial functions (x + 1) is run through headrace, through streamz (``source.map(f).map(f)…sink``) and as a
plain loop. Rounds are interleaved and CPU time is taken, so that a busy machine disturbs all three alike. Each chain
is run short and long: the difference, divided by the number of nodes between, is the cost per node; what remains of
the short chain is the cost per event (reading the source, handing the result over, the stream itself).

    python bench/overhead.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from streamz import Stream

from headrace import Graph, node, source_node
from headrace.engine.model.ports import Value
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.model.registry import Registry
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.runtime.pipeline import Pipeline
from headrace.nodes import sink

SHORT, LONG, EVENTS, ROUNDS = 10, 40, 5_000, 9
RUN = RunContext({"uid": "bench"})
EVENTS_IN = [Event(EventKey("bench", "primary", number), 0.0, {}) for number in range(EVENTS)]


def plus_one(x: Any) -> Any:
    return x + 1


@node
def step(x: Value) -> Value:
    return x + 1


@source_node()
def number(*, stream: str = "primary", event: Event) -> Value:
    return event.key.seq_num


class Nowhere:
    def run_started(self, *given: Any) -> None: ...
    def value(self, *given: Any) -> None: ...
    def dead_letter(self, *given: Any) -> None: ...
    def run_ended(self, *given: Any) -> None: ...


def headrace_chain(length: int) -> Callable[[], None]:
    port = number()
    for _ in range(length):
        port = step(port)
    registry = Registry([function.node_type for function in (number, step, sink)])
    pipeline = Pipeline(compile_graph(Graph("chain").keep(x=port), registry), Nowhere())
    pipeline.feed(RUN)

    def run() -> None:
        for event in EVENTS_IN:
            pipeline.feed(event)

    return run


def streamz_chain(length: int) -> Callable[[], None]:
    source = Stream()
    nodes = [source]
    for _ in range(length):
        nodes.append(nodes[-1].map(plus_one))
    nodes.append(nodes[-1].sink(lambda x: None))

    def run() -> None:
        for event in EVENTS_IN:
            source.emit(event.key.seq_num)
        assert len(nodes) == length + 2  # streams are held weakly: this holds them

    return run


def plain_loop(length: int) -> Callable[[], None]:
    def run() -> None:
        for event in EVENTS_IN:
            x = event.key.seq_num
            for _ in range(length):
                x = plus_one(x)

    return run


def main() -> None:
    makers = {"headrace, timed": headrace_chain, "streamz": streamz_chain, "plain loop": plain_loop}
    chains = {(name, length): make(length) for name, make in makers.items() for length in (SHORT, LONG)}
    spent: dict[tuple[str, int], list[float]] = {key: [] for key in chains}
    for _ in range(ROUNDS):
        for key, run in chains.items():
            begin = time.process_time()
            run()
            spent[key].append((time.process_time() - begin) / EVENTS * 1e6)
    best = {key: statistics.median(values) for key, values in spent.items()}
    per_node = {name: (best[name, LONG] - best[name, SHORT]) / (LONG - SHORT) for name in makers}
    print(f"{'CPU us per event':<18}{SHORT:>4} nodes{LONG:>6} nodes   per node   above a plain call")
    for name in makers:
        above = per_node[name] - per_node["plain loop"]
        print(f"{name:<18}{best[name, SHORT]:>10.2f}{best[name, LONG]:>12.2f}{per_node[name]:>11.3f}{above:>21.3f}")
    ours = per_node["headrace, timed"] - per_node["plain loop"]
    theirs = per_node["streamz"] - per_node["plain loop"]
    print(f"overhead per node: {ours:.3f} us; streamz's is {theirs / ours:.1f} times that")
    print(f"whole chain of {LONG}: streamz {best['streamz', LONG] / best['headrace, timed', LONG]:.1f} times headrace")


if __name__ == "__main__":
    main()
