"""Which other runs a node looked up, and how they were then: part of what its values depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from headrace.engine.model.records import RecordedRun, RunContext
from headrace.engine.runtime.cache import Reading, ValueStore
from headrace.engine.runtime.cache_codec import decode, encode
from headrace.engine.runtime.lineage_events import key_of_found, key_of_start
from headrace.engine.runtime.lineage_keys import Key, hashed, unique

__all__ = ["Lookups"]


class Lookups:
    """The runs that the nodes of a run look up.

    What a node will look up is not known before it runs. So the first time it is written down in the cache under the
    node and the run; later it is known from there, and only how those runs are now has to be found out.

    Parameters
    ----------
    run
        The run.
    look
        A look into the cache.
    works
        Tells whether a node works in this run, so that its lookups can be seen.
    late
        Told of a node that looks a run up after it has begun: its values depend on when it did.
    """

    def __init__(
        self,
        run: RunContext,
        look: Reading | None,
        works: Callable[[str], bool] = lambda node: True,
        late: Callable[[str], None] = lambda node: None,
    ) -> None:
        self._run = run
        self._start = key_of_start(run)
        self._look = look
        self._works = works
        self._late = late
        self._settled = False
        self._made: dict[str, dict[str, Key]] = {}
        self._known: dict[tuple[str, Key], Key] = {}

    def take_over(self, other: Lookups) -> None:
        """Take over what another one found out from the cache."""
        self._known |= other._known

    def context(self, node: str) -> RunContext:
        """Give the run as a node sees it: what it looks up is noted."""

        def find_run(uid: str) -> RecordedRun | None:
            found = self._run.find_run(uid)
            self._made.setdefault(node, {})[uid] = key_of_found(found)
            if self._settled:
                self._late(node)
            return found

        return replace(self._run, find_run=find_run)

    def key(self, node: str, prefix: Key) -> Key:
        """Give what counts of the run for a node that asks for it."""
        if self._works(node):
            made = self._made.get(node, {})
            return hashed(self._start, *(part for uid, key in made.items() for part in (uid.encode(), key)))
        if (node, prefix) not in self._known:
            self._known[node, prefix] = self._remembered(prefix)
        return self._known[node, prefix]

    def _remembered(self, prefix: Key) -> Key:
        data = self._look.get(self._place(prefix)) if self._look is not None else None
        if data is None:
            return unique()
        uids: list[str] = decode(data)
        return hashed(self._start, *(p for uid in uids for p in (uid.encode(), key_of_found(self._run.find_run(uid)))))

    def _place(self, prefix: Key) -> Key:
        return hashed(b"lookups", prefix, self._start)

    def settle(self, store: ValueStore, nodes: dict[str, Key]) -> None:
        """Write down what nodes, given with their prefixes, looked up so far; from now on it is too late."""
        for node, prefix in nodes.items():
            if self._works(node):
                store.put(self._place(prefix), encode(list(self._made.get(node, {}))), 1e9)
        self._settled = True
