"""Runs whose start document says what no plan would: what nodes and results make use of, and what is our own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.message import NORMAL, Fate, Hostile, Stage, beginning, documents, event, stop, uid_of

__all__ = ["messages"]

_HTML = "<img src=x onerror=alert(1)><script>alert(1)</script>"
_COLOURS = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\r\nERROR a line that was never logged"


def _deep(levels: int) -> Any:
    inside: Any = 1
    for _ in range(levels):
        inside = {"a": inside}
    return inside


ODD: dict[str, dict[Any, Any]] = {
    "a start document with our own word in it": {"headrace": {"graph": "x", "outputs": 5, "complete": True}},
    "a start document with our own word as text": {"headrace": "mine"},
    "a plan name in HTML": {"plan_name": _HTML, "scan_id": _HTML},
    "a plan name with colours of a terminal and line ends": {"plan_name": _COLOURS, "scan_id": _COLOURS},
    "a plan name that is a list": {"plan_name": ["grid_scan"]},
    "a plan name of a megabyte": {"plan_name": "p" * (1 << 20)},
    "a scan id that is a path": {"scan_id": "../../../etc/passwd"},
    "a scan id beyond 64 bits": {"scan_id": 2**70},
    "a sample name that is a path": {"sample_name": "/etc/cron.d/owned"},
    "a sample name with zero bytes": {"sample_name": "a\0b"},
    "a sample name with half a character": {"sample_name": "a\ud800b"},
    "a name of a million dots": {"sample_name": "." * 1_000_000},
    "hints that are text": {"hints": "text"},
    "hints that are a list": {"hints": [1, 2]},
    "dimensions that are text": {"hints": {"dimensions": "x"}},
    "dimensions of numbers": {"hints": {"dimensions": [[1, 2, 3], "x", [["x"], 5], [[None], None]]}},
    "dimensions in dimensions": {"hints": {"dimensions": [[[[["x"]]], "primary"]]}},
    "a hundred thousand dimensions": {"hints": {"dimensions": [[["x"], "primary"]] * 100_000}},
    "dimensions of an array": {"hints": {"dimensions": np.zeros((3, 2))}},
    "motors that are a number": {"motors": 5},
    "motors that are an array": {"motors": np.zeros(3)},
    "motors that are no text": {"motors": [1, None, ["x"], {"a": 1}]},
    "a hundred thousand motors": {"motors": [f"m{n}" for n in range(100_000)]},
    "a motor that is the image": {"motors": ["image"]},
    "a motor in HTML": {"motors": [_HTML]},
    "a shape of a billion times a billion": {"shape": [10**9, 10**9], "snaking": [False, True]},
    "a shape of thirty thousand times thirty thousand": {"shape": [30_000, 30_000], "snaking": [False, True]},
    "a shape whose product wraps round at 64 bits": {"shape": [2**32, 2**32, 2]},
    "a shape of a hundred axes": {"shape": [1] * 100},
    "a shape with a negative length": {"shape": [-2, -4]},
    "a shape of zero": {"shape": [0, 0]},
    "a shape of fractions": {"shape": [2.0, 4.0]},
    "a shape of text": {"shape": "24"},
    "a shape of NaN": {"shape": [math.nan, 4]},
    "a shape that is a number": {"shape": 8},
    "a shape that is an array": {"shape": np.array([2, 4])},
    "a shape that is a dict": {"shape": {"y": 2}},
    "a shape beyond 64 bits": {"shape": [2**100]},
    "snaking for more axes than there are": {"shape": [2, 4], "snaking": [True] * 7},
    "snaking that is text": {"shape": [2, 4], "snaking": "yes"},
    "snaking that is a number": {"shape": [2, 4], "snaking": 5},
    "snaking of arrays": {"shape": [2, 4], "snaking": [np.zeros(3), np.zeros(3)]},
    "extents that are text": {"shape": [2, 4], "extents": "far"},
    "extents of NaN and infinity": {"shape": [2, 4], "extents": [[math.nan, math.inf], [-math.inf, 0.0]]},
    "extents for other axes": {"shape": [2, 4], "extents": [[0, 1]] * 9},
    "a number of points that is text": {"num_points": "many"},
    "a number of points that is negative": {"num_points": -5},
    "a number of points of ten to the 300": {"num_points": 10**300},
    "a number of points of ten to the 12": {"num_points": 10**12},
    "a dark run that is a path": {"sc_dk_field_uid": "../../../etc"},
    "a dark run that is the run itself": {"sc_dk_field_uid": "SELF"},
    "a dark run that is a number": {"sc_dk_field_uid": 7},
    "a dark run with zero bytes": {"sc_dk_field_uid": "a\0b"},
    "a dark run with half a character": {"sc_dk_field_uid": "a\ud800b"},
    "a dark run of a megabyte": {"sc_dk_field_uid": "d" * (1 << 20)},
    "a dark frame that is an array": {"dark_frame": np.zeros(3)},
    "a dark frame that is text": {"dark_frame": "no"},
    "keys that are no text": {5: 6, 2.5: 1, True: 0, b"x": 1},
    "keys with dots, slashes and nothing in them": {"a.b": 1, "/": 2, "": 3, "$where": 4},
    "a key of a megabyte": {"k" * (1 << 20): 1},
    "keys of Python's own": {"__class__": "x", "__dict__": {}, "__proto__": {"x": 1}},
    "metadata sixty deep": {"deep": _deep(58)},
    "metadata of a million numbers": {"many": list(range(1_000_000))},
    "metadata with an array of ten megabytes": {"mask": np.zeros(10_000_000, "u1")},
    "a grid of four million points": {"shape": [1 << 22]},
    "metadata of NaN and infinity": {"sample": [math.nan, math.inf, -math.inf]},
    "metadata of complex numbers, bytes and sets": {"a": 1j, "b": b"\xff", "c": {1, 2}, "d": frozenset("x")},
    "a number beyond 64 bits": {"big": 10**400},
    "a number of five thousand bits": {"big": 1 << 5_000},
    "what a result would say of itself": {"raw_uid": "x", "parent_uids": "x", "analysis_stage": 5},
    "a version of python to pretend with": {"versions": {"python": 5}, "headrace.graph": {}},
}

_HEAVY = ("a hundred thousand dimensions", "metadata of a million numbers")

TIMES: dict[str, Any] = {
    "a run that began at a time in words": "yesterday",
    "a run that began at a list of times": [1.0],
    "a run that began at an array of times": np.zeros(3),
    "a run that began at no time": None,
    "a run that began at NaN": math.nan,
    "a run that began at infinity": math.inf,
    "a run that began beyond what a double holds": 10**400,
}


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them; each is a run with an event and a stop."""
    for name, odd in ODD.items():
        uid = uid_of(stage, name)
        given = {key: uid if isinstance(value, str) and value == "SELF" else value for key, value in odd.items()}
        begun, pairs = beginning(stage, name, {"plan_name": "count", "shape": [2, 4], **given})
        fate: Fate = "passed over" if name in _HEAVY else "taken"
        yield documents(name, [*pairs, event(begun), event(begun, 2), stop(begun)], fate)
    for name, time in TIMES.items():
        yield documents(name, [("start", {"uid": uid_of(stage, name), "time": time})], "passed over")
    yield from _uids(stage)
    yield _twice(stage)


