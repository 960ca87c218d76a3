"""What a run is made of once its documents are read: its beginning, its events, its end.

The bluesky boundary turns documents into these records and the runtime turns these records into
values. Both sides know only this file of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

__all__ = ["DEAD_LETTERS", "Event", "EventKey", "RecordedRun", "Reference", "ResultName", "RunContext", "RunEnd"]

DEAD_LETTERS = "dead_letters"
"""The stream of a result run that lists failed events; no result can have this name."""


class EventKey(NamedTuple):
    """The identity of an event, by which values are aligned.

    Examples
    --------
    >>> print(EventKey("5c1f0a2e-9d1c", "primary", 12))
    5c1f0a2e/primary/12
    """

    run: str
    """Unique id of the run (the ``uid`` of its start document)."""
    stream: str
    """Name of the event stream, such as ``primary`` or ``dark``."""
    seq_num: int
    """Number of the event in its stream, counted from 1."""

    def __str__(self) -> str:
        return f"{self.run[:8]}/{self.stream}/{self.seq_num}"


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One event of a stream, its external data read only when asked for.

    Attributes
    ----------
    key
        Identity of the event.
    time
        Seconds since 1970 at which the event was recorded, from the document.
    data
        Field name to value. Reading a field that is stored in a file opens that file then, not before.
    descriptor
        The descriptor document of the event's stream.
    uid
        Unique id of the event document; empty where there is none (a fly scan).
    """

    key: EventKey
    time: float
    data: Mapping[str, Any]
    descriptor: Mapping[str, Any] = field(default_factory=dict)
    uid: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RunEnd:
    """The end of a run.

    Attributes
    ----------
    run
        Unique id of the run.
    stop
        The stop document; None if it never came.
    lost
        Stream name to the number of events that were announced or numbered but never reached us.
    repeated
        Stream name to the number of events that came again under a number that had been: a plan that was paused and
        took a point anew, or a message sent twice. The first one counts.
    dropped
        Stream name to the number of events that came, and were given up before any work because too much waited.
    notes
        What was odd about the run's documents, and how often.
    reason
        Why it was ended although no stop document came; empty if nothing more is known.
    """

    run: str
    stop: Mapping[str, Any] | None
    lost: Mapping[str, int] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    @property
    def complete(self) -> bool:
        """Whether every event, and the stop document, came and was worked on."""
        return self.stop is not None and not any(self.lost.values()) and not any(self.dropped.values())


class RecordedRun(Protocol):
    """A whole run that can be read, in order, as often as wanted."""

    @property
    def start(self) -> Mapping[str, Any]:
        """The start document."""

    def events(self, stream: str) -> Iterator[Event]:
        """Give the events of one stream, in the order of ``seq_num``."""


class Reference(NamedTuple):
    """Another run that a node reads for a run.

    Examples
    --------
    >>> print(Reference("5c1f0a2e-9d1c", "dark", 60.0))
    dark run 5c1f0a2e
    """

    uid: str
    """Unique id of the other run."""
    noun: str
    """What it is to the node, for messages: dark, background."""
    wait: float = 0.0
    """Live: seconds from the start of the run, in the time of its events, that these wait for the other run."""

    def __str__(self) -> str:
        return f"{self.noun} run {self.uid[:8]}"


def _no_other_runs(uid: str) -> RecordedRun | None:
    """Find nothing: the answer where no store is known."""
    return None


class ResultName(NamedTuple):
    """What a result run is called, where that is settled beforehand."""

    uid: str
    """Its unique id. The uids of its other documents follow from it."""
    time: float
    """Seconds since 1970 at which it began."""


@dataclass(frozen=True, slots=True, eq=False)
class RunContext:
    """The beginning of a run: what is known before its first event.

    Attributes
    ----------
    start
        The start document.
    find_run
        Looks another run up by its unique id (a dark run, say); gives None if it is not known.
    folder
        Where nodes that write files of their own (pictures, exports) put those of this run; None if nobody said.
    about
        What more is to be said of the result, under ``headrace`` in its start document: which one it supersedes, say.
    origin
        Where the run is stored; empty if it is not.
    seal
        What tells the run's files from others that were there under the same name before; empty as long as they are
        the same.
    result
        What its result run is called; None to give it a name when it begins.
    """

    start: Mapping[str, Any]
    find_run: Callable[[str], RecordedRun | None] = _no_other_runs
    folder: Path | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    seal: str = ""
    result: ResultName | None = None

    @property
    def uid(self) -> str:
        """Unique id of the run."""
        return str(self.start["uid"])
