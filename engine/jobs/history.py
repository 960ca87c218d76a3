"""A run under way, read again from its beginning: out of the journal, as far as the job has worked on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from headrace.engine.documents.assembler import Assembler, Record
from headrace.engine.jobs.intake import run_of
from headrace.engine.model.records import Event, RunContext

if TYPE_CHECKING:
    from headrace.engine.documents.assets import AssetSettings
    from headrace.engine.documents.journal import Journal
    from headrace.engine.runtime.pipeline import Pipeline

__all__ = ["history_of"]


def history_of(run: str, journal: Journal, pipeline: Pipeline, assets: AssetSettings) -> Iterator[Record | None]:
    """Give the records of a run; None where more is to come, or the pipeline has not come so far.

    Parameters
    ----------
    run
        Uid of the run.
    journal
        Where its documents are.
    pipeline
        Works on the run; nothing is given before it was given to it. Other runs are looked up where it does.
    assets
        Where data files are.
    """
    context = next((one.run for one in pipeline.under_way if one.run.uid == run), None)
    assembler = Assembler(None if context is None else context.find_run, assets)
    given: Counter[str] = Counter()
    for document in journal.follow(run):
        if document is None:
            yield None
            continue
        for record in assembler.feed(*document):
            while run_of(record) == run and _is_ahead(record, pipeline, given):
                yield None
            if isinstance(record, Event):
                given[record.key.stream] += 1
            if run_of(record) == run:
                yield record


def _is_ahead(record: Record, pipeline: Pipeline, given: Counter[str]) -> bool:
    """Tell whether the pipeline has not come to a record yet; what waits for the pipeline is in the journal already."""
    if isinstance(record, RunContext):
        return False
    state = next((one for one in pipeline.under_way if one.run.uid == run_of(record)), None)
    if state is None:
        return False
    return not isinstance(record, Event) or given[record.key.stream] >= state.events.get(record.key.stream, 0)
