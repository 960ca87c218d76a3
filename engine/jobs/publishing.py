"""Stored runs on the wire, as if they came from the beamline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from uuid import uuid4

from headrace.engine.documents.edits import Edits
from headrace.engine.documents.fresh_uids import FreshUids
from headrace.engine.documents.original import original_documents
from headrace.engine.jobs.pace import Pace, read_rate
from headrace.engine.jobs.progress import announced
from headrace.engine.jobs.sources import Readable, stored_runs
from headrace.engine.model.errors import NotReachableError

if TYPE_CHECKING:
    from headrace.engine.documents.publish import DocumentPublisher
    from headrace.engine.documents.wire_address import Format

__all__ = ["Published", "Publishing", "Watcher", "await_listener", "publish"]

_Pair: TypeAlias = tuple[str, Mapping[str, Any]]


@dataclass(slots=True)
class Published:
    """What was published.

    Attributes
    ----------
    runs
        Unique ids of the runs, as they were published.
    documents
        How many documents there were.
    unheard
        How many of them nobody had asked for.
    unmatched
        Edits that fitted no document.
    interrupted
        Whether it was ended before all was published.
    """

    runs: list[str] = field(default_factory=list)
    documents: int = 0
    unheard: int = 0
    unmatched: list[str] = field(default_factory=list)
    interrupted: bool = False


class Watcher(Protocol):
    """Is told how publishing goes."""

    def run_started(self, start: Mapping[str, Any], total: int | None) -> None:
        """Take note of a run, and of how many events it has, if that is known."""

    def event(self, done: int) -> None:
        """Take note of how many events of it were published."""

    def run_ended(self) -> None:
        """Take note of its end."""


class Publishing:
    """Publishes stored runs, one after the other.

    Parameters
    ----------
    publisher
        Takes the documents.
    rate
        How much faster than they were taken; infinity for as fast as it goes.
    edits
        ``{"start.sample.name": "rod"}``: values to set in the documents; see `Edits`.
    new_uids
        Whether the documents get new uids.

    Notes
    -----
    One thread publishes. `stop` may be called from any thread, and in a signal handler.
    """

    def __init__(
        self,
        publisher: Callable[[str, Mapping[str, Any]], None],
        *,
        rate: float = 1.0,
        edits: Mapping[str, Any] | None = None,
        new_uids: bool = False,
    ) -> None:
        self._publish = publisher
        self._rate = rate
        self._edits = Edits(edits or {})
        self._fresh = FreshUids() if new_uids else None
        self._stopping = threading.Event()
        self.done = Published()

    def stop(self) -> None:
        """End it after the document that is being sent; a run under way gets a stop document that says so."""
        self._stopping.set()

    def run(self, runs: list[Any], watcher: Watcher | None = None) -> Published:
        """Publish runs, and tell what became of it.

        Raises
        ------
        NotReachableError
            If the proxy takes no more documents, or the arrays of a run are missing.
        DocumentError
            If a run can't be read.
        """
        for run in runs:
            if self._stopping.is_set():
                break
            self._publish_run(run, watcher)
        self.done.unmatched = self._edits.unmatched
        self.done.interrupted = self._stopping.is_set()
        return self.done

    def _publish_run(self, run: Any, watcher: Watcher | None) -> None:
        events, pace = 0, Pace(self._rate, self._stopping)
        uid, ended = "", False
        for kind, doc in self._changed(original_documents(run)):
            if not pace.wait(doc):
                break
            self._publish(kind, doc)
            self.done.documents += 1
            if kind == "start":
                uid = str(doc["uid"])
                self.done.runs.append(uid)
                if watcher:
                    watcher.run_started(doc, _events_of(run))
            elif kind == "event":
                events += 1
                if watcher:
                    watcher.event(events)
            ended = kind == "stop"
        if uid and not ended and self._stopping.is_set():
            self._publish("stop", _broken_off(uid))
            self.done.documents += 1
        if watcher:
            watcher.run_ended()

    def _changed(self, documents: Iterator[_Pair]) -> Iterator[_Pair]:
        for kind, doc in documents:
            edited = self._edits(kind, doc)
            yield kind, (edited if self._fresh is None else self._fresh(kind, edited))


def publish(
    source: Readable,
    to: str,
    *,
    prefix: str | None = None,
    format: Format | None = None,  # noqa: A002 - it is the word of the command line too
    rate: str | float = "real",
    edits: Mapping[str, Any] | None = None,
    new_uids: bool = False,
    wait: float = 10.0,
) -> Published:
    """Publish stored runs on 0MQ as if they came from the beamline, oldest first.

    Events come in the order in which they were stored, streams mixed as they were, with the time between them. Arrays
    that headrace's store has taken out of the events are put back.

    Parameters
    ----------
    source
        A folder store, a run in it, a document file; a run or result that was opened; documents.
    to
        ``zmq://host:port/prefix``, the in-port of a proxy; with ``?bind`` an address to which listeners come.
    prefix, format
        The prefix, and the format (``msgpack``, ``pickle`` or ``raw``), in place of those in the address.
    rate
        ``"real"``, ``"max"`` for as fast as it goes, or how many times as fast as it was: ``10`` or ``"10x"``.
    edits
        ``{"start.sc_dk_field_uid": uid}``: values to set in start, descriptor, event, stop and other documents.
    new_uids
        Whether runs and their documents get new uids, mentions of each other included.
    wait
        Seconds for which somebody who listens is waited for; 0 to publish even if nobody does.

    Returns
    -------
    :
        How much was published, and which edits fitted nothing.

    Raises
    ------
    UsageError
        If an address, the rate or an edit makes no sense.
    NotReachableError
        If there is nothing at the source, no proxy, or nobody who listens.

    Examples
    --------
    Repeat the newest run ten times as fast::

        headrace.publish("data/-1", "zmq://127.0.0.1:5577/raw", rate=10, new_uids=True)
    """
    from headrace.engine.documents.publish import DocumentPublisher

    runs, factor = stored_runs(source), read_rate(rate)
    Edits(edits or {})  # refuse what makes no sense before anything is opened
    with DocumentPublisher(to, prefix, format) as publisher:
        await_listener(publisher, wait)
        done = Publishing(publisher, rate=factor, edits=edits, new_uids=new_uids).run(runs)
        done.unheard = publisher.unheard
    return done


def await_listener(publisher: DocumentPublisher, seconds: float) -> None:
    """Wait until somebody listens to what will be published.

    Raises
    ------
    NotReachableError
        If nobody does in time. A wait of 0 is none.
    """
    if seconds and not publisher.wait_heard(seconds):
        text = (
            f"{publisher.address}: nobody listens there within {seconds:g} s. Start first what listens (headrace run "
            f"or record, with this prefix), or wait longer; with a wait of 0 it is published all the same"
        )
        raise NotReachableError(text)


def _events_of(run: Any) -> int | None:
    """Give how many events a run has, if its stop or start document says so."""
    counts = (getattr(run, "stop", None) or {}).get("num_events")
    return sum(counts.values()) if isinstance(counts, Mapping) else announced(run.start)


def _broken_off(uid: str) -> dict[str, Any]:
    reason = "publishing was interrupted"
    return {"uid": str(uuid4()), "run_start": uid, "time": time.time(), "exit_status": "abort", "reason": reason}
