"""Events that contradict their descriptor, their number, their time, or themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.message import NORMAL, Fate, Hostile, Stage, beginning, documents, event, stop, uid_of

__all__ = ["messages"]

_KEYS = NORMAL


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    yield from _numbers(stage)
    yield from _times(stage)
    yield from _data(stage)
    yield from _values(stage)
    yield from _strangers(stage)


def _numbers(stage: Stage) -> Iterator[Hostile]:
    numbers: dict[str, tuple[Any, Fate]] = {
        "an event with the number 0": (0, "passed over"),
        "an event with a negative number": (-1, "passed over"),
        "an event with the number 2 to the 63": (2**63, "passed over"),
        "an event with the number 2 to the 64": (2**64, "passed over"),
        "an event with a number of a thousand digits": (10**1000, "passed over"),
        "an event with a number that is a fraction": (1.5, "passed over"),
        "an event with a number that is NaN": (math.nan, "passed over"),
        "an event with a number in words": ("one", "passed over"),
        "an event with a number in digits of text": ("1", "passed over"),
        "an event with a number that is nothing": (None, "passed over"),
        "an event with a number that is true": (True, "passed over"),
        "an event with a number that is a list": ([1], "passed over"),
        "an event with a number that is an array": (np.array([1, 2]), "passed over"),
        "an event with a number that is an array of one": (np.array([1]), "passed over"),
        "an event with a number of numpy's": (np.int64(3), "taken"),
        "an event with a number far ahead": (2**40, "taken"),
    }
    for name, (number, fate) in numbers.items():
        uid, pairs = beginning(stage, name, keys=_KEYS)
        yield documents(name, [*pairs, event(uid, number), stop(uid)], fate)
    name = "the same event a hundred times"
    uid, pairs = beginning(stage, name, keys=_KEYS)
    yield documents(name, [*pairs, *[event(uid)] * 100, stop(uid)], "passed over")
    name = "events that count backwards"
    uid, pairs = beginning(stage, name, keys=_KEYS)
    yield documents(name, [*pairs, *(event(uid, n) for n in range(9, 0, -1)), stop(uid)], "passed over")


def _times(stage: Stage) -> Iterator[Hostile]:
    times: dict[str, tuple[Any, Fate]] = {
        "an event at a time in words": ("noon", "passed over"),
        "an event at a list of times": ([1.0, 2.0], "passed over"),
        "an event at an array of times": (np.zeros(3), "passed over"),
        "an event at no time": (None, "passed over"),
        "an event at NaN": (math.nan, "passed over"),
        "an event at infinity": (-math.inf, "passed over"),
        "an event at a time beyond what a double holds": (10**400, "passed over"),
        "an event at the time 1e300": (1e300, "taken"),
        "an event long before the run": (-1e18, "taken"),
    }
    for name, (time, fate) in times.items():
        uid, pairs = beginning(stage, name, keys=_KEYS)
        yield documents(name, [*pairs, event(uid, time=time), stop(uid)], fate)


def _data(stage: Stage) -> Iterator[Hostile]:
    odd: dict[str, tuple[Any, Fate]] = {
        "an event whose data are a list": ([1.0], "passed over"),
        "an event whose data are text": ("x", "passed over"),
        "an event whose data are an array": (np.zeros(3), "passed over"),
        "an event without any of the keys of its descriptor": ({"y": 1.0}, "failed"),
        "an event with no data at all": ({}, "failed"),
        "an event with keys that are no text": ({5: 1.0, None: 2.0, "x": 1.0}, "failed"),
        "an event with a hundred thousand further keys": ({f"k{n}": n for n in range(100_000)}, "failed"),
        "an event with a key of a megabyte": ({"x": 1.0, "k" * (1 << 20): 1.0}, "taken"),
    }
    for name, (data, fate) in odd.items():
        uid, pairs = beginning(stage, name, keys=_KEYS)
        yield documents(name, [*pairs, event(uid, 1, data), stop(uid)], fate)
    for name, filled in {"text": "yes", "a list": [1], "an array": np.zeros(2), "a number": 5}.items():
        full = f"an event that is filled with {name}"
        uid, pairs = beginning(stage, full, keys={"x": {**_KEYS["x"], "external": "FILESTORE:"}})
        yield documents(full, [*pairs, event(uid, 1, {"x": "d"}, filled=filled), stop(uid)], "passed over")


def _values(stage: Stage) -> Iterator[Hostile]:
    frame = np.ones((12, 16), "<u2")
    values: dict[str, tuple[dict[str, Any], Fate]] = {
        "text for a number": ({"x": "one", "image": frame}, "failed"),
        "a dict for a number": ({"x": {"a": 1}, "image": frame}, "failed"),
        "an image for a number": ({"x": frame, "image": frame}, "taken"),
        "NaN for a number": ({"x": math.nan, "image": frame}, "taken"),
        "an infinity for a number": ({"x": math.inf, "image": frame}, "taken"),
        "a number beyond 64 bits for a number": ({"x": 10**40, "image": frame}, "taken"),
        "a number of four hundred digits for a number": ({"x": 10**400, "image": frame}, "taken"),
        "a complex number for a number": ({"x": 1 + 2j, "image": frame}, "taken"),
        "bytes for a number": ({"x": b"\xff\xfe", "image": frame}, "failed"),
        "nothing for a number": ({"x": None, "image": frame}, "failed"),
        "text with half a character for a number": ({"x": "\ud800", "image": frame}, "failed"),
        "a number for an image": ({"x": 1.0, "image": 5}, "failed"),
        "text for an image": ({"x": 1.0, "image": "../../etc/passwd"}, "failed"),
        "an image of another shape": ({"x": 1.0, "image": np.ones((3, 5), "<u2")}, "taken"),
        "an image of another type": ({"x": 1.0, "image": np.ones((12, 16), "<f4")}, "taken"),
        "an image of texts": ({"x": 1.0, "image": np.full((12, 16), "a")}, "failed"),
        "an image of complex numbers": ({"x": 1.0, "image": frame + 1j}, "taken"),
        "an image of NaN": ({"x": 1.0, "image": np.full((12, 16), np.nan)}, "taken"),
        "an image without pixels": ({"x": 1.0, "image": np.ones((0, 16), "<u2")}, "taken"),
        "an image of thirty axes": ({"x": 1.0, "image": np.ones((1,) * 30, "<u2")}, "failed"),
        "an image of one line of a million": ({"x": 1.0, "image": np.ones((1, 1_000_000), "<u2")}, "taken"),
        "an image of sixteen megabytes": ({"x": 1.0, "image": np.ones((2048, 4096), "<u2")}, "taken"),
        "an image in foreign byte order": ({"x": 1.0, "image": frame.astype(">u2")}, "taken"),
        "an image as ragged lists": ({"x": 1.0, "image": [[1, 2], [3]]}, "failed"),
        "an image as lists of text": ({"x": 1.0, "image": [["a"], ["b"]]}, "failed"),
        "an image as lists sixty deep": ({"x": 1.0, "image": _deep(55)}, "failed"),
        "an image as a list of a million": ({"x": 1.0, "image": [[0] * 1000] * 1000}, "taken"),
        "an image in our own words for stored arrays": (
            {"x": 1.0, "image": {"__ndarray__": "<f8", "shape": [10**9, 10**9], "base64": "AAAA"}},
            "failed",
        ),
        "an image in our own words with objects": (
            {"x": 1.0, "image": {"__ndarray__": "|O", "shape": [1], "base64": "AAAAAAAAAAA="}},
            "failed",
        ),
    }
    for name, (data, fate) in values.items():
        uid, pairs = beginning(stage, name, keys=_KEYS)
        yield documents(name, [*pairs, event(uid, 1, data), event(uid, 2, data), stop(uid)], fate)


def _deep(levels: int) -> Any:
    inside: Any = [1]
    for _ in range(levels):
        inside = [inside]
    return inside


def _strangers(stage: Stage) -> Iterator[Hostile]:
    uid = uid_of(stage, "a stranger")
    odd: dict[str, dict[str, Any]] = {
        "an event of a descriptor that never came": {"descriptor": uid, "seq_num": 1, "data": {}, "time": 1.0},
        "an event of no descriptor": {"seq_num": 1, "data": {}, "time": 1.0},
        "an event of a descriptor that is a list": {"descriptor": [uid], "seq_num": 1, "data": {}},
        "an event of a descriptor of ten megabytes": {"descriptor": "d" * 10_000_000, "seq_num": 1, "data": {}},
        "an event of a descriptor with half a character": {"descriptor": "d\udfff", "seq_num": 1, "data": {}},
        "an event of a descriptor in colours": {"descriptor": "\x1b[31m", "seq_num": 1, "data": {}, "time": 1.0},
        "an event that is empty": {},
    }
    for name, doc in odd.items():
        yield documents(name, [("event", doc)], "passed over")
    keyed: dict[str, dict[Any, Any]] = {
        "by numbers": {1: 2},
        "by nothing": {None: None},
        "by bytes": {b"descriptor": b"x"},
    }
    for name, whole in keyed.items():
        yield documents(f"an event with keys {name}", [("event", whole)], "passed over", "pickle")
