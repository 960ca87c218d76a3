"""The receiver of a pipeline that turns every run's results into a result run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace.engine.documents.fan_out import FanOut
from headrace.engine.documents.result_run import ResultRun
from headrace.engine.model.records import Event, EventKey, RunContext
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Output, Plan
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.revision import Revision

__all__ = ["ResultWriter"]


class ResultWriter:
    """Gives each raw run a result run, and its documents to the sinks.

    It satisfies `headrace.engine.runtime.receiver.Receiver`.

    Parameters
    ----------
    fan_out
        Takes the documents.
    on_letter, on_end
        Called with each dead letter, and with the summary and the result run's uid when a run has ended.
    on_revision
        Called when a run is under another revision, with the run, the revision and its first event.
    """

    def __init__(
        self,
        fan_out: FanOut,
        on_letter: Callable[[DeadLetter], None],
        on_end: Callable[[RunSummary, str], None],
        on_revision: Callable[[RunContext, Revision, EventKey | None], None] = lambda run, revision, first: None,
    ) -> None:
        self._fan_out = fan_out
        self._on_letter = on_letter
        self._on_end = on_end
        self._on_revision = on_revision
        self._results: dict[str, ResultRun] = {}

    def uid_of(self, run: str) -> str | None:
        """Give the uid of the result run of a run under way; None if there is none."""
        result = self._results.get(run)
        return result.uid if result is not None else None

    def run_started(self, run: RunContext, plan: Plan, parameters: ParameterSet) -> None:
        """Begin a result run."""
        self._results[run.uid] = ResultRun(run, plan, parameters, self._fan_out.give)

    def value(self, run: RunContext, output: Output, event: Event | None, value: Any, parameters: ParameterSet) -> None:
        """Write a value."""
        self._results[run.uid].value(output, event, value, parameters)

    def revised(self, run: RunContext, revision: Revision, first: EventKey | None) -> None:
        """Pass on that a run is under another revision."""
        self._on_revision(run, revision, first)

    def dead_letter(self, run: RunContext, letter: DeadLetter) -> None:
        """Write a dead letter."""
        result = self._results[run.uid]
        result.dead_letter(letter)
        if letter.given is not None:
            letter.given.result = result.uid
        self._on_letter(letter)

    def run_ended(self, summary: RunSummary) -> None:
        """End the result run."""
        result = self._results.pop(summary.run.uid)
        result.end(summary)
        self._on_end(summary, result.uid)
