"""To which run a document belongs: most of them say so only by naming another document."""

from __future__ import annotations

from headrace.engine.documents.pages import Document

__all__ = ["RunRoutes"]

_ASSETS = frozenset({"resource", "stream_resource", "datum"})


class RunRoutes:
    """Finds the open runs a document belongs to, and remembers what is needed for that.

    Notes
    -----
    Not thread-safe: documents come one after the other.

    Examples
    --------
    >>> routes = RunRoutes()
    >>> routes.of("start", {"uid": "a"})
    ('a',)
    >>> routes.of("descriptor", {"uid": "d", "run_start": "a"})
    ('a',)
    >>> routes.of("event", {"descriptor": "d"})
    ('a',)
    >>> routes.of("event", {"descriptor": "unheard of"})
    ()
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[str]] = {}  # open run -> uids of documents that lead to it
        self._owner: dict[str, str] = {}  # uid of a descriptor or a resource -> open run

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs that have started and not been forgotten, in the order of their start."""
        return tuple(self._runs)

    def of(self, name: str, doc: Document) -> tuple[str, ...]:
        """Give the runs a document belongs to: one; none if its run is unknown.

        An asset document that names no open run is for all of them: it is harmless where it isn't needed.
        """
        if name == "start":
            self._runs.setdefault(str(doc["uid"]), [])
            return (str(doc["uid"]),)
        run = self._run_of(name, doc)
        if run is not None and name in ("descriptor", "resource", "stream_resource"):
            self._owner[str(doc["uid"])] = run
            self._runs[run].append(str(doc["uid"]))
        if run is not None:
            return (run,)
        return self.runs if name in _ASSETS else ()

    def _run_of(self, name: str, doc: Document) -> str | None:
        if name in ("descriptor", "stop", "resource", "stream_resource"):
            run = doc.get("run_start")
            return str(run) if run in self._runs else None
        if name in ("event", "stream_datum"):
            return self._owner.get(doc["descriptor"])
        if name == "datum":
            return self._owner.get(doc["resource"])
        return None

    def owner(self, uid: str) -> str | None:
        """Give the open run that a descriptor or a resource belongs to."""
        return self._owner.get(uid)

    def forget(self, run: str) -> list[str]:
        """Forget a run and every document that leads to it; gives the uids of these."""
        uids = self._runs.pop(run, [])
        for uid in uids:
            if self._owner.get(uid) == run:
                del self._owner[uid]
        return uids
