"""Revisions in a journal: a run that goes on after a crash is under the same ones, from the same events on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from headrace.engine.model.errors import HeadraceError
from headrace.engine.model.records import EventKey, RunContext
from headrace.engine.runtime.revisions import end_of

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal
    from headrace.engine.jobs.changes import Changes
    from headrace.engine.runtime.revision import Revision

__all__ = ["RevisionNotes"]

_log = logging.getLogger(__name__)

_KIND = "revision"
_START, _END = "start", "end"


class RevisionNotes:
    """The notes of one graph's revisions in a journal.

    A note has the kind ``revision``, and says of a run under which revision it was from which event on: number,
    time, author, changes, and the whole graph.

    Parameters
    ----------
    journal
        The journal.
    changes
        The graph's changes.
    graph, digest
        Name of the graph, and digest of it as the service began with it; notes of another one are not taken up.
    """

    def __init__(self, journal: Journal, changes: Changes, graph: str, digest: str) -> None:
        self._journal = journal
        self._changes = changes
        self._graph = graph
        self._digest = digest

    def began(self, run: RunContext) -> None:
        """Note the revision that a run began under, unless it is that which the service began with."""
        revision, _ = self._changes.in_force
        if revision.number > 1:
            self._note(run.uid, revision, _START)

    def revised(self, run: RunContext, revision: Revision, first: EventKey | None) -> None:
        """Note that a run is under another revision from an event on."""
        self._note(run.uid, revision, [first.stream, first.seq_num] if first else _END)

    def _note(self, run: str, revision: Revision, first: Any) -> None:
        about = {"run": run, "graph": self._graph, "digest": self._digest, "first": first}
        whole = revision.plan.graph.to_dict()
        # As text: a key of a change has a dot, and a graph may hold what a note can't.
        self._journal.note(_KIND, {**about, **_told(revision), "whole": json.dumps(whole, default=str)})

    def take_up(self, runs: Iterable[str]) -> None:
        """Make the changes again that runs had which go on now: each from the event on where it was made first."""
        notes = [note for run in runs for note in self._journal.notes(run) if note.kind == _KIND]
        seen: set[int] = set()
        for data in (note.data for note in sorted(notes, key=lambda note: note.time)):
            ours = data["graph"] == self._graph and data["digest"] == self._digest
            if ours and data["number"] not in seen:
                seen.add(data["number"])
                self._again(data)

    def _again(self, note: Mapping[str, Any]) -> None:
        try:
            self._changes.repeat(
                str(note["whole"]),
                at=_event(str(note["run"]), note["first"]),
                number=int(note["number"]),
                time=float(note["time"]),
                author=str(note["author"]),
            )
        except HeadraceError as error:
            _log.error("revision %s can't be made again, the graph goes on without it: %s", note["number"], error)
        else:
            _log.warning("revision %s of graph %r, by %s, is made again", note["number"], self._graph, note["author"])


def _told(revision: Revision) -> dict[str, Any]:
    return {"number": revision.number, "time": revision.time, "author": revision.author}


def _event(run: str, first: Any) -> EventKey | None:
    if first == _START:
        return None
    return end_of(run) if first == _END else EventKey(run, str(first[0]), int(first[1]))
