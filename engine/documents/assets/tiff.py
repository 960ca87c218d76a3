"""TIFF files, one or several frames each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["read_tiff"]


def read_tiff(path: Path) -> Any:
    """Read all pages of a TIFF file: one frame, or a stack of them.

    Raises
    ------
    NotReachableError
        If the file can't be read.
    DocumentError
        If it is no TIFF file, or compressed in a way that can't be read here.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            return file.asarray()
    except OSError as error:
        message = f"can't read {path}: {error}"
        raise NotReachableError(message) from error
    except (ValueError, tifffile.TiffFileError) as error:
        message = f"can't read {path} as TIFF: {error}"
        raise DocumentError(message) from error
