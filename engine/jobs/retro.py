"""Recomputing what came before a change, in the background, until it has caught up with what is live."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import replace

from headrace.engine.documents.assembler import Record
from headrace.engine.model.records import Event, EventKey, RunContext, RunEnd
from headrace.engine.runtime.pipeline import Pipeline
from headrace.engine.runtime.revision import Revision

__all__ = ["Retro"]

_log = logging.getLogger(__name__)
_GENTLER = 10  # how much lower its thread's priority is, where the system has one for threads
_PAUSE = 0.02  # seconds until it is looked again for more


class Retro:
    """One run, computed again from its beginning under the revision in force.

    A thread of its own works through the run's records with a pipeline of its own and a result run of its own, which
    says which it supersedes. When it is at the same event as the live pipeline, between two events, the live one
    goes on with its state, and the former result ends. What was changed in the live run after this began is changed
    here at the same event.

    Parameters
    ----------
    live
        The pipeline that works on the run.
    run
        Uid of the run.
    revision
        The revision to compute it under.
    records
        The run's records from its beginning; None where more is to come but is not there yet.
    again
        The pipeline to compute with; it begins with the revision.
    supersedes
        Uid of the result run that is superseded.
    share
        The part of a processor that it takes at most.

    Attributes
    ----------
    done
        Events computed again so far.
    state
        ``catching up``, ``took over``, ``failed`` or ``stopped``.
    """

    def __init__(
        self,
        live: Pipeline,
        run: str,
        revision: Revision,
        records: Iterable[Record | None],
        again: Pipeline,
        *,
        supersedes: str,
        share: float = 0.5,
    ) -> None:
        self.run = run
        self.revision = revision
        self.done = 0
        self.state = "catching up"
        self._live = live
        self._again = again
        self._records = records
        self._supersedes = supersedes
        self._share = share
        self._stopping = False
        self._later: list[tuple[Revision, EventKey | None]] = []
        self._thread = threading.Thread(target=self._work, name=f"again: run {run[:8]}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def follow(self, revision: Revision, first: EventKey | None) -> None:
        """Take note that the live run is under another revision from an event on."""
        self._later.append((revision, first))

    def stop(self) -> None:
        """Give it up; the live result stays as it is."""
        self._stopping = True
        self.join()

    def join(self) -> None:
        """Wait until it has taken over, or has ended otherwise."""
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self) -> None:
        _lower_priority()
        try:
            self.state = "took over" if self._catch_up() else "stopped"
        except Exception:
            self.state = "failed"
            _log.exception("run %s could not be computed again; the live result goes on", self.run)
        finally:
            self._give_up()

    def _give_up(self) -> None:
        """End the result that has not taken over, if there is one."""
        reason = f"computing it again under revision {self.revision.number} was given up; {self._supersedes} holds"
        self._again.feed(RunEnd(self.run, None, reason=reason))

    def _catch_up(self) -> bool:
        """Work through the records until the run is handed over, or has ended here too."""
        for record in self._records:
            if self._stopping:
                return False
            if record is None:
                time.sleep(_PAUSE)
            elif self._take(record):
                return True
        return False

    def _take(self, record: Record) -> bool:
        """Work on one record; tell whether the run is done with here."""
        began = time.perf_counter()
        if isinstance(record, RunContext):
            about = {**record.about, "supersedes": self._supersedes, "because": f"revision {self.revision.number}"}
            record = replace(record, about=about)
        else:
            self._catch_up_with_changes(record.key if isinstance(record, Event) else None)
        self._again.feed(record)
        if isinstance(record, RunEnd):
            return True
        self.done += isinstance(record, Event)
        because = f"superseded: computed again from its beginning under revision {self.revision.number}"
        if self._again.hand_over(self.run, self._live, because):
            _log.info("run %s: the result computed again under revision %d took over", self.run, self.revision.number)
            return True
        time.sleep((time.perf_counter() - began) * (1 - self._share) / self._share)
        return False

    def _catch_up_with_changes(self, key: EventKey | None) -> None:
        """Make the changes that the live run had at this event after this began."""
        for revision, first in self._later:
            if revision.number > self._again.revisions.current.number and first == key:
                self._again.revisions.current = revision


def _lower_priority() -> None:
    """Make the system prefer other threads, where it knows priorities of threads."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GENTLER)
    except (AttributeError, OSError):
        _log.debug("the priority of this thread can't be lowered")
