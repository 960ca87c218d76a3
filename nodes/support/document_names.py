"""What the documents say, as names of an expression."""

from __future__ import annotations

from typing import Any

from headrace.engine.model.records import Event, RunContext

__all__ = ["DOCUMENT_NAMES", "document_names"]

DOCUMENT_NAMES = ("start", "data", "seq_num", "time")
"""The names there are in an expression besides the inputs of its node."""


def document_names(event: Event | None, run: RunContext | None) -> dict[str, Any]:
    """Give what the documents say, as names: those of the event only if there is one.

    Examples
    --------
    >>> document_names(None, RunContext({"uid": "5c1f"}))
    {'start': {'uid': '5c1f'}}
    """
    of_run: dict[str, Any] = {} if run is None else {"start": run.start}
    if event is None:
        return of_run
    return {**of_run, "data": event.data, "seq_num": event.key.seq_num, "time": event.time}
