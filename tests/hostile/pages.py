"""Documents that carry others: columns of unequal length, pages in pages, pages of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.message import Fate, Hostile, Stage, beginning, documents, event, stop, uid_of

__all__ = ["messages"]


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    for name, (change, fate) in _odd().items():
        uid, pairs = beginning(stage, name)
        page = {**_page(uid, 3), **change}
        yield documents(name, [*pairs, ("event_page", page), stop(uid)], fate)
    yield from _bulk(stage)
    yield from _datums(stage)


def _page(uid: str, count: int) -> dict[str, Any]:
    column = [float(n) for n in range(count)]
    numbers = list(range(1, count + 1))
    uids = [f"{uid}/{n}" for n in numbers]
    data = {"descriptor": f"{uid}/d", "uid": uids, "seq_num": numbers, "time": column, "filled": {}}
    return {**data, "data": {"x": column}, "timestamps": {"x": column}}


def _odd() -> dict[str, tuple[dict[str, Any], Fate]]:
    return {
        "a page with fewer times than numbers": ({"time": [1.0]}, "passed over"),
        "a page with fewer values than numbers": ({"data": {"x": [1.0]}}, "passed over"),
        "a page with more values than numbers": ({"data": {"x": [1.0] * 1000}}, "taken"),
        "a page with a single value for all": ({"data": {"x": 1.0}}, "passed over"),
        "a page with text for values": ({"data": {"x": "abc"}}, "failed"),
        "a page with text for numbers": ({"seq_num": "123"}, "passed over"),
        "a page with one number": ({"seq_num": 1}, "passed over"),
        "a page with an array for numbers": ({"seq_num": np.arange(1, 4)}, "taken"),
        "a page with arrays for numbers": ({"seq_num": np.ones((3, 2), int)}, "passed over"),
        "a page with the same number thrice": ({"seq_num": [1, 1, 1]}, "passed over"),
        "a page with numbers beyond 64 bits": ({"seq_num": [1, 2, 2**64]}, "passed over"),
        "a page of nothing": ({"seq_num": [], "time": [], "uid": [], "data": {}}, "taken"),
        "a page whose data are a list": ({"data": [1, 2, 3]}, "passed over"),
        "a page whose data are pages": ({"data": {"x": {0: 1}}}, "passed over"),
        "a page without time stamps": ({"timestamps": None}, "passed over"),
        "a page that is filled with text": ({"filled": "yes"}, "passed over"),
        "a page with times in words": ({"time": ["a", "b", "c"]}, "passed over"),
        "a page of a descriptor that is a list": ({"descriptor": ["d"]}, "passed over"),
        "a page of another run's descriptor": ({"descriptor": "elsewhere"}, "passed over"),
    }


def _bulk(stage: Stage) -> Iterator[Hostile]:
    bulks: dict[str, tuple[Any, Fate]] = {
        "bulk events that are numbers": ({"primary": 5}, "passed over"),
        "bulk events that are text": ({"primary": "abc"}, "passed over"),
        "bulk events in bulk events": ({"primary": [{"primary": [{}]}]}, "passed over"),
        "bulk events of nothing": ({}, "taken"),
        "bulk events of nobody": ({"primary": [{"descriptor": "x", "seq_num": 1, "data": {}}]}, "passed over"),
        "bulk events of an array": ({"primary": np.zeros((3, 3))}, "passed over"),
    }
    for name, (doc, fate) in bulks.items():
        yield documents(name, [("bulk_events", doc)], fate)
    name = "bulk events of two runs"
    (one, begun), (other, also) = beginning(stage, name), beginning(stage, f"{name}, the other")
    both = {"a": [event(one)[1], event(other)[1]], "b": [event(one, 2)[1]]}
    yield documents(name, [*begun, *also, ("bulk_events", both), stop(one), stop(other)], "taken")


def _datums(stage: Stage) -> Iterator[Hostile]:
    uid = uid_of(stage, "datums")
    odd: dict[str, tuple[str, Any]] = {
        "a page of datums with unequal columns": (
            "datum_page",
            {"resource": uid, "datum_id": ["a", "b"], "datum_kwargs": {"index": [1]}},
        ),
        "a page of datums that are numbers": ("datum_page", {"resource": uid, "datum_id": [1, 2], "datum_kwargs": {}}),
        "a page of datums of text": ("datum_page", {"resource": uid, "datum_id": 5, "datum_kwargs": {}}),
        "a page of datums that is empty": ("datum_page", {}),
        "bulk datums of unequal length": ("bulk_datum", {"resource": uid, "datum_ids": ["a"], "datum_kwarg_list": []}),
        "bulk datums of text": ("bulk_datum", {"resource": uid, "datum_ids": "ab", "datum_kwarg_list": "cde"}),
        "bulk datums of a list of resources": (
            "bulk_datum",
            {"resource": [uid], "datum_ids": ["a"], "datum_kwarg_list": [{}]},
        ),
    }
    for name, pair in odd.items():
        yield documents(name, [pair], "passed over")
