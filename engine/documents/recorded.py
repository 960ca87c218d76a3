"""What is known of one run that is being recorded: how much came, and how it ended."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from headrace.engine.documents.arrays import plain_json
from headrace.engine.documents.pages import Document

__all__ = ["RunRecord", "storable_stop"]

_NO_STOP = "no stop document came while headrace recorded this run"


class RunRecord:
    """Takes note of the documents of one run.

    Parameters
    ----------
    uid
        Unique id of the run.
    folder
        Where it is stored.

    Attributes
    ----------
    events
        Stream to how many events came, or rows of files.
    exit_status
        How the run ended, by its stop document.
    whole
        Whether it got a stop document.
    missing
        Stream to how many of the events that its stop document counts did not come.

    Examples
    --------
    >>> run = RunRecord("5c1f", Path("store/5c1f"))
    >>> run.take("descriptor", {"uid": "d", "name": "primary"})
    >>> run.take("event", {"descriptor": "d", "seq_num": 1})
    >>> run.take("stop", {"exit_status": "success", "num_events": {"primary": 3}})
    >>> run.missing
    {'primary': 2}
    """

    def __init__(self, uid: str, folder: Path) -> None:
        self.uid = uid
        self.folder = folder
        self.events: Counter[str] = Counter()
        self.exit_status = ""
        self.whole = True
        self.missing: dict[str, int] = {}
        self._streams: dict[str, str] = {}  # uid of a descriptor -> its stream
        self._rows: Counter[str] = Counter()
        self._time = 0.0

    def take(self, kind: str, doc: Document) -> None:
        """Take note of a document of this run."""
        when = doc.get("time")
        if isinstance(when, int | float):
            self._time = max(self._time, float(when))
        if kind == "descriptor":
            self._streams[doc["uid"]] = str(doc.get("name", "primary"))
        elif kind == "event":
            self.events[self._stream(doc)] += 1
        elif kind == "stream_datum":
            stream = self._stream(doc)
            self._rows[stream] = max(self._rows[stream], int(doc["seq_nums"]["stop"]) - 1)
        elif kind == "stop":
            self._end(doc)

    def missing_stop(self) -> dict[str, Any]:
        """Give a stop document in place of the one that never came; it says what it is."""
        self.whole = False
        return {
            "uid": str(uuid4()),
            "run_start": self.uid,
            "time": self._time or time.time(),
            "exit_status": "abort",
            "reason": _NO_STOP,
            "num_events": dict(self._come()),
        }

    def _stream(self, doc: Document) -> str:
        return self._streams.get(doc["descriptor"], "primary")

    def _come(self) -> Counter[str]:
        return self.events | self._rows  # of a scan on the fly there are only rows

    def _end(self, stop: Document) -> None:
        self.exit_status = str(stop.get("exit_status", ""))
        counts = stop.get("num_events")
        come = self._come()
        if isinstance(counts, Mapping):
            known = {str(name): count for name, count in counts.items() if isinstance(count, int)}
            self.missing = {name: count - come[name] for name, count in known.items() if count > come[name]}
        self.events = come


def storable_stop(stop: Document) -> Document:
    """Give a stop document that can be written: itself, or what is needed of it. A run is never lost by its stop."""
    try:
        json.dumps(stop, default=plain_json)
    except (TypeError, ValueError, RecursionError):
        needed = {"uid": str, "run_start": str, "time": int | float, "exit_status": str, "reason": str}
        return {key: stop[key] for key, kind in needed.items() if isinstance(stop.get(key), kind)}
    return stop
