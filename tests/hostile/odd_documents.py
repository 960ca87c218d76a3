"""Documents of a good run with something odd put into them."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import numpy as np
from tests.hostile.message import Pair

__all__ = ["ODD", "made_odd"]

ODD: list[Any] = [
    *(None, True, 0, -1, 1, 2**31, 2**63, 2**64, 10**40, 1e300, math.nan, math.inf, 1j),
    *(
        "",
        "\0",
        "\x1b[31m",
        "../..",
        "x" * 2000,
        "primary",
        "image",
        "headrace",
        "STREAM:",
        "FILESTORE:",
        "<U400000000",
    ),
    *(b"", b"\xff", [], [1, 2], [[1], [2, 3]], {}, {"a": 1}, {5: 6}, (), [None] * 50),
    *(np.zeros(3), np.zeros((2, 0)), np.array(5), np.float32(1), np.array(["a"]), np.ones((12, 16)), np.int8(3)),
]
"""What may stand anywhere."""

_KINDS = ["start", "descriptor", "event", "event_page", "stop", "resource", "datum", "stream_resource", "stream_datum"]


def made_odd(choose: random.Random, pair: Pair) -> Pair:
    """Change something in a document, at any depth: a value, a key, or what kind of document it is."""
    name, doc = pair
    if choose.random() < 0.05:
        return choose.choice(_KINDS), doc
    return name, _changed(choose, doc)


def _changed(choose: random.Random, value: Any) -> Any:
    if isinstance(value, Mapping) and value:
        key = choose.choice(list(value))
        way = choose.random()
        if way < 0.1:
            return {one: part for one, part in value.items() if one != key}
        if way < 0.2:
            return {**value, choose.choice([5, None, "", "uid", "x" * 300, "a.b"]): choose.choice(ODD)}
        return {**value, key: choose.choice(ODD) if way < 0.6 else _changed(choose, value[key])}
    if isinstance(value, list | tuple) and value and choose.random() < 0.7:
        at = choose.randrange(len(value))
        return [*value[:at], _changed(choose, value[at]), *value[at + 1 :]]
    return choose.choice(ODD)
