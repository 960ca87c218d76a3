"""Graphs at work on what a beamline publishes, for as long as wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from headrace.engine.documents.recent_runs import is_dark
from headrace.engine.jobs.intake import Intake, is_dark_or_ours

if TYPE_CHECKING:
    from headrace.engine.documents.live import LiveSource
    from headrace.engine.jobs.job import Job
    from headrace.engine.jobs.progress import Finished

__all__ = ["PROXY_WITHIN", "Service"]

PROXY_WITHIN = 10.0
"""Seconds within which the proxy must be there when a service starts; later it may come and go."""


class Service:
    """Jobs on one live source.

    Parameters
    ----------
    jobs
        One or more jobs; each run goes to those that want it.
    address
        ``zmq://host:port/prefix``, the out-port of a bluesky proxy; several prefixes have commas between them.

    Raises
    ------
    UsageError
        If the address makes no sense.
    """

    def __init__(self, jobs: Sequence[Job], address: str) -> None:
        from headrace.engine.documents.live import LiveSource

        self.jobs = list(jobs)
        self.address = address
        self.source: LiveSource = LiveSource(address, connected_within=PROXY_WITHIN)
        # Without a prefix everything on the proxy is heard, our own results too if they go there: not those again.
        heard_all = not self.source.address.prefixes
        self.intake = Intake(self.jobs, is_dark_or_ours if heard_all else is_dark)

    def run(self, runs: int | None = None, ready: Callable[[], None] = lambda: None) -> list[Finished]:
        """Work until stopped.

        Parameters
        ----------
        runs
            End after so many analysed runs; None to go on until `stop`.
        ready
            Called once it listens.

        Returns
        -------
        What became of each run.

        Raises
        ------
        NotReachableError
            If the host can't be found, or no proxy is there.
        """
        before = self._ended()
        with self.source:
            ready()
            for name, doc in self.source:
                self.intake.take(name, doc)
                if runs is not None and self._ended() - before >= runs:
                    break
            self.intake.finish()
        return [finished for job in self.jobs for finished in job.finished][before:]

    def _ended(self) -> int:
        return sum(len(job.finished) for job in self.jobs)

    def stop(self) -> None:
        """End it: what has come in is worked off, open runs are ended. Safe in a signal handler."""
        self.source.stop()
