"""How a document is written for the wire, in each format that there is."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, get_args

import numpy as np

from headrace.engine.documents.packing import packb
from headrace.engine.documents.raw_parts import pack_parts
from headrace.engine.documents.wire import encode
from headrace.engine.documents.wire_address import Format
from headrace.engine.model.errors import DocumentError, UsageError

__all__ = ["Writer", "writer_of"]

Writer: TypeAlias = "Callable[[bytes, str, object], list[bytes | memoryview]]"
"""Gives the frames of a message from a prefix, the name of a document and the document."""


def writer_of(form: str) -> Writer:
    """Give what writes a format.

    Raises
    ------
    UsageError
        If there is no such format.
    """
    if form not in get_args(Format):
        text = f"documents can be published as {', '.join(map(repr, get_args(Format)))}, not as {form!r}"
        raise UsageError(text)
    if form == "raw":
        return _raw
    return partial(_single, packb if form == "msgpack" else _pickled)


def _single(serializer: Callable[[Any], bytes], prefix: bytes, name: str, document: object) -> list[bytes | memoryview]:
    return [encode(prefix, name, document, serializer)]


def _raw(prefix: bytes, name: str, document: object) -> list[bytes | memoryview]:
    body, arrays = pack_parts(document)
    values = (memoryview(array.reshape(-1).view(np.uint8)) for array in arrays)  # type: ignore[arg-type]
    return [encode(prefix, name, body, bytes), *values]


def _pickled(document: object) -> bytes:
    try:
        return pickle.dumps(document, protocol=4)  # the newest that all Pythons in use read
    except (AttributeError, RecursionError, TypeError, ValueError, pickle.PicklingError) as error:
        text = f"a document can't be pickled: {error}"
        raise DocumentError(text) from error
