"""Handing documents to several sinks, so that one that fails stops neither the others nor the run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["DocumentSink", "FanOut"]

_log = logging.getLogger(__name__)


class DocumentSink(Protocol):
    """Takes documents, as bluesky's callbacks do."""

    def __call__(self, name: str, doc: Mapping[str, Any], /) -> Any:
        """Take one document."""


class FanOut:
    """Gives every document to every sink.

    A sink that raises gets no more documents of that run (half a run is worse than none), and is tried again with
    the next run. What it raised is logged and kept in ``problems``.

    Parameters
    ----------
    sinks
        Label of a sink, for messages, and the sink.

    Attributes
    ----------
    problems
        Run uid, and number of a sink, to what went wrong.
    """

    def __init__(self, sinks: Sequence[tuple[str, DocumentSink]]) -> None:
        self.sinks = list(sinks)
        self.problems: dict[tuple[str, int], str] = {}
        self._left_out: set[tuple[str, int]] = set()

    def give(self, run: str, name: str, doc: Mapping[str, Any]) -> None:
        """Give one document of a result run to the sinks."""
        for number, (label, sink) in enumerate(self.sinks):
            if (run, number) in self.problems or (run, number) in self._left_out:
                continue
            try:
                sink(name, doc)
            except Exception as error:
                self.problems[run, number] = f"{label}: {type(error).__name__}: {error}"
                _log.exception("%s failed on %s; it gets no more of result run %s", label, name, run)

    def leave_out(self, run: str, number: int) -> None:
        """Give a sink nothing of a run: it has that already."""
        self._left_out.add((run, number))

    def problems_of(self, run: str) -> dict[int, str]:
        """Give what went wrong in one run, by the number of the sink."""
        return {number: text for (uid, number), text in self.problems.items() if uid == run}
