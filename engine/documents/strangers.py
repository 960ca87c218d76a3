"""Documents of runs whose beginning never came: joined late, or given up before they went on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from headrace.engine.documents.dropped_events import numbers_of
from headrace.engine.documents.pages import Document

__all__ = ["Stranger", "Strangers"]

_MOST = 256
"""Runs that are kept in mind; of more, the oldest is forgotten."""


@dataclass(slots=True)
class Stranger:
    """What came of a run that never began here.

    Attributes
    ----------
    name
        Unique id of the run; of its descriptor, if nothing that came names the run.
    documents, events
        How many documents of it came, and how many of them events.
    given_up
        Whether it had begun here, and was ended before it went on.
    """

    name: str
    documents: int = 0
    events: int = 0
    given_up: bool = False


class Strangers:
    """Counts what comes of unknown runs, by run as far as the documents say to which they belong.

    Notes
    -----
    Bounded, since anyone may send documents of runs that don't exist.
    """

    def __init__(self) -> None:
        self._runs: OrderedDict[str, Stranger] = OrderedDict()
        self._owner: OrderedDict[str, str] = OrderedDict()  # uid of a descriptor or resource -> run

    def note(self, kind: str, doc: Document) -> Stranger:
        """Count a document, and give what is known of its run."""
        name = self._name(kind, doc)
        found = self._runs.pop(name, None) or Stranger(name)
        if kind != "stop":
            self._keep(found)
        found.documents += 1
        found.events += max(1, len(numbers_of(doc))) if kind == "event" else 0
        return found

    def adopt(self, run: str, uids: Iterable[str]) -> None:
        """Keep a run in mind that was ended, with the documents that lead to it."""
        self._keep(Stranger(run, given_up=True))
        for uid in uids:
            self._own(uid, run)

    def forget(self, run: str) -> None:
        """Forget a run: it begins."""
        self._runs.pop(run, None)

    def known(self) -> dict[str, dict[str, int]]:
        """Give what came of each unknown run."""
        return {one.name: {"documents": one.documents, "events": one.events} for one in list(self._runs.values())}

    def _name(self, kind: str, doc: Document) -> str:
        run = doc.get("run_start")
        if isinstance(run, str):
            if kind != "stop":
                self._own(str(doc.get("uid")), run)
            return run
        leads = str(doc.get("descriptor", doc.get("resource", doc.get("uid"))))
        return self._owner.get(leads, leads)

    def _own(self, uid: str, run: str) -> None:
        self._owner[uid] = run
        while len(self._owner) > 8 * _MOST:
            self._owner.popitem(last=False)

    def _keep(self, stranger: Stranger) -> None:
        self._runs[stranger.name] = stranger
        while len(self._runs) > _MOST:
            self._runs.popitem(last=False)
