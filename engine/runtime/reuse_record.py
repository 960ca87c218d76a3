"""Keeping what a run computes, so that it need not be computed again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from headrace.engine.model.records import Event, RunContext
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.cache import Reading, ValueStore
from headrace.engine.runtime.cache_codec import encode
from headrace.engine.runtime.lineage import Lineage
from headrace.engine.runtime.lineage_events import key_of_start
from headrace.engine.runtime.lineage_keys import Key, hashed
from headrace.engine.runtime.lineage_prefix import static_lineage
from headrace.engine.runtime.plan import Plan, Step
from headrace.engine.runtime.reuse_costs import Costs
from headrace.engine.runtime.reuse_lookups import Lookups
from headrace.engine.runtime.reuse_rule import SMALL, as_bytes, is_kept, size_of
from headrace.engine.runtime.run_state import RunState

__all__ = ["Recorder", "Watcher", "cost_places"]

_log = logging.getLogger(__name__)

_SHARE = 0.025
"""Of the time of a run that keeping its values may take."""
_GRACE = 100_000_000
"""Nanoseconds that it may take in any case."""


class Recorder:
    """Puts the values of one run into a cache.

    It is told by the pipeline when a record has been worked off, and looks at values only while they are there. If a
    run is so quick that keeping its values would be felt, it gives up.

    Parameters
    ----------
    state
        The run's state.
    store
        The cache.
    look
        A look into it; only for a replay.
    works
        Tells whether a node works in this run; all do, unless it is a replay.
    """

    def __init__(
        self,
        state: RunState,
        store: ValueStore,
        look: Reading | None = None,
        works: Callable[[str], bool] | None = None,
    ) -> None:
        self._state = state
        self._store = store
        self._is_replay = works is not None
        self.lookups = Lookups(state.run, look, works or _always, self._spoil)
        self.lineage = Lineage(state.revision, state.run, self.lookups.key)
        self._costs = Costs(state)
        self._captured: list[tuple[str, int, Any]] = []
        self._failed: set[str] = set()
        self._spent = 0
        self._off = self._broken = False

    def _spoil(self, node: str) -> None:
        self.lineage.spoil(node)

    def context(self, node: str) -> RunContext:
        """Give the run as a node sees it."""
        return self.lookups.context(node)

    def watchers(self, step: Step, *, in_event: bool) -> list[Watcher]:
        """Give what looks at the values that a step gives."""
        if self._off or not is_kept(step, self._state.plan):
            return []
        always = self._state.plan.graph.nodes[step.node].cache == "always"
        slots = tuple(slot for _, slot in (*step.outs, *step.value_outs))
        limit = SMALL if in_event and not always else None
        return [Watcher(step.node, slots, limit, self._captured)]

    def failed(self, node: str) -> None:
        """Take note of a failure."""
        self._failed.add(node)

    def begun(self) -> None:
        """Take note that the run has begun."""
        self._safely(self._begun)

    def _safely(self, work: Callable[[], None]) -> None:
        """Do a part of the work; whatever goes wrong with it, the run goes on, and nothing more of it is kept."""
        try:
            work()
        except Exception:
            _log.exception("values of run %s are not kept any more", self._state.run.uid)
            self.abandon()

    def _begun(self) -> None:
        plan = self._state.plan
        self.lineage.begin(self._failed)
        asking = {name: key for name, key in self.lineage.prefixes.items() if _asks_for_run(plan, name)}
        self.lookups.settle(self._store, asking)
        self._forget()
        self._costs.measured()

    def event_done(self, event: Event) -> None:
        """Take note that an event has been worked off."""
        if not self._off:
            self._safely(lambda: self._event_done(event))

    def _event_done(self, event: Event) -> None:
        began = perf_counter_ns()
        if self._state.revision is not self.lineage.revision:
            self._revise()
        if self._state.stopped_by is None:
            self._keep(self.lineage.event(event, self._failed), self._costs.measured())
        self._forget()
        self._spent += perf_counter_ns() - began
        if self._spent > _GRACE and self._spent > _SHARE * self._costs.total():
            self._give_up()

    def _revise(self) -> None:
        self.lineage.revise(self._state.revision)
        self._costs = Costs(self._state)

    def _keep(self, keys: list[Key], costs: dict[str, float]) -> None:
        for node, slot, value in self._captured:
            data = as_bytes(value) if node not in self._failed else None  # what stands in for a value is none
            if data is not None:
                self._store.put(keys[slot], data, costs.get(node, 0.0))

    def _forget(self) -> None:
        self._captured.clear()
        self._failed.clear()

    def _give_up(self) -> None:
        """Keep nothing more of this run: it is as quick to compute."""
        if all(node.cache != "always" for node in self._state.plan.graph.nodes.values()):
            self._off = True
            self._state.tables.clear()

    def abandon(self) -> None:
        """Keep nothing more: an event was broken off."""
        self._off = self._broken = True
        self._forget()

    def ended(self) -> None:
        """Take note that the run has ended."""
        self._safely(self._ended)

    def _ended(self) -> None:
        if self._state.stopped_by is not None or self._broken:
            return
        if self._state.revision is not self.lineage.revision:
            self._revise()
        total = float(self._costs.total())
        if not self._off:
            self._keep(self.lineage.end(self._failed), dict.fromkeys(self._state.plan.graph.nodes, total))
        self._forget()
        if not self._is_replay and len(self._state.revisions) == 1:
            self._write_costs()

    def _write_costs(self) -> None:
        """Write down how long each node took for the whole run, for those who won't compute it again."""
        summary = {name: count.nanoseconds * 1e-9 for name, count in self._costs.counts()}
        for name, place in cost_places(self._state.plan, self.lineage.prefixes, self._state.run).items():
            self._store.put(place, encode([summary[name], self._state.counts[name].entered]), 1e9)


class Watcher:
    """Looks at the values of a step, and holds those that may be kept until the record is done.

    Parameters
    ----------
    node, slots
        The node and its slots.
    limit
        Bytes up to which a value is kept; None for any.
    captured
        Where they are put.
    """

    __slots__ = ("_captured", "_limit", "_node", "_slots")

    def __init__(
        self, node: str, slots: tuple[int, ...], limit: int | None, captured: list[tuple[str, int, Any]]
    ) -> None:
        self._node = node
        self._slots = slots
        self._limit = limit
        self._captured = captured

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        """Look at what is there."""
        for slot in self._slots:
            value = slots[slot]
            if value is not None and (self._limit is None or size_of(value) <= self._limit):
                self._captured.append((self._node, slot, value))
        return Absent.UNCHANGED


def _always(node: str) -> bool:
    return True


def _asks_for_run(plan: Plan, name: str) -> bool:
    kind = plan.types[name]
    return "run" in {*kind.contexts.values(), *kind.init_contexts.values()}


def cost_places(plan: Plan, prefixes: dict[str, Key], run: RunContext) -> dict[str, Key]:
    """Give the place in a cache where it stands how long each node took for a run."""
    start = key_of_start(run)
    return {name: hashed(b"cost", key, start) for name, key in static_lineage(plan, prefixes).items()}
