"""A message from the wire, in whichever form it came, as a document."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import zmq

from headrace.engine.documents.raw_parts import unpack_parts
from headrace.engine.documents.wire import MAX_BYTES, Message, decode_body, split
from headrace.engine.documents.wire_refusal import RefusalError

__all__ = ["read_message", "size_of"]


def size_of(parts: Sequence[zmq.Frame]) -> int:
    """Give the bytes of a message."""
    return sum(map(len, parts))


def read_message(
    parts: Sequence[zmq.Frame], prefixes: Collection[bytes] = (), *, max_bytes: int = MAX_BYTES
) -> Message | None:
    """Decode a message: bluesky's single frame, pickled or msgpack, or headrace's raw form in several.

    Parameters
    ----------
    parts
        The frames, as received with ``copy=False``. They are given up: arrays may be views of them.
    prefixes
        The prefixes that are wanted; none for all.
    max_bytes
        A longer message is refused.

    Returns
    -------
    :
        The message; None if its prefix is not wanted: it is not decoded then.

    Raises
    ------
    RefusalError
        If it is no document. Nothing of it was executed.
    """
    prefix, name, body = split(parts[0].buffer)
    if prefixes and prefix not in prefixes:
        return None
    if len(parts) == 1:
        return Message(prefix, name, decode_body(body, max_bytes=max_bytes, ours=True))
    size = size_of(parts)
    if size > max_bytes:
        text = f"a message of {size} bytes in {len(parts)} parts was refused: at most {max_bytes} are taken"
        raise RefusalError(text, "size")
    document = unpack_parts(body, [part.buffer.toreadonly() for part in parts[1:]])
    if not isinstance(document, dict):
        text = f"a raw message holds a {type(document).__name__} where a document, a dict, was expected"
        raise RefusalError(text, "value")
    return Message(prefix, name, document)
