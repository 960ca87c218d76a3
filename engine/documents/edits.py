"""Changes to documents on their way: ``{"start.sample.name": "rod"}``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from headrace.engine.documents.pages import Document
from headrace.engine.model.errors import UsageError

__all__ = ["Edits"]

_KINDS = ("start", "descriptor", "event", "stop", "resource", "datum", "stream_resource", "stream_datum")
_FREE = frozenset({"start", "stop"})  # metadata: a key may be new there
_TIES = frozenset({"uid", "run_start", "resource", "datum_id", "stream_resource", "descriptor"})
_EXAMPLES = "for example start.sc_dk_field_uid=5c1f0a2e, event.data.x=0 or descriptor.data_keys.image.units=counts"


class Edits:
    """Sets values in documents that pass, without changing the documents themselves.

    A key of a start or stop document may be new, and with it the mappings it lies in. In other documents the key must
    be there already; those that lack it stay as they are.

    Parameters
    ----------
    changes
        ``KIND.KEY`` to the value; deeper keys after further dots.

    Raises
    ------
    UsageError
        If a kind of document doesn't exist, or a key holds documents together (``uid`` and the like).

    Attributes
    ----------
    made
        How many documents each change was made in.

    Examples
    --------
    >>> edits = Edits({"start.sample.name": "rod", "event.data.x": 0})
    >>> edits("start", {"uid": "a", "sample": {"size": 2}})
    {'uid': 'a', 'sample': {'size': 2, 'name': 'rod'}}
    >>> edits.unmatched
    ['event.data.x']
    """

    def __init__(self, changes: Mapping[str, Any]) -> None:
        self.made: Counter[str] = Counter()
        self._changes: dict[str, list[tuple[str, list[str], Any]]] = {}
        for path, value in changes.items():
            kind, *keys = path.split(".")
            _check(path, kind, keys)
            self._changes.setdefault(kind, []).append((path, keys, value))

    def __call__(self, kind: str, doc: Document) -> Document:
        """Give a document with its changes."""
        for path, keys, value in self._changes.get(kind, ()):
            edited = _with(doc, keys, value, free=kind in _FREE)
            if edited is not None:
                self.made[path] += 1
                doc = edited
        return doc

    @property
    def unmatched(self) -> list[str]:
        """The changes that fitted no document so far."""
        given = (path for changes in self._changes.values() for path, _, _ in changes)
        return [path for path in given if not self.made[path]]


def _with(doc: Document, keys: list[str], value: Any, *, free: bool) -> dict[str, Any] | None:
    """Give a copy of a mapping with a value set; None if there is no place for it."""
    key, *deeper = keys
    if key not in doc and not free:
        return None
    if not deeper:
        return {**doc, key: value}
    inner = doc.get(key, {})
    edited = _with(inner, deeper, value, free=free) if isinstance(inner, Mapping) else None
    return None if edited is None else {**doc, key: edited}


def _check(path: str, kind: str, keys: list[str]) -> None:
    if kind not in _KINDS or not keys or not all(keys):
        problem = (
            f"{path!r} names nothing in a document: expected KIND.KEY with one of {', '.join(_KINDS)}; {_EXAMPLES}"
        )
        raise UsageError(problem)
    if len(keys) == 1 and keys[0] in _TIES:
        problem = f"{path!r} holds documents together and can't be set; to publish a run as another one, give new uids"
        raise UsageError(problem)
