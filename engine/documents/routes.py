"""To which run a document belongs: most of them say so only by naming another document."""

from __future__ import annotations

from headrace.engine.documents.pages import Document

__all__ = ["ASSETS", "RunRoutes"]

ASSETS = frozenset({"resource", "stream_resource", "datum"})
"""The kinds of documents that tell of files."""


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
        self._owner: dict[str, str] = {}  # uid of a descriptor -> open run
        self._users: dict[str, list[str]] = {}  # uid of a resource -> open runs; darks are announced anew in each run

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
        if name == "datum":
            return tuple(self._users.get(doc["resource"], ())) or self.runs
        run = self._run_of(name, doc)
        if run is None:
            return self.runs if name in ASSETS else ()
        if name in ("descriptor", "resource", "stream_resource"):
            self._lead(name, str(doc["uid"]), run)
        return (run,)

    def names_run(self, name: str, doc: Document) -> bool:
        """Tell whether an asset document says itself to which open run it belongs."""
        return doc["resource"] in self._users if name == "datum" else self._run_of(name, doc) is not None

    def _run_of(self, name: str, doc: Document) -> str | None:
        if name in ("descriptor", "stop", "resource", "stream_resource"):
            run = doc.get("run_start")
            return str(run) if run in self._runs else None
        return self._owner.get(doc["descriptor"]) if name in ("event", "stream_datum") else None

    def _lead(self, name: str, uid: str, run: str) -> None:
        """Remember that a document leads to a run; a descriptor that leads to a run goes on to do so."""
        if name == "descriptor":
            known = uid in self._owner
            self._owner.setdefault(uid, run)
        else:
            users = self._users.setdefault(uid, [])
            known = run in users
            users += [] if known else [run]
        if not known:
            self._runs[run].append(uid)

    def owner(self, uid: str) -> str | None:
        """Give the open run that a descriptor belongs to."""
        return self._owner.get(uid)

    def forget(self, run: str) -> list[str]:
        """Forget a run and every document that leads to it; gives the uids of these."""
        uids = self._runs.pop(run, [])
        for uid in uids:
            if self._owner.get(uid) == run:
                del self._owner[uid]
            users = self._users.get(uid, [])
            if run in users:
                users.remove(run)
            if not users:
                self._users.pop(uid, None)
        return uids
