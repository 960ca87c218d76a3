"""What a run tells whoever keeps its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from headrace.engine.model.records import Event, RunContext
from headrace.engine.runtime.plan import Step

__all__ = ["Recording", "Watching"]


class Watching(Protocol):
    """Looks at values while they are in their slots."""

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        """Look at them; gives `Absent.UNCHANGED`."""


class Recording(Protocol):
    """Keeps the values of a run; see `headrace.engine.runtime.reuse_record.Recorder`."""

    def context(self, node: str) -> RunContext:
        """Give the run as a node sees it."""

    def watchers(self, step: Step, *, in_event: bool) -> Sequence[Watching]:
        """Give what looks at the values that a step gives."""

    def failed(self, node: str) -> None:
        """Take note of a failure."""

    def begun(self) -> None:
        """Take note that the run has begun."""

    def event_done(self, event: Event) -> None:
        """Take note that an event has been worked off."""

    def abandon(self) -> None:
        """Keep nothing more: an event was broken off."""

    def ended(self) -> None:
        """Take note that the run has ended."""
