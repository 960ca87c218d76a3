"""TIFF files, one or several frames each."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["read_tiff"]

_MOST_BYTES = 1 << 32
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How a TIFF or BigTIFF file begins."""


def read_tiff(path: Path) -> Any:
    """Read all pages of a TIFF file: one frame, or a stack of them.

    Raises
    ------
    NotReachableError
        If the file can't be read, or is not written to its end yet.
    DocumentError
        If it is no TIFF file, or compressed in a way that can't be read here.
    """
    import tifffile

    begins_well = False
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            begins_well = any(magic.startswith(head) for magic in _MAGIC)
            stream.seek(0)
            # Its own pages and no others: what is written in it may name any other file.
            with tifffile.TiffFile(stream, _multifile=False) as file:
                if _is_whole(file, path.stat().st_size):
                    return _pages(file, path)
        problem = "frames are missing"
    except OSError as error:
        message = f"can't read {path}: {error}"
        raise NotReachableError(message) from error
    except (ValueError, LookupError, TypeError, struct.error, tifffile.TiffFileError) as error:
        if not begins_well:
            message = f"can't read {path} as TIFF: {error}"
            raise DocumentError(message) from error
        problem = str(error)
    message = f"{path} is not written to its end: {problem}"
    raise NotReachableError(message)


def _pages(file: Any, path: Path) -> Any:
    """Read the pages, unless they would be larger than any image."""
    claimed = sum(page.nbytes for page in file.pages)
    if claimed > _MOST_BYTES:
        message = f"{path} claims to hold {claimed} bytes; at most {_MOST_BYTES} are read"
        raise DocumentError(message)
    return file.asarray()


def _is_whole(file: Any, size: int) -> bool:
    """Tell whether the bytes of all pages are in the file: what lacks would be read as zeros."""
    parts = [part for page in file.pages for part in zip(page.dataoffsets, page.databytecounts, strict=False)]
    return bool(parts) and all(offset > 0 and offset + count <= size for offset, count in parts)
