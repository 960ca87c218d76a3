"""Counting what a job gives, by listening to the documents of its result runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Kept", "Tally"]

_DEAD_LETTERS = "dead_letters"


@dataclass(slots=True)
class Kept:
    """What one output of a result run holds.

    Attributes
    ----------
    events
        Values it got.
    rows
        Rows of its tables, summed; None if its values are no tables.
    shape
        Shape of its latest array; None if its values are no arrays.
    """

    events: int = 0
    rows: int | None = None
    shape: tuple[int, ...] | None = None

    @property
    def content(self) -> str:
        """What it holds in a few words."""
        if self.rows is not None:
            return "1 row" if self.rows == 1 else f"{self.rows} rows"
        return " × ".join(map(str, self.shape)) if self.shape else ""  # noqa: RUF001 - a real sign of multiplication


class Tally:
    """A destination that keeps counts and no data."""

    def __init__(self) -> None:
        self._streams: dict[str, tuple[str, str]] = {}
        self._kept: dict[str, dict[str, Kept]] = {}

    def __call__(self, name: str, doc: Mapping[str, Any]) -> None:
        """Take one document of a result run."""
        if name == "start":
            self._kept[doc["uid"]] = {output: Kept() for output in doc.get("headrace", {}).get("outputs", ())}
        elif name == "descriptor":
            self._streams[doc["uid"]] = (doc["run_start"], doc["name"])
        elif name == "event":
            run, output = self._streams[doc["descriptor"]]
            if output != _DEAD_LETTERS:
                _count(self._kept[run].setdefault(output, Kept()), output, doc["data"])

    def take(self, run: str) -> dict[str, Kept]:
        """Give the counts of a result run that has ended, by output, and forget it."""
        self._streams = {uid: place for uid, place in self._streams.items() if place[0] != run}
        return self._kept.pop(run, {})


def _count(kept: Kept, output: str, data: Mapping[str, Any]) -> None:
    kept.events += 1
    rows = data.get(f"{output}_count")
    if isinstance(rows, int) and output not in data:
        kept.rows = (kept.rows or 0) + rows
    elif getattr(data.get(output), "shape", ()):
        kept.shape = tuple(data[output].shape)
