"""New unique ids for the documents of stored runs, so that they pass for runs that were not seen before."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from headrace.engine.documents.pages import Document

__all__ = ["FreshUids"]

_REFERENCES = {  # kind of document -> its keys that hold the uid of another one
    "descriptor": ("run_start",),
    "event": ("descriptor",),
    "resource": ("run_start",),
    "datum": ("resource",),
    "stream_resource": ("run_start",),
    "stream_datum": ("stream_resource", "descriptor"),
    "stop": ("run_start",),
}
_REFERRED_TO = frozenset({"start", "descriptor", "resource", "stream_resource"})


class FreshUids:
    """Replaces every uid in the documents that pass, and every mention of it, by one and the same new one.

    A start document may mention runs that passed before, such as its dark: these mentions are replaced too, wherever
    they stand in it. The documents themselves are not changed. Runs come one after the other.

    Examples
    --------
    >>> fresh = FreshUids()
    >>> dark = fresh("start", {"uid": "a"})
    >>> light = fresh("start", {"uid": "b", "sc_dk_field_uid": "a"})
    >>> light["sc_dk_field_uid"] == dark["uid"] != "a"
    True
    """

    def __init__(self) -> None:
        self._runs: dict[str, str] = {}
        self._others: dict[str, str] = {}  # old uid -> new, of this run's documents
        self._data: dict[str, str] = {}  # the same for datum ids

    def __call__(self, kind: str, doc: Document) -> Document:
        """Give a document with new uids."""
        if kind == "start":
            self._others.clear()
            self._data.clear()
            uid = self._runs[str(doc["uid"])] = str(uuid4())
            return {**_replaced(doc, self._runs), "uid": uid}
        known = ChainMap(self._others, self._runs)
        named = {key: str(doc[key]) for key in _REFERENCES.get(kind, ()) if key in doc}
        changes: dict[str, Any] = {key: known[uid] for key, uid in named.items() if uid in known}
        if isinstance(doc.get("uid"), str):
            changes["uid"] = str(uuid4())
            if kind in _REFERRED_TO:
                self._others[doc["uid"]] = changes["uid"]
        if kind == "datum":
            changes["datum_id"] = self._data[doc["datum_id"]] = f"{changes.get('resource', '')}/{uuid4()}"
        if kind == "event" and self._data:
            changes["data"] = {name: self._datum(value) for name, value in doc["data"].items()}
        return {**doc, **changes}

    def _datum(self, value: Any) -> Any:
        return self._data.get(value, value) if isinstance(value, str) else value


def _replaced(value: Any, runs: Mapping[str, str]) -> Any:
    """Give a value with the uids of runs in it replaced, at any depth."""
    if isinstance(value, str):
        return runs.get(value, value)
    if isinstance(value, Mapping):
        return {key: _replaced(inner, runs) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, runs) for inner in value]
    return value
