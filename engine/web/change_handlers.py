"""``/api/plan``, ``/api/set``, ``/api/undo``, ``/api/revisions``, ``/api/write-back``: changing a running graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest
from headrace.engine.model.graph import Graph
from headrace.engine.model.records import EventKey
from headrace.engine.web.handler import Handler, refused

if TYPE_CHECKING:
    from headrace.engine.jobs.changes import Changes
    from headrace.engine.jobs.job import Job
    from headrace.engine.runtime.revision import Revision

__all__ = ["ROUTES", "PlanHandler", "RevisionsHandler", "SetHandler", "UndoHandler", "WriteBackHandler"]


class _Changing(Handler):
    """What the handlers below have in common: which graph is meant, and what is wanted."""

    def job(self, name: object) -> Job:
        """Give the job whose graph is meant; the only one if none is named."""
        jobs = {job.graph.name: job for job in self.site.monitor.jobs}
        if name is None and len(jobs) == 1:
            return next(iter(jobs.values()))
        if isinstance(name, str) and name in jobs:
            return jobs[name]
        hint = nearest(str(name), jobs) if name is not None else ""
        problem = f"which graph? {hint or 'there are ' + ', '.join(jobs)}"
        raise refused(400, problem)

    def wanted(self, job: Job, given: Mapping[str, Any]) -> Mapping[str, Any] | Graph:
        """Give the change that a request asks for: parameters, or a whole graph as YAML text."""
        text, changes = given.get("yaml"), given.get("changes")
        if isinstance(text, str):
            return job.changes.read(text)
        if not isinstance(changes, dict) or not all(isinstance(key, str) for key in changes):
            raise refused(400, 'expected {"changes": {"node.parameter": value}} or {"yaml": "the graph as YAML"}')
        return changes

    def author(self, given: Mapping[str, Any]) -> str:
        """Give who asks, in a line."""
        return " ".join(str(given.get("author") or self.request.remote_ip).split())[:100]


def _event_key(text: object) -> EventKey | None:
    """Read an event: ``stream/number``, or ``run/stream/number``.

    Raises
    ------
    UsageError
        If it is something else.
    """
    if text is None:
        return None
    *before, number = str(text).split("/")
    if not number.isdecimal() or not 1 <= len(before) <= 2:
        problem = f"expected an event as STREAM/NUMBER or RUN/STREAM/NUMBER, such as primary/12, got {text!r}"
        raise UsageError(problem)
    return EventKey(before[0] if len(before) == 2 else "", before[-1], int(number))


class PlanHandler(_Changing):
    """What a change would do; nothing is changed."""

    async def post(self) -> None:
        """Answer with a `headrace.engine.runtime.change.Change`, and the same as text."""
        given = self.body()
        job = self.job(given.get("graph"))
        change = await self.aside(job.changes.plan, self.wanted(job, given))
        self.answer({**change.to_dict(), "text": str(change)})


class SetHandler(_Changing):
    """Changes parameters, nodes or edges between two events."""

    async def post(self) -> None:
        """Answer with the revision that was made."""
        given = self.body()
        job = self.job(given.get("graph"))
        wanted = self.wanted(job, given)
        before = job.changes.revisions[-1].number
        at, retro = _event_key(given.get("from_event")), bool(given.get("retro"))

        def make() -> Revision:
            return job.changes.set(wanted, author=self.author(given), at=at, retro=retro)

        revision = await self.aside(make)
        self.answer({**revision.to_dict(), "new": revision.number != before})


class UndoHandler(_Changing):
    """Takes the last change back."""

    async def post(self) -> None:
        """Answer with the revision that is in force then."""
        given = self.body()
        job = self.job(given.get("graph"))

        def undo() -> Revision:
            return job.changes.undo(author=self.author(given), retro=bool(given.get("retro")))

        revision = await self.aside(undo)
        self.answer(revision.to_dict())


class RevisionsHandler(_Changing):
    """The revisions of a graph, and what is computed again."""

    def get(self) -> None:
        """Answer with all of them, in order."""
        job = self.job(self.get_query_argument("graph", None))
        self.answer(described(job.changes))


class WriteBackHandler(_Changing):
    """Writes parameters as they are now into the graph's file."""

    async def post(self) -> None:
        """Answer with the file and the lines that changed."""
        given = self.body()
        job = self.job(given.get("graph"))
        keys = given.get("keys") or []
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise refused(400, 'expected {"keys": ["node.parameter"]}')
        written = await self.aside(job.changes.write_back, keys)
        self.answer({"file": str(written.file), "difference": written.difference})


def described(changes: Changes) -> dict[str, Any]:
    """Give the revisions as plain data: all that were made, which is in force, which wait, what is computed again."""
    current, waiting = changes.in_force
    return {
        "current": current.number,
        "waiting": [{"revision": revision.number, "event": str(key)} for revision, key in waiting],
        "revisions": [revision.to_dict() for revision in changes.revisions],
        "again": [
            {"run": again.run, "revision": again.revision.number, "done": again.done, "state": again.state}
            for again in changes.again
        ],
    }


ROUTES = [
    (r"/api/plan", PlanHandler),
    (r"/api/set", SetHandler),
    (r"/api/undo", UndoHandler),
    (r"/api/revisions", RevisionsHandler),
    (r"/api/write-back", WriteBackHandler),
]
