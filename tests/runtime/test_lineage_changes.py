"""One thing is changed at a time: what could be another value is computed again, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.model.graph import Graph, Node
from headrace.engine.model.node import node, node_class, source_node
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event, EventKey, RecordedRun, RunContext, RunEnd
from headrace.engine.model.registry import Registry
from headrace.engine.model.skip import SKIP, Skip
from headrace.engine.runtime.cache_memory import MemoryStore
from headrace.engine.runtime.compiler import compile_graph
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.pipeline import Pipeline
from headrace.engine.runtime.plan import Output, Plan
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.reuse_record import Recorder
from headrace.engine.runtime.reuse_replay import replay
from headrace.engine.runtime.reuse_report import Reuse
from headrace.engine.runtime.revision import Revision
from headrace.nodes import sink


@source_node()
def read(*, field: str = "x", stream: str = "primary", event: Event) -> Value:
    """Read a field."""
    return event.data[field]


@node
def plus(value: Value, *, by: int = 1) -> Value:
    """Add a number."""
    return value + by


@node
def add(left: Value, right: Value, *, times: int = 1) -> Value:
    """Add two values; not the same the other way round."""
    return left + times * 3 * right


@node
def odd(value: Value, *, keep: int = 1) -> Value | Skip:
    """Leave some values out."""
    return value if value % 3 != keep else SKIP


@node
def picky(value: Value, *, hates: int = 2) -> Value:
    """Fail on some values."""
    if value % 5 == hates:
        raise ValueError(value)
    return value


@node
def late(value: Value, *, event: Event | None = None) -> Value:
    """Use more of the event than its inputs."""
    return value + (event.data["y"] if event is not None else 0)


@node
def titled(value: Value, *, run: RunContext | None = None) -> Value:
    """Use the start document."""
    return value + (run.start.get("bonus", 0) if run is not None else 0)


class Halves(NamedTuple):
    """Two values."""

    low: Value
    high: Value


@node
def halves(value: Value, *, at: int = 10) -> Halves:
    """Give two values."""
    return Halves(value % at, value // at)


class Total:
    """Add up; what it gives depends on all that came, and on the order."""

    def __init__(self, *, start: int = 0) -> None:
        self._sum = start

    def update(self, value: Value) -> Scalar | Skip:
        """Take one more."""
        self._sum = (2 * self._sum + int(value)) % 1000003
        return self._sum if self._sum % 4 else SKIP

    def value(self) -> Scalar:
        """Give it so far."""
        return -self._sum

    def final(self) -> Scalar:
        """Give it at the end."""
        return self._sum


class Reference:
    """Take a number from another run, until the run itself brings one."""

    def __init__(
        self, *, key: str = "dark", stream: str | None = "dark", run: RunContext | None = None, missing: str = "skip"
    ) -> None:
        self._key, self._run = key, run

    def begin(self) -> Value | Skip:
        """Look the other run up."""
        uid = self._run.start.get(self._key) if self._run else None
        found = self._run.find_run(uid) if self._run and uid else None
        return SKIP if found is None else sum(event.data["x"] for event in found.events("primary"))

    def update(self, *, event: Event) -> Value:
        """Take a new one."""
        return event.data["x"]

    def missing(self) -> Skip:
        """Leave such events out."""
        return SKIP


total = node_class(Total)
reference = source_node(Reference, held=True)
TYPES = (read, plus, add, odd, picky, late, titled, halves, total, reference, sink)
ARITY = {"plus": 1, "add": 2, "odd": 1, "picky": 1, "late": 1, "titled": 1, "halves": 1, "total": 1}
CHANGED = {"plus": "by", "add": "times", "odd": "keep", "picky": "hates", "halves": "at", "total": "start"}


@dataclass
class Notes:
    """Takes everything down, in order."""

    lines: list[Any] = field(default_factory=list)
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def run_started(self, run: RunContext, plan: Plan, parameters: ParameterSet) -> None:
        self.lines.append(("start", run.uid))

    def value(self, run: RunContext, output: Output, event: Event | None, value: Any, parameters: ParameterSet) -> None:
        number = event.key if event else None
        self.lines.append((output.name, number, value, type(value).__name__, parameters.revision))

    def revised(self, run: RunContext, revision: Revision, first: EventKey | None) -> None:
        self.lines.append(("revision", revision.number, first))

    def dead_letter(self, run: RunContext, letter: DeadLetter) -> None:
        self.lines.append(("letter", letter.node, letter.event, letter.error))

    def run_ended(self, summary: RunSummary) -> None:
        self.counts = summary.counts
        self.lines.append(("end", summary.failures, summary.verdict, dict(summary.events)))


@dataclass(frozen=True)
class OtherRun:
    """A run that is looked up."""

    start: Mapping[str, Any]
    stop: Mapping[str, Any] | None
    xs: tuple[int, ...]

    def events(self, stream: str) -> Iterator[Event]:
        return (Event(EventKey(self.start["uid"], stream, n), 0.0, {"x": x}) for n, x in enumerate(self.xs, 1))


def other_run(*xs: int, stop: str = "s") -> OtherRun:
    return OtherRun({"uid": "d1", "time": 1.0}, {"uid": stop, "num_events": len(xs)}, xs)


class Taken(NamedTuple):
    """One event as it was taken."""

    stream: str
    uid: str
    x: int
    y: int


@dataclass(frozen=True)
class Case:
    """A graph, a run, and the world around it."""

    graph: Graph
    taken: tuple[Taken, ...]
    start: Mapping[str, Any] = field(default_factory=lambda: {"uid": "r1", "dark": "d1"})
    other: OtherRun | None = field(default_factory=lambda: other_run(3, 4))
    types: tuple[Any, ...] = TYPES

    def records(self) -> tuple[RunContext, list[Event], RunEnd]:
        def find_run(uid: str) -> RecordedRun | None:
            return self.other if uid == "d1" else None

        numbers: dict[str, int] = {}
        events = []
        for one in self.taken:
            numbers[one.stream] = numbers.get(one.stream, 0) + 1
            key = EventKey(str(self.start["uid"]), one.stream, numbers[one.stream])
            keys = {name: {"shape": [1], "dtype": "array"} for name in "xy"}  # as images: not looked at
            descriptor = {"uid": f"of {one.stream}", "data_keys": keys}
            events.append(Event(key, 1.0, {"x": one.x, "y": one.y}, descriptor, one.uid))
        return (
            RunContext(self.start, find_run=find_run),
            events,
            RunEnd(str(self.start["uid"]), {"exit_status": "success"}),
        )

    @property
    def registry(self) -> Registry:
        return Registry([kind.node_type for kind in self.types])

    def whole(self, store: MemoryStore | None = None) -> Notes:
        notes = Notes()
        pipeline = Pipeline(compile_graph(self.graph, self.registry), notes)
        if store is not None:
            pipeline.keeping = lambda state: Recorder(state, store)
        run, events, end = self.records()
        pipeline.feed(run)
        for event in events:
            pipeline.feed(event)
        pipeline.feed(end)
        return notes

    def replayed(self, store: MemoryStore) -> tuple[Notes, Reuse]:
        notes = Notes()
        plan = compile_graph(self.graph, self.registry)
        revision = Revision(plan, ParameterSet.of(self.graph, plan.types), 0.0)
        return notes, replay(revision, notes, store, *self.records())


def computed(reuse: Reuse) -> set[str]:
    return {one.node for one in reuse.nodes if one.computed}


def graph_of(nodes: Sequence[Node]) -> Graph:
    return Graph("g", {one.name: one for one in nodes})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph of up to nine nodes, each on the ones before it, all of them kept."""
    nodes = [Node("read0", "read"), Node("ref", "reference")]
    ports = ["read0"]
    held = ["ref"]
    for number in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(sorted(ARITY)))
        name = f"{kind}{number}"
        inputs = [draw(st.sampled_from(ports))]
        if kind == "add":
            inputs.append(draw(st.sampled_from([*ports, *held])))
        named = {"add": ("left", "right")}.get(kind, ("value",))
        nodes.append(Node(name, kind, dict(zip(named, inputs, strict=True))))
        outputs = {"halves": [f"{name}.low", f"{name}.high"], "total": [f"{name}.running", f"{name}.running_out"]}
        ports += outputs.get(kind, [name])
    kinds = {one.name: one.type for one in nodes}
    kept = {port.replace(".", "_"): port for port in ports if port != "read0"}
    finals = {f"{name}_final": name for name, kind in kinds.items() if kind == "total"}
    return graph_of([*nodes, Node("keep", "sink", {**kept, **finals, "ref": "ref", "read0": "read0"})])


