"""One record of a journal, as it lies on the disk: a checked head, labels, and the message as it came.

::

    head     50 bytes, little-endian: mark, version, kind, lengths, number of parts, time, two checksums
    labels   prefix, name, uids of the runs it belongs to (with a zero byte between), lengths of the parts
    content  the parts, one after the other, byte for byte as received

One checksum covers head and labels, the other the content (both xxh3), so that a journal can be gone through
without reading its images, and a damaged image does not take the rest with it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import xxhash

__all__ = [
    "FILE_HEAD",
    "HEAD_SIZE",
    "MARK",
    "Buffer",
    "Entry",
    "Head",
    "checksum",
    "pack_record",
    "read_entry",
    "read_head",
]

Buffer: TypeAlias = "bytes | memoryview"

FILE_HEAD = b"headrace journal 1\n"
"""What a segment file begins with: what it is, and the version of its form."""
MARK = b"\xf5HRJ"
"""What a record begins with; 0xf5 begins no UTF-8 text."""

_VERSION = 1
_FIELDS = struct.Struct("<4sBBHHHIQdQ")  # mark, version, kind, prefix, name, parts, runs, content, time, checksum
_CHECK = struct.Struct("<Q")
_LENGTH = struct.Struct("<Q")
HEAD_SIZE = _FIELDS.size + _CHECK.size
"""Bytes of the head."""

KINDS = {"document": 0, "note": 1}
_NAMES = {code: kind for kind, code in KINDS.items()}
_MOST_LABELS = 1 << 24  # bytes; more than any real record has


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a record that is sound so far: its lengths, not yet its labels."""

    kind: str
    prefix: int
    name: int
    runs: int
    parts: int
    content: int
    time: float
    content_check: int
    check: int
    raw: bytes

    @property
    def labels(self) -> int:
        """Bytes of the labels."""
        return self.prefix + self.name + self.runs + self.parts * _LENGTH.size

    @property
    def size(self) -> int:
        """Bytes of the whole record."""
        return HEAD_SIZE + self.labels + self.content


@dataclass(frozen=True, slots=True)
class Entry:
    """A record whose head and labels are sound; its content has not been read.

    Attributes
    ----------
    kind
        ``document`` or ``note``.
    time
        Seconds since 1970 at which it was written.
    prefix, name
        As on the wire: the publisher's prefix, and the name of the document.
    runs
        Uids of the runs it belongs to; none if that is not known.
    offset, size
        Where the record begins in its file, and its bytes.
    lengths
        Bytes of each part of the content.
    content_check
        The checksum of the content.
    """

    kind: str
    time: float
    prefix: bytes
    name: str
    runs: tuple[str, ...]
    offset: int
    size: int
    lengths: tuple[int, ...]
    content_check: int

    @property
    def content_at(self) -> int:
        """Where the content begins in the file."""
        return self.offset + self.size - sum(self.lengths)


def pack_record(
    kind: str, time: float, prefix: bytes, name: str, runs: Sequence[str], parts: Sequence[Buffer]
) -> tuple[bytes, Entry]:
    """Give what comes before the content, and the record's entry, as one that begins its file.

    The content is not copied: whoever writes the record writes the parts after this.
    """
    told = "\0".join(runs).encode("utf-8", "surrogatepass")
    lengths = [memoryview(part).nbytes for part in parts]
    labels = b"".join((prefix, name.encode(), told, *map(_LENGTH.pack, lengths)))
    content = sum(lengths)
    sizes = (len(prefix), len(name.encode()), len(parts), len(told), content)
    check = checksum(parts)
    fields = _FIELDS.pack(MARK, _VERSION, KINDS[kind], *sizes, time, check)
    before = b"".join((fields, _CHECK.pack(xxhash.xxh3_64_intdigest(fields + labels)), labels))
    size = len(before) + content
    return before, Entry(kind, time, prefix, name, tuple(runs), 0, size, tuple(lengths), check)


def checksum(parts: Sequence[Buffer]) -> int:
    """Give the checksum of a content."""
    if len(parts) == 1:
        return xxhash.xxh3_64_intdigest(parts[0])
    digest = xxhash.xxh3_64()
    for part in parts:
        digest.update(part)
    return digest.intdigest()


def read_head(raw: bytes) -> Head | None:
    """Read a head; None if it is none."""
    if len(raw) != HEAD_SIZE or raw[: len(MARK)] != MARK:
        return None
    _, version, kind, prefix, name, parts, runs, content, time, content_check = _FIELDS.unpack_from(raw)
    if version != _VERSION or kind not in _NAMES or runs > _MOST_LABELS:
        return None
    (check,) = _CHECK.unpack_from(raw, _FIELDS.size)
    return Head(_NAMES[kind], prefix, name, runs, parts, content, time, content_check, check, raw[: _FIELDS.size])


def read_entry(head: Head, labels: bytes, offset: int) -> Entry | None:
    """Put an entry together from a head and its labels; None if one of them is damaged."""
    if xxhash.xxh3_64_intdigest(head.raw + labels) != head.check:
        return None
    ends = (head.prefix, head.prefix + head.name, head.prefix + head.name + head.runs)
    told = labels[ends[1] : ends[2]].decode("utf-8", "surrogatepass")
    lengths = tuple(length for (length,) in _LENGTH.iter_unpack(labels[ends[2] :]))
    return Entry(
        kind=head.kind,
        time=head.time,
        prefix=labels[: ends[0]],
        name=labels[ends[0] : ends[1]].decode(),
        runs=tuple(told.split("\0")) if told else (),
        offset=offset,
        size=head.size,
        lengths=lengths,
        content_check=head.content_check,
    )