def _uids(stage: Stage) -> Iterator[Hostile]:
    uids: dict[str, Any] = {
        "a uid with zero bytes": "a\0b",
        "a uid with colours of a terminal": "\x1b[31mred\x1b[0m",
        "a uid with a line end": "one\ntwo",
        "a uid with a carriage return": "one\rtwo",
        "a uid that turns the text round": "a\u202egnirts",
        "a uid with half a character": "a\ud800b",
        "a uid of ten megabytes": "u" * 10_000_000,
        "a uid of two thousand letters": "u" * 2_000,
        "a uid that is empty": "",
        "a uid that is a number": 5,
        "a uid that is a list": ["a"],
        "a uid that is bytes": b"abc",
        "a uid that is nothing": None,
        "a uid that is an array": np.zeros(3),
    }
    for name, uid in uids.items():
        pairs = [("start", {"uid": uid, "time": 1.0}), ("stop", {"uid": "s", "run_start": uid, "time": 2.0})]
        yield documents(name, pairs, "passed over")
    paths = {
        "a uid that leads up": "../../up",
        "a uid that leads up and looks short": "../../x",
        "a uid that is an absolute path": "/tmp/owned",
        "a uid that is a hidden name": ".part",
        "a uid that is two dots": "..",
        "a uid that is a dot": ".",
        "a uid with a backslash": "..\\..\\x",
        "a uid in HTML": _HTML,
        "a uid that is a format": "{0.__class__}%s%n",
        "a uid that is a pattern": "*",
        "a uid that is a shell's command": "$(touch never);`touch never`",
        "a uid that is an address": "zmq://127.0.0.1:1/raw",
        "a uid of spaces": "   ",
    }
    for name, uid in paths.items():
        full = f"{uid}{stage.salt}"
        start = {"uid": full, "time": 1.0, "plan_name": "count", "shape": [2, 4]}
        pairs = [("start", start), ("descriptor", _descriptor(full)), event(full), stop(full)]
        yield documents(name, pairs, "taken")


def _descriptor(uid: str) -> dict[str, Any]:
    return {"uid": f"{uid}/d", "run_start": uid, "name": "primary", "time": 1.0, "data_keys": NORMAL}


def _twice(stage: Stage) -> Hostile:
    name = "a run that starts twice, the second time as another one"
    uid, pairs = beginning(stage, name)
    again = ("start", {"uid": uid, "time": 5.0, "shape": [10**9, 10**9]})
    return documents(name, [*pairs, event(uid), again, event(uid, 2), stop(uid)], "taken")
