"""What the pages of one server share: what there is to look at, and what has been made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from headrace.engine.jobs.run import open_run
from headrace.engine.web.graph_facts import GraphFacts
from headrace.engine.web.handler import Site
from headrace.engine.web.result_sight import ResultSight
from headrace.engine.web.sight import JobSight, Sight
from headrace.engine.web.summaries import Summaries

__all__ = ["Looks", "looks_of"]

_MOST_OPENED = 8


class Looks:
    """What there is to look at.

    Parameters
    ----------
    sights
        The graphs.

    Attributes
    ----------
    sights, summaries
        The graphs, and a summary for each.
    """

    def __init__(self, sights: Sequence[Sight]) -> None:
        self.sights = list(sights)
        self.summaries = [Summaries(sight) for sight in self.sights]
        self._facts = [GraphFacts(read_only=not sight.live) for sight in self.sights]
        self._opened: dict[str, int] = {}
        self._settling = ThreadPoolExecutor(
            1, "headrace looks"
        )  # may wait for an event that takes long; nobody else does

    def settle(self, sight: Sight) -> None:
        """See to the probes of a job, soon."""
        if isinstance(sight, JobSight) and sight.unsettled:
            self._settling.submit(sight.settle)

    def open(self, uid: str, place: str) -> int:
        """Give the number under which a result can be looked at; the one opened longest ago makes room.

        Raises
        ------
        NotReachableError
            If it is not there.
        UsageError
            If it is no result.
        """
        if uid not in self._opened:
            sight = ResultSight(open_run(place), place)
            if len(self._opened) < _MOST_OPENED:
                self._opened[uid] = len(self.sights)
                self.sights.append(sight)
                self.summaries.append(Summaries(sight))
                self._facts.append(GraphFacts(read_only=True))
            else:
                number = self._opened[uid] = self._opened.pop(next(iter(self._opened)))
                self.sights[number], self.summaries[number] = sight, Summaries(sight)
                self._facts[number] = GraphFacts(read_only=True)
        return self._opened[uid]

    def facts_of(self, sight: Sight) -> Callable[[], dict[str, Any]]:
        """Give what describes the graph of a sight as it is now."""
        return partial(self._facts[self.sights.index(sight)].of, sight.graph, sight.types)


def looks_of(site: Site) -> Looks:
    """Give what the pages of a site share; made when the first page asks."""
    found = site.state.get("looks")
    if not isinstance(found, Looks):
        found = site.state["looks"] = Looks([JobSight(job) for job in site.monitor.jobs])
    return found
