"""The alphabet of lineage keys: what is hashed, and how."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import xxhash

__all__ = ["NOTHING", "Key", "canonical", "hashed", "unique"]

Key = bytes
"""Sixteen bytes that name a value, or part of what it was made of."""

NOTHING: Key = b"\0" * 16
"""The key of what is not there."""


def hashed(*parts: bytes) -> Key:
    """Give the key of parts; where one ends and the next begins counts.

    Examples
    --------
    >>> hashed(b"ab", b"c") == hashed(b"a", b"bc")
    False
    """
    whole = xxhash.xxh3_128()
    for part in parts:
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.digest()


def unique() -> Key:
    """Give a key that nothing else has or will have: for what must not be found again."""
    return secrets.token_bytes(16)


def canonical(value: Any) -> bytes:
    """Give plain data as bytes: equal data as equal bytes, whichever way it was read.

    Numpy numbers and arrays count as the numbers they hold, tuples as lists, the order of keys does not count. What
    is no plain data counts by its type only.

    Examples
    --------
    >>> canonical({"b": 1, "a": (1, 2.5)})
    b'{"a": [1, 2.5], "b": 1}'
    >>> canonical(1) == canonical(1.0)
    False
    """
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=True).encode()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, set | frozenset):
        return ["set", sorted(canonical(item).decode() for item in value)]
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return [type(value).__module__, type(value).__qualname__, str(value)]
