"""What the intake keeps of a run that is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headrace.engine.jobs.job import Job
    from headrace.engine.model.records import RunContext

__all__ = ["OpenRun"]


@dataclass(slots=True)
class OpenRun:
    """A run that is under way.

    Attributes
    ----------
    context
        Its beginning.
    takers
        The jobs that work on it.
    wanted
        Whether there were any when it began.
    outages
        How often the connection had been lost when it began.
    follower
        Unique id of the first run that began after its last record; empty if none did.
    told
        Whether it was said that it seems to be left.
    """

    context: RunContext
    takers: list[Job]
    wanted: bool = True
    outages: int = 0
    follower: str = ""
    told: bool = False

    @property
    def uid(self) -> str:
        """Unique id of the run."""
        return self.context.uid

    def graphs(self) -> list[str]:
        """Give the names of the graphs that work on it."""
        return [job.graph.name for job in list(self.takers)]

    def followed(self) -> str:
        """Say which run began after its last document, as a run does whose acquisition was broken off."""
        return f", and run {self.follower} began since" if self.follower else ""
