"""To which runs a document of a journal belongs, in whatever form it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.documents.routes import RunRoutes

__all__ = ["JournalRoutes"]

_MOST = 1000  # runs that are followed at once
_LONGEST = 1000  # characters; a longer uid is no uid
_SINGLE = {"event_page": "event", "bulk_events": "event", "datum_page": "datum", "bulk_datum": "datum"}


class JournalRoutes:
    """Finds the runs of documents as they pass.

    It follows the newest thousand runs that have not ended; documents may be malformed.
    """

    def __init__(self) -> None:
        self._routes = RunRoutes()

    def of(self, name: str, doc: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the uids of the runs that a document belongs to; none if they are not known."""
        try:
            runs = self._routes.of(_SINGLE.get(name, name), _leading(name, doc))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return ()
        if name == "stop":
            for run in runs:
                self._routes.forget(run)
        elif name == "start" and len(self._routes.runs) > _MOST:
            self._routes.forget(self._routes.runs[0])
        return tuple(run for run in runs if len(run) <= _LONGEST and "\0" not in run)


def _leading(name: str, doc: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what says where a document belongs: itself, or the first of the events it holds."""
    if name == "bulk_events":
        return {"descriptor": next(iter(doc.values()))[0]["descriptor"]}
    return doc