TAKEN = st.lists(
    st.builds(
        Taken,
        st.sampled_from(["primary", "primary", "primary", "dark"]),
        st.just(""),
        st.integers(0, 30),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
).map(lambda found: tuple(one._replace(uid=f"e{number}") for number, one in enumerate(found)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    start = {"uid": "r1", **({"dark": "d1"} if draw(st.booleans()) else {})}
    return Case(draw(graphs()), draw(TAKEN), start, draw(st.sampled_from([None, other_run(3, 4)])))


def with_parameter(case: Case, name: str) -> Case:
    kind = case.graph.nodes[name].type
    return replace(case, graph=case.graph.set({f"{name}.{CHANGED[kind]}": 3}))


def with_event(case: Case, number: int) -> Case:
    """An event that is another one, under the same number."""
    one = case.taken[number]
    changed = one._replace(uid=f"{one.uid} again", x=one.x + 1)
    return replace(case, taken=(*case.taken[:number], changed, *case.taken[number + 1 :]))


@st.composite
def changes(draw: st.DrawFn, case: Case) -> Case:
    """The case with one thing changed."""
    movable = [name for name, one in case.graph.nodes.items() if one.type in CHANGED]
    number = draw(st.integers(0, len(case.taken) - 1))
    what = draw(st.sampled_from(["parameter", "event", "gone", "order", "start", "dark", "no dark", "input", "error"]))
    if what == "parameter" and movable:
        return with_parameter(case, draw(st.sampled_from(movable)))
    if what == "event":
        return with_event(case, number)
    if what == "gone" and len(case.taken) > 1:
        return replace(case, taken=case.taken[:number] + case.taken[number + 1 :])
    if what == "order":
        return replace(case, taken=case.taken[::-1])
    if what == "start":
        return replace(case, start={**case.start, "bonus": 7})
    if what == "dark":
        return replace(case, other=other_run(9, stop="another"))
    if what == "no dark":
        return replace(case, other=None)
    nodes = dict(case.graph.nodes)
    name = draw(st.sampled_from([name for name, one in nodes.items() if one.type in ARITY]))
    if what == "error":
        nodes[name] = replace(nodes[name], on_error=draw(st.sampled_from(["stop", {"substitute": 5}])))
    else:
        nodes[name] = replace(nodes[name], inputs=dict.fromkeys(nodes[name].inputs, "read0"))
    return replace(case, graph=replace(case.graph, nodes=nodes))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_replay_after_any_change_gives_what_a_whole_run_gives(data: st.DataObject) -> None:
    case = data.draw(cases())
    store = MemoryStore()
    assert case.whole(store).lines == case.whole().lines
    for _ in range(data.draw(st.integers(1, 3))):
        changed = data.draw(changes(case))
        notes, _ = changed.replayed(store)
        assert notes.lines == changed.whole().lines
        case = data.draw(st.sampled_from([case, changed]))


@settings(max_examples=100, deadline=None)
@given(cases())
def test_where_nothing_changed_and_nothing_failed_nothing_is_computed(case: Case) -> None:
    store = MemoryStore()
    whole = case.whole(store)
    notes, reuse = case.replayed(store)
    assert notes.lines == whole.lines
    if any(line[0] == "letter" for line in whole.lines):
        return
    filtered = {name for name, count in whole.counts.items() if count["filtered"]}
    again = computed(reuse) - {"read0", "ref"}
    # A node whose input was left out for an event has nothing of its own to be found, nor needs to compute.
    assert not again, (again, filtered)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_parameter_has_only_what_is_downstream_of_it_computed(data: st.DataObject) -> None:
    case = data.draw(cases())
    movable = [name for name, one in case.graph.nodes.items() if one.type in CHANGED]
    if not movable:
        return
    name = data.draw(st.sampled_from(movable))
    store = MemoryStore()
    whole = case.whole(store)
    changed = with_parameter(case, name)
    notes, reuse = changed.replayed(store)
    assert notes.lines == changed.whole().lines
    failed = {line[1] for line in whole.lines + notes.lines if line[0] == "letter"}
    if failed:  # what failed is tried again, and with it what it needs and what remembers
        return
    assert computed(reuse) - {"read0", "ref"} <= downstream(case.graph, name)


def downstream(graph: Graph, name: str) -> set[str]:
    reached = {name}
    for one in graph.nodes.values():
        if {reference.partition(".")[0] for reference in one.inputs.values()} & reached:
            reached.add(one.name)
    return reached


PLAIN = (
    Node("read0", "read"),
    Node("more", "plus", {"value": "read0"}),
    Node("sum", "total", {"value": "more"}),
    Node("after", "plus", {"value": "sum.running"}),
)
TEN = tuple(Taken("primary", f"e{number}", number, 0) for number in range(10))


def plain_case(**more: Any) -> Case:
    keep = Node("keep", "sink", {"more": "more", "sum": "sum", "after": "after"})
    return Case(graph_of([*PLAIN, keep]), TEN, **more)


def test_a_changed_parameter_of_a_node_that_remembers_leaves_what_is_before_it_alone() -> None:
    case, store = plain_case(), MemoryStore()
    case.whole(store)
    changed = with_parameter(case, "sum")
    notes, reuse = changed.replayed(store)
    assert notes.lines == changed.whole().lines
    assert computed(reuse) == {"sum", "after"}
    again, reuse = changed.replayed(store)
    assert again.lines == notes.lines
    assert computed(reuse) == set()


def test_one_event_that_is_another_has_itself_computed_and_what_remembers_it() -> None:
    case, store = plain_case(), MemoryStore()
    case.whole(store)
    _, reuse = with_event(case, 4).replayed(store)
    # What the sum had given before that event is found, and so is what was made of it.
    assert {one.node: one.computed for one in reuse.nodes} == {"read0": 1, "more": 1, "sum": 10, "after": 5}


def test_the_same_step_under_another_name_and_in_another_graph_is_found() -> None:
    case, store = plain_case(), MemoryStore()
    case.whole(store)
    renamed = [Node("r", "read"), Node("p", "plus", {"value": "r"}), Node("t", "total", {"value": "p"})]
    other = replace(case, graph=graph_of([*renamed, Node("keep", "sink", {"t": "t", "p": "p"})]))
    _, reuse = other.replayed(store)
    # Here nobody asks the sum for its value so far. It might behave otherwise then, so it is made again.
    assert computed(reuse) == {"t"}


def test_the_same_data_in_another_run_is_not_found() -> None:
    case, store = plain_case(), MemoryStore()
    case.whole(store)
    _, reuse = replace(case, start={**case.start, "uid": "r2"}).replayed(store)
    assert computed(reuse) == {"read0", "more", "sum", "after"}


def test_a_dark_that_is_another_now_has_all_that_it_touches_computed_and_nothing_else() -> None:
    nodes = [
        Node("read0", "read"),
        Node("ref", "reference"),
        Node("plain", "plus", {"value": "read0"}),
        Node("dark", "add", {"left": "read0", "right": "ref"}),
        Node("keep", "sink", {"plain": "plain", "dark": "dark"}),
    ]
    case, store = Case(graph_of(nodes), TEN), MemoryStore()
    case.whole(store)
    assert computed(case.replayed(store)[1]) == set()
    for other in (other_run(5, 6, stop="another"), None):
        changed = replace(case, other=other)
        notes, reuse = changed.replayed(store)
        assert notes.lines == changed.whole().lines
        assert "plain" not in computed(reuse)
        assert "dark" in computed(reuse) or other is None


def test_a_dark_run_that_has_not_ended_is_never_taken_for_the_same() -> None:
    nodes = [Node("read0", "read"), Node("ref", "reference"), Node("dark", "add", {"left": "read0", "right": "ref"})]
    open_run = replace(other_run(3, 4), stop=None)
    case = Case(graph_of([*nodes, Node("keep", "sink", {"dark": "dark"})]), TEN, other=open_run)
    store = MemoryStore()
    case.whole(store)
    assert "dark" in computed(case.replayed(store)[1])


def test_what_failed_is_tried_again() -> None:
    nodes = [Node("read0", "read"), Node("p", "picky", {"value": "read0"}), Node("t", "total", {"value": "p"})]
    case = Case(graph_of([*nodes, Node("keep", "sink", {"p": "p", "t": "t"})]), TEN)
    store = MemoryStore()
    whole = case.whole(store)
    notes, reuse = case.replayed(store)
    assert notes.lines == whole.lines
    assert {one.node: one.computed for one in reuse.nodes}["p"] == sum(one.x % 5 == 2 for one in TEN)


class NotThereYet(dict[str, Any]):
    """Data whose file has not come."""

    def __getitem__(self, name: str) -> Any:
        raise FileNotFoundError(name)


@pytest.mark.parametrize("on_error", ["skip", {"substitute": 5}])
def test_a_failure_that_goes_away_leaves_nothing_behind(on_error: Any) -> None:
    nodes = [
        replace(one, on_error=on_error) if one.name == "read0" else one for one in plain_case().graph.nodes.values()
    ]
    case, store = replace(plain_case(), graph=graph_of(nodes)), MemoryStore()
    run, events, end = case.records()
    pipeline = Pipeline(compile_graph(case.graph, case.registry), Notes())
    pipeline.keeping = lambda state: Recorder(state, store)
    pipeline.feed(run)
    for number, event in enumerate(events):
        pipeline.feed(replace(event, data=NotThereYet()) if number == 3 else event)
    pipeline.feed(end)
    notes, _ = case.replayed(store)
    assert notes.lines == case.whole().lines


def test_events_that_nothing_names_are_never_taken_for_the_same() -> None:
    case, store = plain_case(), MemoryStore()
    run, events, end = case.records()
    notes = Notes()
    pipeline = Pipeline(compile_graph(case.graph, case.registry), notes)
    pipeline.keeping = lambda state: Recorder(state, store)
    plan = pipeline.plan
    nameless = [replace(event, descriptor={}, uid="") for event in events]
    pipeline.feed(run)
    for event in nameless:
        pipeline.feed(event)
    pipeline.feed(end)
    reuse = replay(Revision(plan, pipeline.parameters, 0.0), Notes(), store, run, nameless, end)
    assert computed(reuse) == {"read0", "more", "sum", "after"}


@pytest.mark.parametrize("policy", ["never", "always"])
def test_a_node_that_is_never_kept_is_computed_and_those_behind_it_are_found(policy: str) -> None:
    case, store = plain_case(), MemoryStore()
    nodes = dict(case.graph.nodes)
    nodes["more"] = replace(nodes["more"], cache=policy)
    case = replace(case, graph=replace(case.graph, nodes=nodes))
    case.whole(store)
    _, reuse = case.replayed(store)
    assert computed(reuse) == ({"read0", "more"} if policy == "never" else set())


def test_a_node_that_draws_lots_is_computed_with_all_behind_it() -> None:
    @node(volatile=True)
    def dice(value: Value) -> Value:
        return value

    nodes = [Node("read0", "read"), Node("d", "dice", {"value": "read0"}), Node("p", "plus", {"value": "d"})]
    case = Case(graph_of([*nodes, Node("keep", "sink", {"p": "p"})]), TEN, types=(*TYPES, dice))
    store = MemoryStore()
    case.whole(store)
    assert computed(case.replayed(store)[1]) == {"read0", "d", "p"}
