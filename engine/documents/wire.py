"""Bluesky's single frame on 0MQ: ``prefix SP name SP body``.

The prefix tells publishers apart on one proxy and may be empty; the name is that of a document; the body is
the document, pickled (bluesky's default) or as msgpack (`packing`). The first two spaces separate, so that
the body may hold any byte. Nothing here needs bluesky.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from headrace.engine.documents.packing import packb, unpackb
from headrace.engine.documents.unpickle import MAX_BYTES, loads
from headrace.engine.documents.wire_refusal import RefusalError
from headrace.engine.model.errors import DocumentError

__all__ = ["DOCUMENT_NAMES", "MAX_BYTES", "Message", "decode", "decode_body", "encode", "split"]

DOCUMENT_NAMES = frozenset(
    {
        "bulk_datum",
        "bulk_events",
        "datum",
        "datum_page",
        "descriptor",
        "event",
        "event_page",
        "resource",
        "start",
        "stop",
        "stream_datum",
        "stream_resource",
    }
)
"""The names of the event model."""

_LONGEST_HEAD = 4096  # bytes in which both spaces must come
_PICKLES = frozenset(b"\x80(}c")  # how a dict begins: protocols 2 to 5, 0, 1; an OrderedDict in 0 or 1
_MAPS = frozenset([*range(0x80, 0x90), 0xDE, 0xDF])  # first bytes of a msgpack map


class Message(NamedTuple):
    """One message of the wire, decoded."""

    prefix: bytes
    """What tells the publisher from others on the same proxy; may be empty."""
    name: str
    """Name of the document, one of `DOCUMENT_NAMES`."""
    doc: dict[str, Any]
    """The document."""


def encode(prefix: bytes, name: str, doc: object, serializer: Callable[[Any], bytes] = packb) -> bytes:
    r"""Write one document as a frame.

    Parameters
    ----------
    prefix
        What tells the publisher from others; may be empty, may not hold a space.
    name
        Name of the document; a ``DocumentNames`` member serves too.
    doc
        The document; it is not changed.
    serializer
        Makes the body, such as `packb` or ``pickle.dumps``.

    Raises
    ------
    DocumentError
        If the prefix or the name can't be sent.

    Examples
    --------
    >>> encode(b"raw", "stop", {}, packb)
    b'raw stop \x80'
    """
    plain = str(getattr(name, "name", name))
    if b" " in prefix or plain not in DOCUMENT_NAMES:
        text = f"a document can't be sent with prefix {prefix!r} and name {plain!r}: " + _expected()
        raise DocumentError(text)
    return b" ".join((prefix, plain.encode(), serializer(doc)))


def split(frame: bytes | memoryview) -> tuple[bytes, str, memoryview]:
    """Give prefix, name and body of a frame, the body neither copied nor decoded.

    Raises
    ------
    RefusalError
        If the frame has not this form, or the name is none of the event model.
    """
    view = memoryview(frame)
    head = bytes(view[:_LONGEST_HEAD])
    first = head.find(b" ")
    second = head.find(b" ", first + 1) if first >= 0 else -1
    if second < 0:
        text = f"a message {head[:40]!r} of {len(view)} bytes has not the form 'prefix name body'"
        raise RefusalError(text, "frame")
    name = head[first + 1 : second].decode("ascii", "replace")
    if name not in DOCUMENT_NAMES:
        text = f"a message with prefix {head[:first][:40]!r} has the name {name[:40]!r}: " + _expected()
        raise RefusalError(text, "frame")
    return head[:first], name, view[second + 1 :]


def decode_body(body: bytes | memoryview, *, max_bytes: int = MAX_BYTES, ours: bool = False) -> dict[str, Any]:
    """Give the document of a body, be it pickle or msgpack.

    If the body is ours, nobody else's, a large array in it may stay where it is (`unpickle.loads`).

    The first byte tells which it is. Only 0x80 is both: the empty map of msgpack, which is then the whole
    body, and the start of a pickle, which is never a single byte.

    Raises
    ------
    RefusalError
        If it is neither, not plain data, or not a dict.
    """
    first = body[0] if len(body) else None
    if first in _MAPS and (first != 0x80 or len(body) == 1):
        document = unpackb(body, max_bytes=max_bytes)
    elif first in _PICKLES:
        document = loads(body, max_bytes=max_bytes, ours=ours)
    else:
        text = f"a body that begins with {bytes(body[:8])!r} is neither a pickled document nor one in msgpack"
        raise RefusalError(text, "format")
    if not isinstance(document, dict):
        text = f"a body holds a {type(document).__name__} where a document, a dict, was expected"
        raise RefusalError(text, "value")
    return document


def decode(frame: bytes | memoryview, *, max_bytes: int = MAX_BYTES) -> Message:
    """Read one frame.

    Raises
    ------
    RefusalError
        If it is not a frame with a plain document in it. Nothing of it was executed.

    Examples
    --------
    >>> decode(encode(b"raw", "stop", {"run_start": "a1"}))
    Message(prefix=b'raw', name='stop', doc={'run_start': 'a1'})
    """
    prefix, name, body = split(frame)
    return Message(prefix, name, decode_body(body, max_bytes=max_bytes))


def _expected() -> str:
    return f"a prefix without spaces and one of {', '.join(sorted(DOCUMENT_NAMES))} were expected"
