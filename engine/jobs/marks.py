"""What one graph has made of which runs, kept in a journal, so that it goes on there after a crash."""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.documents.store_folder import DOCUMENTS, part_folder, run_folder
from headrace.engine.model.records import ResultName, RunContext

if TYPE_CHECKING:
    from headrace.engine.documents.journal import Journal
    from headrace.engine.jobs.destinations import Destinations
    from headrace.engine.jobs.progress import Finished

__all__ = ["ENDED_HERE", "Marks"]

_log = logging.getLogger(__name__)

ENDED_HERE = "the service was ended"
"""Why a run ends that was under way when the service was told to end."""

_SPACE = uuid.UUID("2f3a5c0e-6d0b-5f4e-9a1f-6b6f75726e61")


class Marks:
    """The notes of one graph in a journal: results that were begun, and results that are finished.

    Notes have the kind ``result`` (begun: its uid, time, graph with digest, folder) and ``finished`` (its uid,
    which destinations have it whole, which failed, whether it was broken off because the service ended).

    Parameters
    ----------
    journal
        The journal.
    graph, digest
        Name and digest of the graph.
    destinations
        Where its results go.

    Attributes
    ----------
    digest
        Digest of the graph.
    ending
        Whether the service has ended: runs that end now are broken off.
    """

    def __init__(self, journal: Journal, graph: str, digest: str, destinations: Destinations) -> None:
        self.ending = False
        self._journal = journal
        self._graph = graph
        self.digest = digest
        self._destinations = destinations

    def done(self, run: str) -> bool:
        """Tell whether the result of a run is finished, and in every destination that is still asked for."""
        finished = self._notes(run, "finished")
        if not finished:
            return self._is_stored(run)
        last = finished[-1]
        return not last["broken_off"] and not set(last["failed"]) & set(self._destinations.labels())

    def _is_stored(self, run: str) -> bool:
        """Tell whether all destinations are stores that have the result: we were killed before we noted it."""
        begun = self._notes(run, "result")
        labels, stores = self._destinations.labels(), self._destinations.stores()
        if not begun or not labels or len(stores) < len(labels):
            return False
        uid = begun[-1]["result"]
        return all(run_folder(store, uid).exists() for store in stores.values())

    def result_of(self, run: str) -> str:
        """Give the unique id of the result of a run that was finished last; empty if there is none."""
        finished = self._notes(run, "finished")
        return str(finished[-1]["result"]) if finished else ""

    def named(self, run: RunContext, folder: Callable[[], Path | None]) -> RunContext:
        """Give a run the name and folder that its result has, or had before a crash.

        Parameters
        ----------
        run
            The run. One that is analysed again in place of another result gets another name.
        folder
            Gives a new folder for the files of nodes.
        """
        if "repaired_from" in run.about:
            return self._repairing(run, folder())
        if "supersedes" in run.about:
            return replace(run, folder=folder())
        begun = self._notes(run.uid, "result")
        over = {note["result"] for note in self._notes(run.uid, "finished") if note["broken_off"]}
        last = begun[-1] if begun else None
        if last is not None and last["result"] not in over:
            self._remove_half(last)
            if last["digest"] == self.digest:
                return self._again(run, last)
            last = None
        return self._anew(run, len(begun), folder(), "" if last is None else str(last["result"]))

    def _repairing(self, run: RunContext, folder: Path | None) -> RunContext:
        """Begin a result that is made from a store; what is left of an earlier attempt is removed."""
        whole = {note["result"] for note in self._notes(run.uid, "finished")}
        for left in self._notes(run.uid, "repairing"):
            if left["result"] not in whole:
                self._remove_half(left)
        name = ResultName(str(uuid.uuid4()), time.time())
        about = {"result": name.uid, "folder": str(folder or "")}
        self._journal.note("repairing", {"run": run.uid, "graph": self._graph, **about})
        return replace(run, result=name, folder=folder)

    def _anew(self, run: RunContext, number: int, folder: Path | None, supersedes: str) -> RunContext:
        """Begin a result, perhaps in place of one that was broken off."""
        name = ResultName(self._uid(run.uid, number), time.time())
        about = {"result": name.uid, "time": name.time, "digest": self.digest, "folder": str(folder or "")}
        self._journal.note("result", {"run": run.uid, "graph": self._graph, **about})
        instead = {"supersedes": supersedes} if supersedes else {}
        return replace(run, result=name, folder=folder, about={**run.about, **instead})

    def _again(self, run: RunContext, begun: Mapping[str, Any]) -> RunContext:
        """Go on with a result that was begun before, where it is not whole already."""
        uid = str(begun["result"])
        about = {"run": run.uid, "graph": self._graph}
        _log.warning("run %s was under way with graph %r and goes on, as result %s", *about.values(), uid, extra=about)
        finished = [note for note in self._notes(run.uid, "finished") if note["result"] == uid]
        self._destinations.leave_out(uid, [label for note in finished for label in note["kept"]])
        folder = Path(begun["folder"]) if begun["folder"] else None
        return replace(run, result=ResultName(uid, float(begun["time"])), folder=folder)

    def _remove_half(self, begun: Mapping[str, Any]) -> None:
        """Remove what a process that was killed left of a result: it is made anew."""
        files = Path(begun["folder"] or ".")
        for store in self._destinations.stores().values():
            _remove_part(store, str(begun["result"]))
            if files.parent == store / "files":
                shutil.rmtree(files, ignore_errors=True)

    def _uid(self, run: str, number: int) -> str:
        """Make the uid of a result: of run, graph and the start of the service under which the run began."""
        at = self._journal.start_of(run)
        services = [note.data["service"] for note in self._journal.notes() if at and note.segment == at.segment]
        parts = (run, self._graph, self.digest, str(next(iter(services), "")), str(number))
        return str(uuid.uuid5(_SPACE, "\0".join(parts)))

    def ended(self, one: Finished) -> None:
        """Note that a result is finished, or was broken off; nothing of one that did not come to supersede another."""
        about_run, anew = one.summary.run.about, one.summary.run.result is None
        if one.summary.end.stop is None and ("repaired_from" in about_run or ("supersedes" in about_run and anew)):
            return
        kept, failed = self._destinations.outcome(one.uid)
        end = one.summary.end
        stopped = end.stop is None and (self.ending or end.reason == ENDED_HERE)
        about = {"result": one.uid, "kept": kept, "failed": failed, "verdict": list(one.summary.verdict)}
        broken_off = stopped or bool(one.summary.superseded)
        whole = {"run": one.summary.run.uid, "graph": self._graph, **about, "broken_off": broken_off}
        self._journal.note("finished", whole)

    def _notes(self, run: str, kind: str) -> list[Mapping[str, Any]]:
        notes: Iterable[Any] = self._journal.notes(run)
        return [note.data for note in notes if note.kind == kind and note.data["graph"] == self._graph]


def _remove_part(store: Path, uid: str) -> None:
    """Remove what a writer that was killed left of a result run, unless another one is at it."""
    part = part_folder(store, uid)
    try:
        with (part / DOCUMENTS).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        pass
    except OSError as error:
        _log.warning("%s is left as it is: %s", part, error.strerror)
        return
    shutil.rmtree(part, ignore_errors=True)
