"""Descriptors that belong to nothing, describe nothing, or something that can't be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from tests.hostile.message import Fate, Hostile, Stage, beginning, documents, event, stop, uid_of

__all__ = ["messages"]

_NUMBER = {"dtype": "number", "shape": [], "source": "h"}


def messages(stage: Stage) -> Iterator[Hostile]:
    """Give them."""
    yield from _senseless(stage)
    yield from _keys(stage)
    yield from _names(stage)


def _senseless(stage: Stage) -> Iterator[Hostile]:
    uid = uid_of(stage, "never began")
    whole = {"uid": f"{uid}/d", "run_start": uid, "name": "primary", "time": 1.0, "data_keys": {"x": _NUMBER}}
    odd: dict[str, dict[str, Any]] = {
        "a descriptor of a run that never began": whole,
        "a descriptor without a uid": {key: value for key, value in whole.items() if key != "uid"},
        "a descriptor without a run": {key: value for key, value in whole.items() if key != "run_start"},
        "a descriptor without data keys": {key: value for key, value in whole.items() if key != "data_keys"},
        "a descriptor whose data keys are a list": {**whole, "data_keys": ["x"]},
        "a descriptor whose run is a list": {**whole, "run_start": [uid]},
        "a descriptor of nothing at all": {},
        "a descriptor that is its own run": {**whole, "run_start": f"{uid}/d"},
        "a descriptor of a run with a name of ten megabytes": {**whole, "run_start": "r" * 10_000_000},
    }
    for name, doc in odd.items():
        yield documents(name, [("descriptor", doc)], "passed over")


def _keys(stage: Stage) -> Iterator[Hostile]:
    image = {"dtype": "array", "shape": [4], "source": "h"}
    odd: dict[str, tuple[Any, Any, Fate]] = {
        "a data key that is a number": ({"x": 5}, 1.0, "passed over"),
        "a data key that is nothing": ({"x": None}, 1.0, "passed over"),
        "a data key without a word in it": ({"x": {}}, 1.0, "taken"),
        "a type of a gigabyte for two letters": (
            {"x": {**image, "dtype_numpy": "<U268435456"}},
            ["a", "b"] * 8,
            "taken",
        ),
        "a type of a gigabyte of bytes": ({"x": {**image, "dtype_numpy": "|S1073741824"}}, ["a"] * 8, "taken"),
        "a type that is a subarray of a billion": (
            {"x": {**image, "dtype_numpy": "(1000000000,)f8"}},
            [1.0] * 4,
            "taken",
        ),
        "a type that is void of a gigabyte": ({"x": {**image, "dtype_numpy": "|V1073741824"}}, [1.0] * 4, "taken"),
        "a type of records": ({"x": {**image, "dtype_numpy": [["a", "<f8", [10**9]]]}}, [1.0] * 4, "taken"),
        "a type that is Python's object": ({"x": {**image, "dtype_numpy": "|O"}}, [1.0, None], "taken"),
        "a type that is code": ({"x": {**image, "dtype_numpy": "__import__('os')"}}, [1.0], "taken"),
        "a type that is an array": ({"x": {**image, "dtype_numpy": np.zeros(2)}}, [1.0], "taken"),
        "a type that is a comma list of a million": (
            {"x": {**image, "dtype_numpy": "f8," * 1_000_000}},
            [1.0],
            "taken",
        ),
        "a kind of value that is an array": ({"x": {**image, "dtype": np.zeros(2)}}, [1.0], "taken"),
        "a shape of text in a data key": ({"x": {**image, "shape": "wide"}}, [], "taken"),
        "a shape of a billion times zero in a data key": ({"x": {**image, "shape": [10**9, 10**9, 0]}}, [], "taken"),
        "a shape of a million times zero in a data key": ({"x": {**image, "shape": [10**6, 0]}}, [], "taken"),
        "a shape beyond 64 bits in a data key": ({"x": {**image, "shape": [2**70, 0]}}, [], "taken"),
        "a shape of a million axes in a data key": ({"x": {**image, "shape": [0] * 1_000_000}}, [], "passed over"),
        "data keys that are no text": ({5: _NUMBER, None: _NUMBER, "x": _NUMBER}, 1.0, "passed over"),
        "a data key with a name of a megabyte": ({"k" * (1 << 20): _NUMBER, "x": _NUMBER}, 1.0, "passed over"),
        "a hundred thousand data keys": (
            {f"k{n}": _NUMBER for n in range(100_000)} | {"x": _NUMBER},
            1.0,
            "passed over",
        ),
        "a data key that is external without being so": ({"x": {**_NUMBER, "external": 5}}, "a datum", "taken"),
        "a data key that is external as a list": ({"x": {**_NUMBER, "external": ["STREAM:"]}}, 1.0, "taken"),
    }
    for name, (keys, value, fate) in odd.items():
        uid, pairs = beginning(stage, name, keys=keys)
        yield documents(name, [*pairs, event(uid, 1, {"x": value}), stop(uid)], fate)


def _names(stage: Stage) -> Iterator[Hostile]:
    names: dict[str, tuple[Any, Fate]] = {
        "a stream with a name of a megabyte": ("s" * (1 << 20), "passed over"),
        "a stream with a name in colours": ("\x1b[31mprimary\x1b[0m\r\n", "passed over"),
        "a stream with a name that is a path": ("../../primary", "taken"),
        "a stream with a name with half a character": ("prim\ud800ry", "passed over"),
        "a stream with a name that is a list": (["primary"], "passed over"),
        "a stream with an empty array for a name": (np.zeros(0), "passed over"),
        "a stream with an array for a name": (np.zeros(3), "passed over"),
        "a stream with no name": (None, "passed over"),
        "a stream that is called like that of dead letters": ("dead_letters", "taken"),
    }
    for name, (stream, fate) in names.items():
        uid, (start, (_, descriptor)) = beginning(stage, name)
        pairs = [
            start,
            ("descriptor", {**descriptor, "name": stream}),
            event(uid),
            stop(uid, num_events={str(stream): 9}),
        ]
        yield documents(name, pairs, fate)
    uid, (start, (_, one)) = beginning(stage, "two descriptors")
    other = {**one, "data_keys": {"y": _NUMBER, "x": {"dtype": "array", "shape": [3], "source": "h"}}}
    yield documents(
        "the same descriptor twice, the second time otherwise",
        [start, ("descriptor", one), ("descriptor", other), event(uid), stop(uid)],
        "taken",
    )
    uid, (start, (_, one)) = beginning(stage, "many descriptors")
    many = [("descriptor", {**one, "uid": f"{uid}/{n}", "name": f"s{n}"}) for n in range(2000)]
    yield documents(
        "two thousand streams in one run", [start, ("descriptor", one), *many, event(uid), stop(uid)], "taken"
    )
