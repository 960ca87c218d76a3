"""To which runs a document of a journal belongs, in whatever form it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.documents.routes import RunRoutes

__all__ = ["JournalRoutes"]

_MOST = 1000  # runs that are followed at once
_LONGEST = 1000  # characters; a longer uid is no uid
_NAMES = ("uid", "run_start", "descriptor", "resource")
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
            leading = _leading(name, doc)
            runs = self._routes.of(_SINGLE.get(name, name), leading) if _is_plain(leading) else ()
        except Exception:  # whatever it is, it must not keep the next document from being written
            return ()
        if name == "stop":
            for run in runs:
                self._routes.forget(run)
        elif name == "start" and len(self._routes.runs) > _MOST:
            self._routes.forget(self._routes.runs[0])
        return runs


def _is_plain(doc: Mapping[str, Any]) -> bool:
    """Tell whether the names in a document are ones that can be kept."""
    names = (doc.get(key) for key in _NAMES)
    return all(len(name) <= _LONGEST and name.isprintable() for name in names if isinstance(name, str))


def _leading(name: str, doc: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what says where a document belongs: itself, or the first of the events it holds."""
    if name == "bulk_events":
        return {"descriptor": next(iter(doc.values()))[0]["descriptor"]}
    return doc
