"""Hashes of what a result run holds, field by field: whether two results are the same, without comparing the data."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import xxhash

__all__ = ["FieldHashes"]

_NUMBER = struct.Struct("<d")


class FieldHashes:
    """One hash for each field of each stream, over all its events in order.

    Examples
    --------
    >>> hashes = FieldHashes()
    >>> hashes.take("total", {"total": 2.5})
    >>> hashes.to_list()
    [['total', 'total', '36b13a7594021ccd6250048ea183f528']]
    """

    def __init__(self) -> None:
        self._hashes: dict[tuple[str, str], Any] = {}

    def take(self, stream: str, data: Mapping[str, Any]) -> None:
        """Take the data of one event in."""
        for field, value in data.items():
            place = (stream, field)
            if place not in self._hashes:
                self._hashes[place] = xxhash.xxh3_128()
            _update(self._hashes[place], value)

    def to_list(self) -> list[list[str]]:
        """Give stream, field and hash of each: as a list, since keys of a document must not have a dot."""
        return [[stream, field, whole.hexdigest()] for (stream, field), whole in self._hashes.items()]


def _update(whole: Any, value: Any) -> None:
    """Take one value in: its type, its shape and every bit."""
    if hasattr(value, "dtype") and hasattr(value, "tobytes"):
        whole.update(f"{value.dtype.str} {value.shape} ".encode())
        plain = value.dtype.kind in "biufc" and value.size and value.ndim and value.flags.c_contiguous
        whole.update(value.reshape(-1).view("u1") if plain else value.tobytes())
    elif isinstance(value, float):
        whole.update(b"float " + _NUMBER.pack(value))
    else:
        whole.update(f"{type(value).__name__} {value!r} ".encode("utf-8", "surrogatepass"))
