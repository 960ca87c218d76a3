"""The lineage of every value of a run: keys that name values without looking at them.

A walk follows the steps of a plan as the executor does, with keys in place of values. What a stateless node gives for
an event is named by the node and its inputs; what a stateful one gives by the whole chain of what it was given since
it began. So a key says all that a value depends on, and none of it has to be computed to know the key.

Only a failure is not known before: it makes another key of what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from headrace.engine.model.records import Event, RunContext
from headrace.engine.runtime.fate import Memory, fates
from headrace.engine.runtime.lineage_events import EventKeys
from headrace.engine.runtime.lineage_keys import NOTHING, Key, hashed, unique
from headrace.engine.runtime.lineage_prefix import arguments, is_templated, prefixes
from headrace.engine.runtime.plan import Plan, Step, Work
from headrace.engine.runtime.revision import Revision

__all__ = ["Lineage", "RunKey"]

RunKey = Callable[[str, Key], Key]
"""Gives what counts of the run for a node that asks for it, by the node's name and prefix."""

_FAILED, _VALUE, _FINAL, _ANEW = b"failed", b"value", b"final", b"another revision"


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    """A step, as far as keys go."""

    node: str
    work: Work
    prefix: Key
    ins: tuple[int, ...]
    outs: tuple[tuple[int, bytes], ...]
    values: tuple[tuple[int, bytes], ...]
    event: bool
    run: bool
    publishes: bool
    chained: bool


