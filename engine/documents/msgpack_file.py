"""msgpack files of documents, as suitcase-msgpack writes them, their arrays rebuilt without running anything.

The usual decoder of such arrays unpickles the ones that hold objects, so that a file could run code. Here they
are refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace.engine.documents.pages import Document
from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["read_msgpack"]


def read_msgpack(path: Path, notes: Counter[str] | None = None) -> Iterator[tuple[str, Document]]:
    """Give the documents of a msgpack file.

    Parameters
    ----------
    path
        The file.
    notes
        Counts what was odd: a last document that was not written to its end.

    Raises
    ------
    NotReachableError
        If the file can't be read.
    DocumentError
        If there is something else in it.
    """
    import msgpack

    try:
        with path.open("rb") as file:
            unpacker = msgpack.Unpacker(file, object_hook=_rebuild, max_buffer_size=0)
            yield from _pairs(unpacker, path)
            if notes is not None and unpacker.tell() < path.stat().st_size:
                notes["last document incomplete"] += 1
    except OSError as error:
        message = f"can't read {path}: {error.strerror or error}"
        raise NotReachableError(message) from error


def _pairs(unpacker: Any, path: Path) -> Iterator[tuple[str, Document]]:
    while True:
        where = unpacker.tell()
        try:
            pair = next(unpacker, None)
        except DocumentError as error:
            message = f"{path}, byte {where}: {error}"
            raise DocumentError(message) from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:  # all that msgpack raises
            message = f"{path}, byte {where}: not msgpack ({type(error).__name__} {error}); expected documents"
            raise DocumentError(message) from error
        if pair is None:
            return
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict)):
            message = f'{path}, byte {where}: not a document; expected ["start", {{...}}]'
            raise DocumentError(message)
        yield str(pair[0]), pair[1]


def _rebuild(packed: dict[Any, Any]) -> Any:
    """Rebuild the numpy values and complex numbers that msgpack-numpy packed as mappings."""
    if b"nd" in packed:
        return _rebuild_numpy(packed)
    if b"complex" in packed:
        return complex(_text(packed[b"data"]))
    return packed


def _rebuild_numpy(packed: dict[Any, Any]) -> Any:
    import numpy as np

    from headrace.engine.documents.arrays import safe_dtype

    if packed.get(b"kind") == b"O":
        message = "an array holds pickled Python objects, which could run code; only plain numbers are read"
        raise DocumentError(message)
    dtype = safe_dtype(_text(packed[b"type"]))
    if packed[b"nd"] is not True:
        return np.frombuffer(packed[b"data"], dtype)[0]
    shape = tuple(int(size) for size in packed[b"shape"])
    return np.ndarray(shape, dtype, buffer=packed[b"data"])


def _text(value: Any) -> Any:
    """Turn the byte strings of old files into text, also inside the description of a structured type."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [_text(part) for part in value]
    return value
