"""Files of documents: JSON lines (headrace's own and suitcase-jsonl's) and msgpack (suitcase-msgpack's)."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace.engine.documents.pages import Document
from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["SUFFIXES", "last_document", "read_documents", "read_starts"]

SUFFIXES = (".jsonl", ".msgpack")
"""The names of document files end in one of these."""

_TAIL = 1 << 16  # bytes looked at first for the last line
_HEAD = 40  # bytes within which a line says what kind of document it holds


def read_documents(path: Path, notes: Counter[str] | None = None) -> Iterator[tuple[str, Document]]:
    """Give the documents of a file, one after the other.

    Parameters
    ----------
    path
        A ``.jsonl`` file (each line ``{"name": ..., "doc": ...}`` or ``["name", {...}]``) or a ``.msgpack`` file.
    notes
        Counts what was odd: a last document that was not written to its end.

    Raises
    ------
    NotReachableError
        If the file can't be read.
    DocumentError
        If there is something else in it; the message names the line, or the byte.
    """
    if path.suffix == ".msgpack":
        from headrace.engine.documents.msgpack_file import read_msgpack

        return read_msgpack(path, notes)
    if path.suffix == ".jsonl":
        return _read_lines(path, notes)
    message = f"{path} is no document file; expected a name that ends in {' or '.join(SUFFIXES)}"
    raise DocumentError(message)


def _read_lines(path: Path, notes: Counter[str] | None) -> Iterator[tuple[str, Document]]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError) as error:
            if not line.endswith(b"\n"):  # whoever wrote it was stopped in the middle
                _note(notes, "last line incomplete")
                return
            message = f"{path}:{number}: not JSON ({error}); expected a line with a name and a document"
            raise DocumentError(message) from error
        yield _as_pair(parsed, f"{path}:{number}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            yield from enumerate(file, 1)
    except OSError as error:
        message = f"can't read {path}: {error.strerror or error}"
        raise NotReachableError(message) from error


def _note(notes: Counter[str] | None, text: str) -> None:
    if notes is not None:
        notes[text] += 1


def _as_pair(parsed: Any, where: str) -> tuple[str, Document]:
    if isinstance(parsed, dict) and isinstance(parsed.get("doc"), dict):
        return str(parsed.get("name")), parsed["doc"]
    if isinstance(parsed, list) and len(parsed) == 2 and isinstance(parsed[1], dict):
        return str(parsed[0]), parsed[1]
    message = f'{where}: not a document; expected {{"name": "start", "doc": {{...}}}} or ["start", {{...}}]'
    raise DocumentError(message)


def read_starts(path: Path) -> Iterator[Document]:
    """Give the start documents of a file, passing over the others as cheaply as can be.

    Raises
    ------
    NotReachableError
        If the file can't be read.
    DocumentError
        If there is something else in it.
    """
    if path.suffix != ".jsonl":
        yield from (doc for name, doc in read_documents(path) if name == "start")
        return
    for number, line in _lines(path):
        head = line[:_HEAD]
        names_another = b'"name"' in head[:10] or head.lstrip().startswith(b'["')
        if not line.strip() or (names_another and b'"start"' not in head):
            continue
        try:
            name, doc = _as_pair(json.loads(line), f"{path}:{number}")
        except (ValueError, RecursionError) as error:
            if not line.endswith(b"\n"):
                return
            message = f"{path}:{number}: not JSON ({error}); expected a line with a name and a document"
            raise DocumentError(message) from error
        if name == "start":
            yield doc


def last_document(path: Path) -> tuple[str, Document] | None:
    """Give the last document of a file; None if there is none, or if it was not written to its end."""
    if path.suffix != ".jsonl":
        newest = deque(read_documents(path), maxlen=1)
        return newest[0] if newest else None
    line = _last_line(path)
    try:
        return _as_pair(json.loads(line), str(path)) if line else None
    except (ValueError, DocumentError):
        return None


def _last_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            reach = _TAIL
            while True:
                file.seek(max(size - reach, 0))
                lines = file.read().strip().splitlines()
                if len(lines) > 1 or reach >= size:
                    return lines[-1] if lines else b""
                reach *= 8
    except OSError as error:
        message = f"can't read {path}: {error.strerror or error}"
        raise NotReachableError(message) from error
