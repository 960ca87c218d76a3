"""Documents that carry several others (event pages, datum pages, bulk forms), taken apart."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

from headrace.engine.model.errors import DocumentError
from headrace.engine.model.one_line import one_line

__all__ = ["KINDS", "Document", "checked_documents", "document_name", "single_documents"]

Document = Mapping[str, Any]

_RANGE = {"start": int, "stop": int}
_NEEDED: dict[str, dict[str, Any]] = {  # what headrace itself relies on, not the whole schema
    "start": {"uid": str},
    "descriptor": {"uid": str, "run_start": str, "data_keys": Mapping},
    "event": {"descriptor": str, "seq_num": int, "data": Mapping},
    "resource": {"uid": str},
    "datum": {"resource": str, "datum_id": str},
    "stream_resource": {"uid": str, "data_key": str},
    "stream_datum": {"descriptor": str, "stream_resource": str, "indices": _RANGE, "seq_nums": _RANGE},
    "stop": {"run_start": str},
}

_NAMES = ("uid", "run_start", "descriptor", "resource", "stream_resource", "datum_id", "data_key")
_LONGEST = 1000  # characters of a name; names are kept and told, and anybody may make one up
_TIMED = frozenset({"start", "descriptor", "event", "stop"})

KINDS = frozenset({*_NEEDED, "event_page", "datum_page", "bulk_events", "bulk_datum"})
"""The kinds of documents there are."""


def document_name(name: object) -> str:
    """Give the kind of a document as plain text, from text or from an ``event_model.DocumentNames``."""
    return str(getattr(name, "value", name))


def checked_documents(name: str, doc: Document) -> list[tuple[str, Document]]:
    """Give the single documents of a document, each with all that is needed to make sense of it.

    Raises
    ------
    DocumentError
        If something is missing or of another type than it must be.
    """
    try:
        singles = list(single_documents(name, doc))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        message = f"{name} document can't be taken apart: {type(error).__name__} {one_line(error, 200)}"
        raise DocumentError(message) from error
    for kind, single in singles:
        _check(kind, single, _NEEDED[kind])
        _check_names(kind, single)
        if kind in _TIMED and not _is_time(single.get("time", 0.0)):
            message = f"{kind} document {single.get('uid', '')}: 'time' is {single['time']!r:.80}; expected a number"
            raise DocumentError(message)
    return singles


def _check(kind: str, doc: Any, needed: Mapping[str, Any]) -> None:
    if not isinstance(doc, Mapping):
        message = f"{kind} document is a {type(doc).__name__}; expected a mapping"
        raise DocumentError(message)
    for key, expected in needed.items():
        if isinstance(expected, dict):
            _check(f"{kind}.{key}", doc.get(key), expected)
        elif not (_is_whole(doc.get(key)) if expected is int else isinstance(doc.get(key), expected)):
            found = f"is {doc[key]!r:.80}" if key in doc else "is missing"
            named = one_line(doc.get("uid", ""), 80)
            message = f"{kind} document {named}: {key!r} {found}; expected {expected.__name__}"
            raise DocumentError(message)
        elif expected is str and not doc[key]:
            message = f"{kind} document: {key!r} is empty"
            raise DocumentError(message)


def _check_names(kind: str, doc: Document) -> None:
    """See that what names a document can be kept and told: they come from outside, and lead to others."""
    names = [doc.get(key) for key in _NAMES]
    if kind == "descriptor":
        names += [doc.get("name", ""), *doc["data_keys"]]
        odd = [name for name in names[len(_NAMES) :] if not isinstance(name, str)]
        if odd:
            message = f"descriptor document {doc['uid']:.80}: a stream or field is named {odd[0]!r:.80}; expected text"
            raise DocumentError(message)
    for name in names:
        if isinstance(name, str) and not (len(name) <= _LONGEST and name.isprintable()):
            shown = one_line(name, 80)
            message = f"{kind} document has the name {shown!r}; expected at most {_LONGEST} plain characters"
            raise DocumentError(message)


def _is_whole(value: Any) -> bool:
    """Tell whether something is a number of 64 bits; numpy's are as good as Python's."""
    try:
        return not isinstance(value, bool) and -(2**63) <= operator.index(value) < 2**63
    except TypeError:
        return False


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False


def single_documents(name: str, doc: Document) -> Iterator[tuple[str, Document]]:
    """Give the events of an event page, the datums of a datum page; any other document as it is.

    Examples
    --------
    >>> page = {"resource": "r", "datum_id": ["r/0", "r/1"], "datum_kwargs": {"point_number": [0, 1]}}
    >>> [datum["datum_kwargs"] for _, datum in single_documents("datum_page", page)]
    [{'point_number': 0}, {'point_number': 1}]
    """
    if name == "event_page":
        yield from (("event", event) for event in _events(doc))
    elif name == "datum_page":
        yield from (("datum", datum) for datum in _datums(doc))
    elif name == "bulk_events":
        yield from (("event", event) for events in doc.values() for event in events)
    elif name == "bulk_datum":
        pairs = zip(doc["datum_ids"], doc["datum_kwarg_list"], strict=True)
        for datum_id, kwargs in pairs:
            yield "datum", {"resource": doc["resource"], "datum_id": datum_id, "datum_kwargs": kwargs}
    else:
        yield name, doc


def _events(page: Document) -> Iterator[Document]:
    filled = page.get("filled") or {}
    for i, seq_num in enumerate(page["seq_num"]):
        yield {
            "descriptor": page["descriptor"],
            "uid": page["uid"][i],
            "seq_num": seq_num,
            "time": page["time"][i],
            "data": _row(page["data"], i),
            "timestamps": _row(page["timestamps"], i),
            "filled": _row(filled, i),
        }


def _datums(page: Document) -> Iterator[Document]:
    for i, datum_id in enumerate(page["datum_id"]):
        kwargs = _row(page["datum_kwargs"], i)
        yield {"resource": page["resource"], "datum_id": datum_id, "datum_kwargs": kwargs}


def _row(columns: Mapping[str, Any], i: int) -> dict[str, Any]:
    return {key: column[i] for key, column in columns.items()}
