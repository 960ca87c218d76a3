"""Events in the order of their time, for files that hold them grouped by stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headrace.engine.documents.pages import Document, checked_documents, document_name

__all__ = ["in_time_order"]


def in_time_order(documents: Iterable[tuple[str, Document]]) -> Iterator[tuple[str, Document]]:
    """Give the documents of one run so that the events of all streams come by time.

    Documents in the order in which they were made pass through as they are. As soon as a page of several events
    comes, the file is grouped by stream: then the rest of the run is read, its events are put in the order of
    time (those of the same time, and those of one stream, stay in theirs), and the other documents go before
    them.

    Examples
    --------
    >>> page = {"descriptor": "d", "timestamps": {}, "data": {}, "filled": {}}
    >>> x = page | {"uid": ["x1", "x2"], "seq_num": [1, 2], "time": [1.0, 3.0]}
    >>> y = page | {"descriptor": "e", "uid": ["y1"], "seq_num": [1], "time": [2.0]}
    >>> [doc["uid"] for _, doc in in_time_order([("event_page", x), ("event_page", y)])]
    ['x1', 'y1', 'x2']
    """
    source = iter(documents)
    for name, doc in source:
        if document_name(name) == "event_page" and len(doc.get("seq_num") or ()) > 1:
            yield from _sorted([(name, doc), *source])
            return
        yield name, doc


def _sorted(documents: list[tuple[str, Document]]) -> Iterator[tuple[str, Document]]:
    events: list[tuple[float, Document]] = []
    stops: list[tuple[str, Document]] = []
    reached: dict[str, float] = {}  # descriptor -> time its events have reached
    for name, doc in documents:
        kind = document_name(name)
        if kind in ("event", "event_page"):
            for _, event in checked_documents(kind, doc):
                time = max(float(event.get("time", 0.0)), reached.get(event["descriptor"], 0.0))
                reached[event["descriptor"]] = time  # a clock set back must not turn a stream around
                events.append((time, event))
        elif kind == "stop":
            stops.append((name, doc))
        else:
            yield name, doc
    events.sort(key=lambda pair: pair[0])
    yield from (("event", event) for _, event in events)
    yield from stops