class Lineage:
    """The keys of one run, walked through record by record.

    Parameters
    ----------
    revision
        What the run begins with.
    run
        The run.
    run_key
        See `RunKey`.

    Attributes
    ----------
    keys
        Slot to the key of what holds for the rest of the run.
    prefixes
        Node to what is the same for all its values.
    """

    def __init__(self, revision: Revision, run: RunContext, run_key: RunKey) -> None:
        self.revision = revision
        self.prefixes = prefixes(revision.plan, revision.parameters)
        self.keys: list[Key] = [NOTHING] * (revision.plan.size + 1)
        self._events = EventKeys(run)
        self._run_key = run_key
        self._chains: dict[str, Key] = {}
        self._spoilt: set[str] = set()
        self._traces = self._compiled()

    def _compiled(self) -> dict[str | None, list[_Trace]]:
        """Give the traces of the run's start (under ""), of events by stream, and of its end (under None)."""
        plan = self.revision.plan
        streams: list[str] = sorted(plan.streams)
        return {
            "": self._of(step for segment in plan.segments for step in segment.begin),
            None: self._of(step for segment in plan.segments for step in segment.end),
            **{s: self._of(step for seg in plan.segments for step in seg.events.get(s, ())) for s in streams},
        }

    def _of(self, steps: Iterable[Step]) -> list[_Trace]:
        plan = self.revision.plan
        ports = {slot: port.encode() for (_, port), slot in plan.slots.items()}
        return [self._trace(step, plan, ports) for step in steps if step.work is not Work.KEEP]

    def _trace(self, step: Step, plan: Plan, ports: Mapping[int, bytes]) -> _Trace:
        kind = plan.types[step.node]
        contexts = {*kind.contexts.values(), *kind.init_contexts.values()}
        single = len(step.outs) == 1 and not step.value_outs
        return _Trace(
            node=step.node,
            work=step.work,
            prefix=hashed(self.prefixes[step.node], arguments(step, kind)),
            ins=tuple(slot for _, slot in step.ins),
            outs=tuple((slot, b"" if single else ports[slot]) for _, slot in step.outs),
            values=tuple((slot, ports[slot]) for _, slot in step.value_outs),
            event="event" in contexts,
            run="run" in contexts,
            publishes=step.publishes,
            chained=kind.stateful or is_templated(step.node, plan),
        )

    def begin(self, failed: Collection[str] = ()) -> list[Key]:
        """Walk through the start of the run, with the nodes that failed at it."""
        for trace in self._traces[""]:
            self._walk(trace, self.keys, None, failed)
        return self.keys

    def event(self, event: Event, failed: Collection[str] = ()) -> list[Key]:
        """Walk through an event, and give the key of each slot."""
        keys = self.keys.copy()
        traces = self._traces.get(event.key.stream, ())
        own = self._events.key(event) if traces else NOTHING
        for trace in traces:
            self._walk(trace, keys, own, failed)
        return keys

    def end(self, failed: Collection[str] = ()) -> list[Key]:
        """Walk through the end of the run, and give the key of each slot."""
        keys = self.keys.copy()
        for trace in self._traces[None]:
            self._walk(trace, keys, None, failed)
        return keys

    def spoil(self, node: str) -> None:
        """Let nothing that a node gives from now on be found again."""
        self._spoilt.add(node)

    def _walk(self, trace: _Trace, keys: list[Key], event: Key | None, failed: Collection[str]) -> None:
        if trace.work is Work.MISSING:
            if trace.node in failed:
                for slot, _ in trace.outs:
                    keys[slot] = hashed(keys[slot], _FAILED)
            return
        given = b"".join([keys[slot] for slot in trace.ins])
        around = (event or NOTHING) if trace.event else b""
        run = self._run_key(trace.node, self.prefixes[trace.node]) if trace.run else b""
        if trace.work is Work.FINAL:
            core = hashed(self._chains.get(trace.node, NOTHING), trace.prefix, run, _FINAL)
        elif trace.chained:
            core = hashed(self._chains.get(trace.node, NOTHING), trace.prefix, given, around, run)
        else:
            core = hashed(trace.prefix, given, around, run)
        if trace.node in failed:
            core = unique() if trace.chained else hashed(core, _FAILED)
        if trace.node in self._spoilt:
            core = unique()
        self._store(trace, core, keys)

    def _store(self, trace: _Trace, core: Key, keys: list[Key]) -> None:
        if trace.chained and trace.work is not Work.FINAL:
            self._chains[trace.node] = core
        for slot, tag in trace.outs:
            keys[slot] = hashed(core, tag) if tag else core
        for slot, tag in trace.values:
            keys[slot] = hashed(core, _VALUE, tag)
        if trace.publishes and keys is not self.keys:
            for slot, _ in trace.outs:
                self.keys[slot] = keys[slot]

    def revise(self, revision: Revision) -> None:
        """Go over to another revision.

        What a node remembers goes on or begins anew as its state does. What is known for the run gets keys of its
        own: whatever is done again of it, and in whichever order, no other run has the same ones.
        """
        old, self.revision = self.revision, revision
        found = fates(old.plan, old.parameters, revision.plan, revision.parameters)
        before, self.prefixes = self.prefixes, prefixes(revision.plan, revision.parameters)
        self._chains = {
            name: chain if self.prefixes[name] == before[name] else hashed(chain, _ANEW, self.prefixes[name])
            for name, chain in self._chains.items()
            if found[name].what != "removed" and found[name].memory is not Memory.RESET
        }
        keys, self.keys = self.keys, [NOTHING] * (revision.plan.size + 1)
        self._traces = self._compiled()
        self._renew(old.plan, keys, before)

    def _renew(self, old: Plan, keys: list[Key], before: Mapping[str, Key]) -> None:
        """Give what holds for the run its keys under a new plan."""
        plan = self.revision.plan
        fresh: set[int] = set()
        for trace in self._traces[""]:
            changed = before.get(trace.node) != self.prefixes[trace.node] or bool(fresh.intersection(trace.ins))
            for slot, tag in trace.outs:
                place = next(place for place, number in plan.slots.items() if number == slot)
                known = old.slots.get(place)
                was = keys[known] if known is not None else NOTHING
                if changed or known is None:
                    fresh.add(slot)
                    given = b"".join([self.keys[slot] for slot in trace.ins])
                    run = self._run_key(trace.node, self.prefixes[trace.node]) if trace.run else b""
                    was = hashed(was, _ANEW, trace.prefix, given, run, tag)
                self.keys[slot] = was
